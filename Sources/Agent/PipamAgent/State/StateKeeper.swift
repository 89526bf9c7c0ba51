package import ClusterState
package import Inventory
import Planning
package import Zones

/// Holds the state, applies commands to it in order, keeps it on disk, and only then lets the
/// changed zones be seen. Nobody is told what a crash could take back.
package actor StateKeeper {
    /// Takes the changes of one step, all or none.
    package typealias Publisher = @Sendable ([ZoneChange]) throws -> Void

    /// Hears of commands once they are kept and their zones are seen.
    package typealias Listener = @Sendable ([AppliedCommand]) -> Void

    /// A command, and what became of the zones by it.
    package struct AppliedCommand: Sendable {
        /// Its index.
        package let index: UInt64
        /// When it was proposed, in seconds since 1970.
        package let timeSeconds: UInt64
        /// What it says.
        package let body: Command.Body
        /// What became of the zones.
        package let changes: [ZoneChange]
        /// How many sets the brake holds then, by zone, with the reason.
        package let held: [DomainName: HeldCount]
    }

    /// What the brake holds of one zone.
    package struct HeldCount: Hashable, Sendable {
        /// Record sets.
        package let sets: Int
        /// Why.
        package let reason: String
    }

    /// The state, with every command that was proposed.
    package private(set) var state: ReplicatedState
    /// Something could not be kept yet; the next proposal tries again.
    private var isKept = true
    /// Changes could not be seen yet; then all zones are published anew, whatever piled up.
    private var isPublished = true
    /// Zones that went meanwhile.
    private var removedZones: Set<DomainName> = []
    private let file: SnapshotFile
    private let publish: Publisher
    /// Commands that nobody has heard of yet.
    private var unheard: [AppliedCommand] = []
    /// While the disk takes nothing, older ones than these are never told.
    private static let maximumUnheard = 1_000
    private var listener: Listener = { _ in }

    /// Reads the state, or begins a new one with a cluster id of its own; then has all its zones
    /// published.
    package init(
        directory: String, nowSeconds: UInt64, publish: @escaping Publisher
    ) throws {
        file = try SnapshotFile(directory: directory)
        self.publish = publish
        if let octets = try file.load() {
            do {
                state = try ReplicatedState(snapshot: octets)
            } catch {
                throw StateKeeperError.unreadable(directory: directory, reason: "\(error)")
            }
            // No octets at all are a state too, but never one of ours.
            guard state.cluster != nil else {
                throw StateKeeperError.unreadable(
                    directory: directory, reason: "it names no cluster")
            }
        } else {
            state = ReplicatedState()
            var random = SystemRandomNumberGenerator()
            let cluster = ClusterID(high: random.next(), low: random.next())
            _ = try state.apply(Command(.found(cluster), atSeconds: nowSeconds))
            try file.save(state.snapshot())
        }
        try publish(state.zones.replacements)
    }

    /// Looks at the state without taking a copy of it, which the next command would have to part
    /// from.
    package func read<Value: Sendable>(
        _ look: @Sendable (borrowing ReplicatedState) throws -> Value
    ) rethrows -> Value {
        try look(state)
    }

    /// From now on, somebody hears of commands.
    package func listen(_ listener: @escaping Listener) {
        self.listener = listener
    }

    /// Applies commands as one step: they are seen together, once they are kept. When keeping or
    /// publishing them fails they stay pending, and the next call, also one without commands,
    /// tries again. Returns what became of the zones.
    @discardableResult
    package func propose(
        _ bodies: [Command.Body], atSeconds seconds: UInt64
    ) throws -> [ZoneChange] {
        var changes: [ZoneChange] = []
        for body in bodies {
            // An error leaves the state as it was.
            let step = try state.apply(Command(body, atSeconds: seconds))
            isKept = false
            unheard.append(
                AppliedCommand(
                    index: state.index, timeSeconds: seconds, body: body, changes: step,
                    held: state.zones.heldCounts))
            unheard.removeFirst(max(0, unheard.count - Self.maximumUnheard))
            changes += step
        }
        if !isPublished { changes = overdueChanges(with: changes) }
        // Until both are done the changes are owed.
        isPublished = changes.isEmpty
        removedZones.formUnion(changes.filter(\.isRemoval).map(\.apex))
        if !isKept {
            try file.save(state.snapshot())
            isKept = true
        }
        if !isPublished { try publish(changes) }
        isPublished = true
        removedZones = []
        let heard = unheard
        unheard = []
        if !heard.isEmpty { listener(heard) }
        return changes
    }

    /// Everything there is, in place of the changes that led to it: their number has no bound.
    private func overdueChanges(with changes: [ZoneChange]) -> [ZoneChange] {
        removedZones.union(changes.filter(\.isRemoval).map(\.apex)).sorted()
            .filter { state.zones.zones[$0] == nil }
            .map { .removed(apex: $0) } + state.zones.replacements
    }

    /// Makes the settings those of the file, if they are not already.
    @discardableResult
    package func configure(
        _ settings: ClusterSettings, atSeconds seconds: UInt64
    ) throws -> [ZoneChange] {
        guard state.settings != settings else { return [] }
        let terms = ConfigureTerms(isApproved: true)
        return try propose([.configure(settings, terms)], atSeconds: seconds)
    }
}

/// Why the agent cannot start from the state it finds.
package enum StateKeeperError: Error, Equatable, CustomStringConvertible {
    /// The bytes are there and are no state.
    case unreadable(directory: String, reason: String)

    package var description: String {
        switch self {
        case .unreadable(let directory, let reason):
            "\(directory)/state.snapshot cannot be used: \(reason). Restore the file from a "
                + "backup, or move it away to begin anew: names then come back as their guests "
                + "are seen, and who held a contested name first is forgotten"
        }
    }
}

extension ZoneChange {
    /// The zone is gone.
    fileprivate var isRemoval: Bool {
        guard case .removed = self else { return false }
        return true
    }
}

extension ZoneSet {
    /// What the brake holds, without going through it.
    fileprivate var heldCounts: [DomainName: StateKeeper.HeldCount] {
        brakes.compactMapValues { brake in
            guard let reason = brake.reason, !brake.held.isEmpty else { return nil }
            return StateKeeper.HeldCount(sets: brake.held.count, reason: reason.description)
        }
    }
}
