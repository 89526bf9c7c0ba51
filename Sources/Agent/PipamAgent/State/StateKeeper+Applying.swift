package import Consensus
import ClusterState
import Inventory
import Zones

extension StateKeeper: StateMachine {
    /// Applies entries and lets the changed zones be seen.
    package func apply(_ entries: [CommittedEntry]) throws {
        var news = News()
        var changes: [ZoneChange] = []
        var actions: [Submissions.Action] = []
        for entry in entries {
            switch entry.content {
            case .command(let octets):
                let applied = try state.apply(proposal: octets, index: entry.index)
                news.take(applied, held: state.zones.heldCounts)
                note(applied.changes)
                changes += applied.changes
                actions += submissions.applied(applied, nowTicks: nowTicks)
            case .configuration(_, let context, let now, let tookEffect):
                let change = try MembershipChange(
                    context: tookEffect ? context : [], voters: now.voters.map(\.number),
                    learners: now.learners.map(\.number))
                try state.apply(change, index: entry.index)
                news.changesMembers = true
            case .empty:
                try state.skip(to: entry.index)
            }
        }
        show(changes)
        perform(actions)
        wakeReaders()
        if !news.isEmpty { listener(news) }
    }

    /// The state as it is now.
    package func capture() -> SnapshotCapture {
        let chunks = SnapshotChunks(state.snapshotChunks())
        return SnapshotCapture(appliedIndex: state.index) { chunks.next() }
    }

    /// The state as that of a cluster of one, with its index.
    ///
    /// - `serials`: what others have of the zones.
    func alone(
        as node: NodeID, replica: UInt64, serials: [DomainName: SerialNumber],
        atSeconds seconds: UInt64
    ) -> (index: UInt64, chunks: SnapshotChunks) {
        var alone = state
        alone.goOnAlone(as: node, replica: replica, serials: serials, atSeconds: seconds)
        return (alone.index, SnapshotChunks(alone.snapshotChunks()))
    }

    /// Takes the place of the state with that of another node, or of an earlier run.
    package func restore(
        _ descriptor: SnapshotDescriptor,
        nextChunk: @escaping @Sendable () throws -> [UInt8]?
    ) throws {
        var reader = SnapshotReader()
        while let chunk = try nextChunk() { try reader.take(chunk) }
        let before = Set(state.zones.zones.keys)
        state = try reader.finish()
        digests = DigestHistory()
        note(state.zones.replacements)
        removedZones.formUnion(before)
        showEverything()
        wakeReaders()
        listener(News(changesMembers: true, isRestored: true))
    }

    private func note(_ changes: [ZoneChange]) {
        for change in changes { digests.note(change.apex, state.zones.digest(of: change.apex)) }
    }

    private func wakeReaders() {
        for reader in readers where reader.index <= state.index {
            reader.continuation.resume(returning: true)
        }
        readers.removeAll { $0.index <= state.index }
    }

    /// Everything there is takes the place of changes that could not be seen: their number has no
    /// bound.
    private func show(_ changes: [ZoneChange]) {
        removedZones.formUnion(changes.filter(\.isRemoval).map(\.apex))
        guard publishingProblem == nil else { return showEverything() }
        guard !changes.isEmpty else { return }
        attempt(changes)
    }

    private func showEverything() {
        attempt(
            removedZones.sorted().filter { state.zones.zones[$0] == nil }
                .map { .removed(apex: $0) } + state.zones.replacements)
    }

    private func attempt(_ changes: [ZoneChange]) {
        var journals: [DomainName: ZoneJournal?] = [:]
        for change in changes {
            journals[change.apex] = .some(state.zones.journals[change.apex])
        }
        showJournals(journals)
        do {
            try publish(changes)
            publishingProblem = nil
            removedZones = []
        } catch {
            publishingProblem = "\(error)"
        }
    }
}
