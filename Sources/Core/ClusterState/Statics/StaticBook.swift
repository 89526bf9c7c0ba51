import ClusterMessages
import Inventory
import Zones

/// Who gave a static set, when and why.
package struct StaticNote: Hashable, Sendable {
    /// A word of the operator's.
    package let comment: String
    /// The node that was told; `nil` outside a log.
    package let node: NodeID?
    /// When, in seconds since 1970.
    package let seconds: UInt64
    /// The index of the command that made the set what it is.
    package let version: UInt64

    /// The longest comment.
    package static let commentLimitOctets = 200

    init(comment: String, node: NodeID?, seconds: UInt64, version: UInt64) {
        self.comment = comment
        self.node = node
        self.seconds = seconds
        self.version = version
    }
}

/// Sets that wait for the last part of an import.
struct RecordStage: Hashable, Sendable {
    /// What was brought so far.
    var sets: [RecordSet] = []
    /// When the first part came, in seconds since 1970.
    var sinceSeconds: UInt64
    /// The octets of all their data.
    var octets = 0

    /// How long it waits.
    static let lifeSeconds: UInt64 = 3_600
    /// How many imports wait at a time.
    static let countLimit = 2
    /// How much one import holds.
    static let octetsLimit = 64 << 20
}

/// What is known of static records beside the records themselves, which the zones hold.
struct StaticBook: Sendable {
    /// The most static sets in all zones together.
    static let setLimit = 250_000

    /// The notes, by owner and type: as many as there are sets.
    private(set) var notes: [RecordSetKey: StaticNote] = [:]
    /// The index of the last command that changed anything.
    var version: UInt64 = 0
    /// Imports under way, by number.
    var stages: [UInt64: RecordStage] = [:]
    /// The sum of the hashes of all sets with their notes.
    private(set) var digest = Digest128()

    mutating func put(_ note: StaticNote?, _ set: RecordSet?, over former: RecordSet?) {
        guard let key = set?.key ?? former?.key else { return }
        if let former, let known = notes[key] { digest.subtract(Self.digest(of: former, known)) }
        notes[key] = set == nil ? nil : note
        if let set, let note { digest.add(Self.digest(of: set, note)) }
    }

    private static func digest(of set: RecordSet, _ note: StaticNote) -> Digest128 {
        Digest128(hashing: Wire.encode(note.message(for: set)))
    }

    /// When the next stage has waited too long, in seconds since 1970.
    var nextExpirySeconds: UInt64? {
        stages.values.map { $0.sinceSeconds.adding(RecordStage.lifeSeconds) }.min()
    }

    mutating func expire(atSeconds seconds: UInt64) {
        stages = stages.filter { $0.value.sinceSeconds.adding(RecordStage.lifeSeconds) > seconds }
    }
}
