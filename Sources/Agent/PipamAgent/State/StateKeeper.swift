package import ClusterState
import Inventory
package import Zones

/// Holds the state, applies commands to it in order, keeps it on disk, and only then lets the
/// changed zones be seen. Nobody is told what a crash could take back.
package actor StateKeeper {
    /// Takes the changes of one step, all or none.
    package typealias Publisher = @Sendable ([ZoneChange]) throws -> Void

    /// The state as it was kept last.
    package private(set) var state: ReplicatedState
    private let file: SnapshotFile
    private let publish: Publisher

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
        } else {
            state = ReplicatedState()
            var random = SystemRandomNumberGenerator()
            let cluster = ClusterID(high: random.next(), low: random.next())
            _ = try state.apply(Command(.found(cluster), atSeconds: nowSeconds))
            try file.save(state.snapshot())
        }
        try publish(state.zones.replacements)
    }

    /// Applies commands as one step: they are kept and seen together or, after an error, not at
    /// all. Returns what became of the zones.
    @discardableResult
    package func propose(
        _ bodies: [Command.Body], atSeconds seconds: UInt64
    ) throws -> [ZoneChange] {
        guard !bodies.isEmpty else { return [] }
        var next = state
        var changes: [ZoneChange] = []
        for body in bodies {
            changes += try next.apply(Command(body, atSeconds: seconds))
        }
        try file.save(next.snapshot())
        state = next
        try publish(changes)
        return changes
    }

    /// Makes the settings those of the file, if they are not already.
    package func configure(_ settings: ClusterSettings, atSeconds seconds: UInt64) throws {
        guard state.settings != settings else { return }
        try propose([.configure(settings)], atSeconds: seconds)
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
