/// A server of somebody else's that is kept in step: what it has to be able to do. The providers
/// decide nothing: what may be written is decided by `Planner`, when by the agent.
package protocol Provider: Sendable {
    /// What tells its entries apart.
    associatedtype Key: EntryKey
    /// What an entry says.
    associatedtype Content: Hashable, Sendable

    /// The name that settings, marks in the state and messages use: "powerdns".
    var name: String { get }

    /// Looks at the server and sorts entries into the zones that it has. Reads only.
    func survey(_ keys: some Sequence<Key> & Sendable) async throws(ProviderError) -> Survey<Key>

    /// What stands in a zone at some places, or everything; whosoever it is. Reads only.
    ///
    /// - `zone`: a name from the survey.
    /// - `places`: `nil` for the whole zone.
    func read(
        _ zone: String, places: Set<Key.Place>?
    ) async throws(ProviderError) -> Reading<Key, Content>

    /// Carries out part of a plan, marked as ours. Groups of one chunk are one transaction, or
    /// several that each leave every group done or not done.
    ///
    /// Throws if the outcome is not known or nothing was done; the zone has to be read again then.
    func apply(
        _ chunk: [Plan<Key, Content>.Group], to zone: String, stamp: FencingStamp
    ) async throws(ProviderError) -> ChunkOutcome<Key>

    /// Says that a plan was carried out, so that the server may tell its secondaries.
    func finish(_ zone: String) async throws(ProviderError)

    /// How much one chunk holds.
    var chunkLimit: ChunkLimit { get }

    /// How many octets a step takes on the wire, about.
    func octets(of step: Plan<Key, Content>.Step) -> Int
}

/// What a provider has, and where entries would go.
package struct Survey<Key: EntryKey>: Sendable {
    /// What was found out about one zone.
    package struct Zone: Hashable, Sendable {
        /// Why nothing can be written there; the text names the remedy.
        package var obstacle: String?
        /// What should be known about it though it can be written; the texts name the remedy.
        package var warnings: [String]

        /// Joins the two.
        package init(obstacle: String? = nil, warnings: [String] = []) {
            self.obstacle = obstacle
            self.warnings = warnings
        }
    }

    /// The zones at the server that entries go to, and those that the settings name, by name.
    package var zones: [String: Zone] = [:]
    /// Where each entry goes.
    package var destinations: [Key: String] = [:]
    /// Entries that can go nowhere, with the reason and the remedy.
    package var homeless: [Key: String] = [:]
    /// What the server says it is, such as "PowerDNS 4.7.3".
    package var server = ""

    /// Nothing.
    package init() {}
}

/// What stands in a zone, and what cannot.
package struct Reading<Key: EntryKey, Content: Hashable & Sendable>: Sendable {
    /// Everything at the places that were asked for, whosoever it is.
    package let entries: [Key: FoundEntry<Content>]
    private let objection: @Sendable (Key) -> String?

    /// What was found. `objection` tells why an entry cannot be there though the zone is its own,
    /// such as a name that the zone delegates, with the remedy; `nil` where nothing is in the way.
    package init(
        _ entries: [Key: FoundEntry<Content>],
        objection: @escaping @Sendable (Key) -> String? = { _ in nil }
    ) {
        self.entries = entries
        self.objection = objection
    }

    /// Those of `keys` that cannot be there, with the reason: what `Planner` asks for. Only for
    /// keys at the places that were read.
    package func impossible(among keys: some Sequence<Key>) -> [Key: String] {
        var reasons: [Key: String] = [:]
        for key in keys {
            if let reason = objection(key) { reasons[key] = reason }
        }
        return reasons
    }
}

/// Who decided a plan, and on what: a leader that was replaced must not write any more.
package struct FencingStamp: Hashable, Sendable {
    /// The leader's term.
    package let term: UInt64
    /// The last command that the plan knows of.
    package let index: UInt64

    /// Joins the two.
    package init(term: UInt64, index: UInt64) {
        self.term = term
        self.index = index
    }
}

/// What became of a chunk. A step that is in neither was not reached in time: nothing was done
/// about it, and it stands in the next plan.
package struct ChunkOutcome<Key: EntryKey>: Hashable, Sendable {
    /// What is done.
    package var done: [Key]
    /// What the server refused for itself, with its reason; the rest went on.
    package var refused: [Key: String]

    /// Joins the two.
    package init(done: [Key] = [], refused: [Key: String] = [:]) {
        self.done = done
        self.refused = refused
    }
}

/// Why a provider could not do something.
package struct ProviderError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Kind: Hashable, Sendable {
        /// No answer, or one that says so: the same may succeed later.
        case transient
        /// It will not succeed before a person does something.
        case permanent
        /// The task was cancelled.
        case cancelled
    }

    /// What kind.
    package let kind: Kind
    /// What was asked of whom, and what came of it. Holds no secrets.
    package let reason: String
    /// What a person can do; empty when nothing needs to be done.
    package let remedy: String

    /// Joins the three.
    package init(_ kind: Kind, reason: String, remedy: String) {
        self.kind = kind
        self.reason = reason
        self.remedy = remedy
    }

    /// The same may succeed later without anybody's help.
    package var isTransient: Bool { kind == .transient }

    package var description: String { remedy.isEmpty ? reason : "\(reason); \(remedy)" }
}

/// How much one chunk holds.
package struct ChunkLimit: Hashable, Sendable {
    /// Steps.
    package let steps: Int
    /// Octets on the wire.
    package let octets: Int

    /// Joins the two.
    package init(steps: Int, octets: Int) {
        self.steps = steps
        self.octets = octets
    }
}

extension Plan {
    /// The groups to be done in portions that a provider takes. Removals stand in portions of their
    /// own, at the end: they wait until everything before them has succeeded.
    package func chunks(
        _ limit: ChunkLimit, octets: (Step) -> Int
    ) -> [[Group]] {
        Self.chunks(groups.filter { !$0.isRemoval }, limit, octets)
            + Self.chunks(groups.filter(\.isRemoval), limit, octets)
    }

    private static func chunks(
        _ groups: [Group], _ limit: ChunkLimit, _ octets: (Step) -> Int
    ) -> [[Group]] {
        var chunks: [[Group]] = []
        var room = (steps: 0, octets: 0)
        for group in groups {
            let size = group.steps.reduce(0) { $0 + octets($1) }
            if room.steps < group.steps.count || room.octets < size {
                chunks.append([])
                room = (limit.steps, limit.octets)
            }
            chunks[chunks.count - 1].append(group)
            room.steps -= group.steps.count
            room.octets -= size
        }
        return chunks
    }
}
