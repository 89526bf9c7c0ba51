import Inventory
import Planning
import Zones

/// The PATCHes that carry out a chunk, and what to send next after each answer. Pure.
///
///     groups -> packed -> sent -> accepted: done
///                          |----> refused: the culprit apart, the rest again
///                          '----> too long: both halves
struct PatchQueue {
    /// One request's worth.
    struct Patch: Hashable {
        /// At least one.
        let groups: [EncodedGroup]
        /// How often it was cut because the server found it too long.
        fileprivate(set) var halvings = 0
        /// What the body has in front and behind.
        static let frame = (head: Array("{\"rrsets\":[".utf8), tail: Array("]}".utf8))

        /// The document to send: everything that takes away stands first, since PowerDNS goes by
        /// the order when one set makes room for another.
        var body: [UInt8] {
            var body = Self.frame.head
            body.reserveCapacity(groups.reduce(64) { $0 + $1.octets })
            for group in groups { body += group.removals }
            for group in groups { body += group.replacements }
            // Each element has a comma behind, the last one too.
            if body.last == UInt8(ascii: ",") { body.removeLast() }
            return body + Self.frame.tail
        }
    }

    /// Record sets in one PATCH.
    static let maximumSets = 5_000
    /// Octets of one body; PowerDNS takes 2 MB unless told otherwise.
    static let maximumOctets = 1_500_000
    /// After so many refused groups the rest of the chunk is left: the cause is more likely one
    /// for all.
    static let maximumRefusals = 32
    /// The most requests for one chunk.
    static let maximumRequests = 256
    /// How often a body that the server finds too long is cut in halves.
    static let maximumHalvings = 2

    /// What became of the chunk so far.
    private(set) var outcome: ChunkOutcome<RecordSetKey>
    /// What the next chunk should know.
    private(set) var suspects: Suspects
    private var waiting: [Patch]
    private var refusals = 0
    private var requests = 0

    /// Packs groups into as few PATCHes as the limits allow, in their order; those that were
    /// refused together before come last, in halves. `refused` could not be encoded, `done` needs
    /// no request.
    init(
        _ groups: [EncodedGroup], refused: [RecordSetKey: String] = [:], done: [RecordSetKey] = [],
        suspects: Suspects = Suspects()
    ) {
        outcome = ChunkOutcome(done: done, refused: refused)
        self.suspects = suspects
        let bySize = Dictionary(grouping: groups) { suspects.size($0) ?? Int.max }
        waiting = bySize.keys.sorted(by: >).flatMap { size in
            Self.packed(bySize[size] ?? [], limit: size == Int.max ? size : max(1, size / 2))
        }.reversed()
    }

    /// `limit`: the most groups of one PATCH.
    private static func packed(_ groups: [EncodedGroup], limit: Int) -> [Patch] {
        let frame = Patch.frame.head.count + Patch.frame.tail.count
        var patches: [Patch] = []
        var current: [EncodedGroup] = []
        var sets = 0
        var octets = frame
        for group in groups {
            let isFull =
                sets + group.setCount > maximumSets || octets + group.octets > maximumOctets
                || current.count >= limit
            if isFull, !current.isEmpty {
                patches.append(Patch(groups: current))
                current = []
                (sets, octets) = (0, frame)
            }
            current.append(group)
            sets += group.setCount
            octets += group.octets
        }
        return current.isEmpty ? patches : patches + [Patch(groups: current)]
    }

    /// What to send now; `nil` when everything has its outcome.
    mutating func next() -> Patch? {
        requests += 1
        return waiting.popLast()
    }

    /// It was carried out.
    mutating func accept(_ patch: Patch) {
        outcome.done += patch.groups.flatMap(\.keys)
        suspects.clear(patch.groups)
    }

    /// Nothing of it was carried out, because of one group or several. `reason` is the server's
    /// text, which may name one.
    mutating func refuse(_ patch: Patch, reason: String) {
        if patch.groups.count == 1 {
            settle(patch.groups, reason: reason)
        } else {
            let culprits = Self.culprits(in: patch.groups, named: reason)
            if culprits.count == 1 {
                let index = culprits[0]
                settle([patch.groups[index]], reason: reason)
                push(patch.groups.enumerated().filter { $0.offset != index }.map(\.element))
            } else if culprits.isEmpty || culprits.count == patch.groups.count {
                suspects.add(patch.groups)
                halve(patch)
            } else {
                let isCulprit = Set(culprits)
                let parted = patch.groups.enumerated()
                push(parted.filter { isCulprit.contains($0.offset) }.map(\.element))
                push(parted.filter { !isCulprit.contains($0.offset) }.map(\.element))
            }
        }
        if refusals >= Self.maximumRefusals || requests >= Self.maximumRequests { giveUp() }
    }

    /// The server does not take so long a body. False if it cannot be cut any more.
    mutating func shorten(_ patch: Patch) -> Bool {
        guard patch.groups.count > 1, patch.halvings < Self.maximumHalvings else { return false }
        halve(patch, halvings: patch.halvings + 1)
        return true
    }

    // MARK: Parting

    private mutating func settle(_ groups: [EncodedGroup], reason: String) {
        refusals += groups.count
        suspects.add(groups)
        for key in groups.flatMap(\.keys) { outcome.refused[key] = reason }
    }

    private mutating func halve(_ patch: Patch, halvings: Int = 0) {
        let middle = patch.groups.count / 2
        push(Array(patch.groups[middle...]), halvings: halvings)
        push(Array(patch.groups[..<middle]), halvings: halvings)
    }

    /// Puts groups where they are sent next.
    private mutating func push(_ groups: [EncodedGroup], halvings: Int = 0) {
        waiting.append(Patch(groups: groups, halvings: halvings))
    }

    private mutating func giveUp() {
        let reason =
            "not tried, since \(refusals) record sets beside it were refused; the reasons of those "
            + "tell why"
        for key in waiting.flatMap(\.groups).flatMap(\.keys) { outcome.refused[key] = reason }
        waiting = []
    }

    /// The indices of the groups at the first owner that the text names. PowerDNS shows some names
    /// with the escapes of presentation form and some without, so these do not count.
    private static func culprits(in groups: [EncodedGroup], named text: String) -> [Int] {
        var indices: [String: [Int]] = [:]
        for (index, group) in groups.enumerated() {
            for owner in Set(group.keys.map(\.owner)) {
                indices["\(owner)".filter { $0 != "\\" }, default: []].append(index)
            }
        }
        for word in text.lowercased().split(separator: " ") {
            let word = word.drop { "'\"(".contains($0) }.filter { $0 != "\\" }
            // "web1.example.com./A", and owners of RFC 2317 that have a "/" themselves.
            let name = word.lastIndex(of: "/").map { word[..<$0] } ?? word[...]
            for candidate in [word[...], name] {
                let end = candidate.lastIndex(of: ".").map { candidate[...$0] } ?? candidate
                if let found = indices[String(end)] { return found }
            }
        }
        return []
    }
}
