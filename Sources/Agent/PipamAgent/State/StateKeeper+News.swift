package import ClusterState
package import Inventory
import Planning
package import Zones

extension StateKeeper {
    /// What was applied since the listener heard last.
    package struct News: Sendable {
        /// Commands, in order; refused ones are not among them.
        package var commands: [AppliedCommand] = []
        /// The members are others than before, or other than they were.
        package var changesMembers = false
        /// The whole state was replaced by a newer one.
        package var isRestored = false

        /// Nothing happened.
        var isEmpty: Bool { commands.isEmpty && !changesMembers && !isRestored }
    }

    /// A command, and what became of the zones by it.
    package struct AppliedCommand: Sendable {
        /// The index of its entry.
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
}

extension StateKeeper.News {
    /// Adds what was applied, if it was not refused.
    mutating func take(
        _ applied: Applied, held: @autoclosure () -> [DomainName: StateKeeper.HeldCount]
    ) {
        guard !applied.steps.isEmpty else { return }
        let held = held()
        for step in applied.steps where step.outcome.refusal == nil {
            commands.append(
                StateKeeper.AppliedCommand(
                    index: applied.index, timeSeconds: step.command.timeSeconds,
                    body: step.command.body, changes: step.changes, held: held))
            changesMembers = changesMembers || step.command.body.concernsMembers
        }
    }
}

extension Command.Body {
    /// It may change how members are reached.
    fileprivate var concernsMembers: Bool {
        switch self {
        case .found, .reportMember: true
        default: false
        }
    }
}

extension ZoneChange {
    /// The zone is gone.
    var isRemoval: Bool {
        guard case .removed = self else { return false }
        return true
    }
}

extension ZoneSet {
    /// What the brake holds, without going through it.
    var heldCounts: [DomainName: StateKeeper.HeldCount] {
        brakes.compactMapValues { brake in
            guard let reason = brake.reason, !brake.held.isEmpty else { return nil }
            return StateKeeper.HeldCount(sets: brake.held.count, reason: reason.description)
        }
    }
}
