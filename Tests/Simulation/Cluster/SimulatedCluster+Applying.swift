import ClusterState
import Consensus
import Inventory
import Zones

// MARK: - Applying

extension SimulatedCluster {
    func applyQueue(of node: SimulatedNode) {
        guard let life = node.life else { return }
        life.isApplyScheduled = false
        let entries = life.queue
        life.queue.removeAll()
        for entry in entries where entry.index > life.state.index {
            do {
                try apply(entry, on: node, life)
            } catch {
                watch.report("node \(node.slot) cannot apply \(entry.index): \(error)")
                return
            }
            guard watch.violation == nil, node.life === life else { return }
        }
        answerReads(node, life)
        takeSnapshotIfDue(node, life)
    }

    private func apply(
        _ entry: CommittedEntry, on node: SimulatedNode, _ life: NodeLife
    ) throws(ClusterStateError) {
        let isFirst = entry.index > watch.lastApplied
        switch entry.content {
        case .empty: try life.state.skip(to: entry.index)
        case .configuration(let change, let context, let now, let tookEffect):
            if tookEffect { watch.changed(by: change, to: now, slot: node.slot) }
            try apply(now, context, at: entry.index, on: node, life)
        case .command(let octets):
            let before = isFirst ? clients.pools(of: life.state) : []
            let applied = try life.state.apply(proposal: octets, index: entry.index)
            watch.applied(applied, slot: node.slot)
            if isFirst {
                let slot = nodes.first { $0.node == applied.node }?.slot
                clients.noteEffects(
                    of: applied, slot: slot, before: before, after: life.state, watch)
                watch.checkClaims(life.state, slot: node.slot)
            }
            let changed = Set(applied.changes.map(\.apex))
            let zones = changed.sorted().compactMap { life.state.zones.zones[$0] }
            watch.serves(zones, slot: node.slot)
            perform(life.submissions.applied(applied, nowTicks: life.ticks), on: node)
        }
        life.lastTerm = entry.term
        trace.add(.apply, at: self.now, slot: node.slot, entry.index)
        // The digest of a whole state costs more than applying an entry.
        if entry.index % scenario.digestInterval == 0 { watch.holds(life.state, slot: node.slot) }
        watch.reached(life.state.index)
    }

    private func apply(
        _ now: Configuration, _ context: [UInt8], at index: UInt64, on node: SimulatedNode,
        _ life: NodeLife
    ) throws(ClusterStateError) {
        let change = try MembershipChange(
            context: context, voters: now.voters.map(\.number), learners: now.learners.map(\.number)
        )
        let effect = try life.state.apply(change, index: index)
        if let refusal = effect.refusal, index > watch.lastApplied {
            trace.add(.refuse, at: self.now, slot: node.slot, UInt64(refusal.reason.rawValue))
        }
        watch.configured(now, index: index)
        // Whoever was removed never comes back under the same name.
        for replica in life.configuration.members where !now.members.contains(replica) {
            if let slot = slots[replica] { nodes[slot].isGone = true }
        }
        life.note(now)
        trace.add(.change, at: self.now, slot: node.slot, index)
    }

    /// Does what the submissions of a node ask for.
    func perform(_ actions: [Submissions.Action], on node: SimulatedNode) {
        guard let life = node.life else { return }
        for action in actions {
            switch action {
            case .propose(let octets):
                trace.add(.propose, at: now, slot: node.slot, Digest.of(octets))
                watch.count(.proposals)
                withReplica(of: node) { replica throws(ConsensusError) in
                    // Refused or not, it is proposed again until something came of it.
                    _ = try replica.propose(octets)
                }
                guard node.life === life else { return }
            case .resolve(let ticket, let resolution):
                trace.add(.resolve, at: now, slot: node.slot, ticket)
                if case .applied(let index, _) = resolution {
                    watch.acknowledged(
                        node: node.node, incarnation: node.disk.incarnation, index: index,
                        slot: node.slot)
                }
                clients.resolve(ticket, resolution, watch)
            }
        }
    }

    /// Hands commands to the submissions of a node; `false` if there are too many.
    @discardableResult
    func submit(_ commands: [Command], _ kind: ClientLoad.Kind, on node: SimulatedNode) -> Bool {
        guard let life = node.life else { return false }
        let ticket = clients.open(kind, slot: node.slot)
        guard
            let actions = life.submissions.submit(
                commands, ticket: ticket, isOrdered: kind.isOrdered, nowTicks: life.ticks)
        else {
            clients.cancel(ticket)
            return false
        }
        life.submissionCount += 1
        clients.took(
            kind, node: node.node, incarnation: node.disk.incarnation,
            sequence: life.submissionCount)
        perform(actions, on: node)
        return true
    }

    /// Proposes a change of the configuration. `false` if that is not possible now.
    @discardableResult
    func propose(
        _ change: ConfigurationChange, _ context: MembershipContext, on node: SimulatedNode
    ) -> Bool {
        var isAccepted = false
        withReplica(of: node) { replica throws(ConsensusError) in
            isAccepted = try replica.propose(change, context: context.encoded()) == .accepted
        }
        return isAccepted
    }
}

// MARK: - Snapshots

extension SimulatedCluster {
    func takeSnapshotIfDue(_ node: SimulatedNode, _ life: NodeLife) {
        let isWanted = life.replica.wantsSnapshot && life.state.index > life.snapshotIndex
        let isDue = life.state.index >= life.snapshotIndex + scenario.snapshotEntries
        guard isWanted || isDue else { return }
        let file = SimulatedDisk.SnapshotFile(
            number: random.next(), chunks: life.state.allSnapshotChunks)
        let descriptor = SnapshotDescriptor(
            index: life.state.index, term: life.lastTerm, file: file.number,
            sizeOctets: UInt64(file.octets), sha256: Self.mark(of: file),
            configuration: life.configuration)
        do {
            try node.disk.store(file)
        } catch {
            processEnded(node, error)
            return
        }
        life.snapshotIndex = life.state.index
        watch.count(.snapshotsTaken)
        trace.add(.snapshot, at: now, slot: node.slot, life.state.index)
        withReplica(of: node) { [scenario] replica throws(ConsensusError) in
            try replica.compact(
                descriptor, keepingEntries: scenario.keptEntries, keepingOctets: 1 << 20)
        }
    }

    /// Puts the state of a snapshot in place of what a node has.
    func install(_ descriptor: SnapshotDescriptor, on node: SimulatedNode, _ life: NodeLife) {
        guard let file = node.disk.snapshot(descriptor.file),
            Self.mark(of: file) == descriptor.sha256
        else {
            watch.report("node \(node.slot) has no file for its snapshot at \(descriptor.index)")
            return
        }
        do {
            life.state = try ReplicatedState(chunks: file.chunks)
        } catch {
            watch.report("node \(node.slot) cannot read its snapshot: \(error)")
            return
        }
        life.queue.removeAll()
        life.lastTerm = descriptor.term
        life.snapshotIndex = descriptor.index
        life.note(descriptor.configuration)
        trace.add(.install, at: now, slot: node.slot, descriptor.index)
        if life.state.index != descriptor.index {
            watch.report("snapshot at \(descriptor.index) holds the state at \(life.state.index)")
        }
        watch.holds(life.state, slot: node.slot)
        watch.serves(life.state.zones.zones.values, slot: node.slot)
        watch.checkClaims(life.state, slot: node.slot)
    }

    /// Stands for the SHA-256 of a file: as long, and as hard to hit by accident.
    private static func mark(of file: SimulatedDisk.SnapshotFile) -> [UInt8] {
        var digest = Digest()
        for chunk in file.chunks { digest.add(chunk) }
        return (0..<32).map { UInt8(truncatingIfNeeded: digest.value >> UInt64($0 % 8 * 8)) }
    }
}
