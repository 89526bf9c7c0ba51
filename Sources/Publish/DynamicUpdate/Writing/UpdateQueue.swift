import Inventory
import Planning
import Zones

/// The updates that carry out a chunk, and what to send next after each answer. Pure.
///
///     groups -> packed -> sent -> done
///                          |----> not as it was: one by one, by halves; that one is left for later
///                          '----> refused: one by one, by halves; that one is refused
struct UpdateQueue {
    /// Octets of one message: it has room for a signature, and for the question.
    static let maximumOctets = 60_000
    /// After so many refused groups the rest of the chunk is left: the cause is one for all.
    static let maximumRefusals = 8
    /// The most requests for one chunk.
    static let maximumRequests = 256

    /// What became of the chunk so far.
    private(set) var outcome: ChunkOutcome<RecordSetKey>
    /// Entries that were not as they were read.
    private(set) var missed: [RecordSetKey] = []
    /// The last refusal, once there were too many.
    private(set) var isGivenUp = false
    private var waiting: [[UpdateGroup]]
    private var refusals = 0
    private var requests = 0

    /// Packs groups into as few messages as the limit allows, in their order. `refused` could not
    /// be encoded, `done` needs no request.
    init(
        _ groups: [UpdateGroup], refused: [RecordSetKey: String] = [:], done: [RecordSetKey] = []
    ) {
        outcome = ChunkOutcome(done: done, refused: refused)
        waiting = Self.packed(groups).reversed()
    }

    private static func packed(_ groups: [UpdateGroup]) -> [[UpdateGroup]] {
        var packs: [[UpdateGroup]] = []
        var room = 0
        for group in groups {
            if room < group.octets || packs.isEmpty {
                packs.append([])
                room = maximumOctets
            }
            packs[packs.count - 1].append(group)
            room -= group.octets
        }
        return packs
    }

    /// What to send now; `nil` when everything has its outcome, or was left.
    mutating func next() -> [UpdateGroup]? {
        requests += 1
        guard requests <= Self.maximumRequests, !isGivenUp else { return nil }
        return waiting.popLast()
    }

    /// They were carried out.
    mutating func accept(_ groups: [UpdateGroup]) {
        outcome.done += groups.flatMap(\.keys)
        waiting += groups.flatMap(\.repairs).map { [$0] }
    }

    /// Nothing was done, since something stood there otherwise than it was read.
    mutating func miss(_ groups: [UpdateGroup]) {
        if groups.count == 1 { missed += groups[0].keys } else { halve(groups) }
    }

    /// Nothing was done, because of one group or several.
    mutating func refuse(_ groups: [UpdateGroup], reason: String) {
        guard groups.count == 1 else { return halve(groups) }
        // A repair is about no entry.
        guard !groups[0].keys.isEmpty else { return }
        for key in groups[0].keys { outcome.refused[key] = reason }
        refusals += 1
        isGivenUp = refusals >= Self.maximumRefusals
    }

    private mutating func halve(_ groups: [UpdateGroup]) {
        let middle = groups.count / 2
        waiting.append(Array(groups[middle...]))
        waiting.append(Array(groups[..<middle]))
    }
}
