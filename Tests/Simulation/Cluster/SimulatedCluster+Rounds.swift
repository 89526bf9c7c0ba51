import ClusterState
import Consensus
import TestSupport

// MARK: - Ticks and messages

extension SimulatedCluster {
    func tick(_ node: SimulatedNode) {
        guard let life = node.life else { return }
        life.ticks += 1
        trace.add(.tick, at: now, slot: node.slot, life.ticks)
        scheduleTick(node)
        perform(life.submissions.tick(nowTicks: life.ticks), on: node)
        for (context, read) in life.reads where read.deadline <= life.ticks {
            life.reads[context] = nil
            clients.drop(read.ticket)
        }
        lead(node)
        if life.replica.wantsSnapshot { takeSnapshotIfDue(node, life) }
        withReplica(of: node) { replica throws(ConsensusError) in try replica.tick() }
    }

    /// What whoever leads has to do.
    private func lead(_ node: SimulatedNode) {
        guard let life = node.life, life.isLeader, life.ticks % 5 == 0, life.state.cluster != nil
        else { return }
        let seconds = node.clock.seconds(at: now)
        let isDue = life.state.nextAdvanceSeconds <= seconds || life.ticks % 20 == 0
        if isDue, !isQuiet {
            clients.noteAdvance(from: node.slot, atSeconds: seconds)
            submit(
                [Command(.advance, atSeconds: seconds, term: life.status.term)], .advance,
                on: node)
        }
        if let stranger = life.state.strangers.first.flatMap(ReplicaID.init) {
            propose(.remove(stranger), MembershipContext(timeSeconds: seconds), on: node)
        }
    }

    func receive(_ delivery: Delivery, _ node: SimulatedNode) {
        guard let life = node.life else { return }
        let sender = nodes[delivery.from].replica
        guard !life.revoked.contains(sender) else {
            watch.count(.refusedMessages)
            return
        }
        trace.add(
            .deliver, at: now, slot: node.slot, UInt64(delivery.from), Digest.of(delivery.octets))
        withReplica(of: node) { [watch] replica throws(ConsensusError) in
            do throws(ConsensusError) {
                try replica.step(delivery.octets, from: sender)
            } catch .messageRefused(_, let reason) {
                // An answer of somebody who takes no part any more, or not yet as far as it knows.
                watch.count(.refusedMessages)
                if try replica.status().configuration.members.contains(sender) {
                    watch.report("node \(node.slot) refuses \(delivery.from): \(reason)")
                }
            }
        }
    }

    func receive(_ transfer: Transfer, _ node: SimulatedNode) {
        guard let life = node.life else { return }
        let sender = nodes[transfer.from].replica
        guard !life.revoked.contains(sender) else {
            reportSnapshot(transfer, isDelivered: false)
            return
        }
        trace.add(.transfer, at: now, slot: node.slot, transfer.file.number)
        do {
            try node.disk.store(transfer.file)
        } catch {
            processEnded(node, error)
            reportSnapshot(transfer, isDelivered: false)
            return
        }
        withReplica(of: node) { replica throws(ConsensusError) in
            try replica.stepSnapshot(transfer.octets, from: sender)
        }
        reportSnapshot(transfer, isDelivered: true)
    }

    func reportSnapshot(_ transfer: Transfer, isDelivered: Bool) {
        if !isDelivered { watch.count(.snapshotTransfersFailed) }
        events.add(
            .reportSnapshot(
                slot: transfer.from, life: transfer.fromLife, to: nodes[transfer.to].replica,
                isDelivered: isDelivered),
            at: now.later(milliseconds: isDelivered ? 5 : 300))
    }

    private func send(_ messages: [OutgoingMessage], from node: SimulatedNode) {
        // What goes out while the disk is at work goes out at once; what waits for it, later.
        let departure = now.later(microseconds: node.disk.elapsedMicroseconds)
        for message in messages {
            guard let slot = slots[message.receiver] else { continue }
            let link = SimulatedNetwork.Link(
                from: node.replica.number, to: message.receiver.number)
            if case .snapshot(let descriptor) = message.kind {
                send(message, descriptor, from: node, to: slot, on: link, departure)
                continue
            }
            clients.capture(message.octets, from: node.slot, to: slot)
            let delivery = Delivery(from: node.slot, to: slot, octets: message.octets)
            for arrival in network.arrivals(on: link, sentAt: departure) {
                events.add(.deliver(delivery), at: arrival)
            }
        }
    }

    private func send(
        _ message: OutgoingMessage, _ descriptor: SnapshotDescriptor, from node: SimulatedNode,
        to slot: Int, on link: SimulatedNetwork.Link, _ departure: VirtualTime
    ) {
        let file = node.disk.snapshot(descriptor.file)
        let transfer = Transfer(
            from: node.slot, fromLife: node.lifeNumber, to: slot, octets: message.octets,
            file: file ?? SimulatedDisk.SnapshotFile(number: descriptor.file, chunks: []))
        guard let file, nodes[slot].life != nil,
            let arrival = network.arrival(ofOctets: file.octets, on: link, sentAt: departure)
        else {
            reportSnapshot(transfer, isDelivered: false)
            return
        }
        events.add(.receiveSnapshot(transfer), at: arrival)
    }
}

// MARK: - Rounds

extension SimulatedCluster {
    /// Lets a replica do all that is due.
    func pump(_ node: SimulatedNode) {
        guard let life = node.life else { return }
        do {
            while let progress = try life.replica.process(send: { send($0, from: node) }) {
                take(progress, on: node, life)
            }
        } catch {
            processEnded(node, error)
        }
        let elapsed = node.disk.takeElapsed()
        node.busyUntil = max(node.busyUntil, now.later(microseconds: elapsed))
        if node.disk.takeNewTerm(), scenario.kind == .elections { crashInElection(node) }
    }

    /// What it wrote is on the disk, and what it promised is on its way.
    private func crashInElection(_ node: SimulatedNode) {
        guard !isHealed, node.life != nil, random.oneIn(2) else { return }
        watch.count(.crashesInElections)
        crash(node.slot, losingPower: random.oneIn(2))
        schedule(.start(slot: node.slot), inMilliseconds: random.number(1...20))
    }

    private func take(_ progress: Progress, on node: SimulatedNode, _ life: NodeLife) {
        if let descriptor = progress.snapshot {
            install(descriptor, on: node, life)
            watch.count(.snapshotsInstalled)
        }
        if !progress.committed.isEmpty {
            let entries = progress.committed.map(asFounded)
            watch.commits(entries, slot: node.slot)
            for entry in entries {
                trace.add(.commit, at: now, slot: node.slot, entry.index, entry.term)
            }
            life.queue += entries
            scheduleApply(node, life)
        }
        for answer in progress.reads where life.reads[answer.context] != nil {
            life.reads[answer.context]?.index = answer.index
        }
        if !progress.reads.isEmpty { answerReads(node, life) }
        guard progress.changesLead else { return }
        do {
            life.status = try life.replica.status()
        } catch {
            processEnded(node, error)
            return
        }
        trace.add(
            .lead, at: now, slot: node.slot, life.status.term, UInt64(life.status.role.rawValue))
        if life.isLeader { watch.leads(node.replica, term: life.status.term) }
    }

    /// The first entries of a cluster that several nodes found together: each of them knows all
    /// from the start, but sees one after the other when it reads its log again. (The agent has
    /// one founder.)
    private func asFounded(_ entry: CommittedEntry) -> CommittedEntry {
        guard entry.index <= founders.count,
            case .configuration(let change, let context, _, let tookEffect) = entry.content
        else { return entry }
        return CommittedEntry(
            index: entry.index, term: entry.term,
            content: .configuration(
                change: change, context: context,
                now: Configuration(voters: founders.map(\.id)), tookEffect: tookEffect))
    }

    private func scheduleApply(_ node: SimulatedNode, _ life: NodeLife) {
        guard !life.isApplyScheduled else { return }
        life.isApplyScheduled = true
        let delay =
            node.disk.elapsedMicroseconds + random.longTailed(mean: 1_000)
            + (random.oneIn(30) ? 200_000 : 0)
        events.add(
            .apply(slot: node.slot, life: node.lifeNumber), at: now.later(microseconds: delay))
    }

    /// Answers the reads whose index was reached.
    func answerReads(_ node: SimulatedNode, _ life: NodeLife) {
        for (context, read) in life.reads.sorted(by: { $0.key < $1.key }) {
            guard let index = read.index, index <= life.state.index else { continue }
            life.reads[context] = nil
            clients.answer(read.ticket, from: life.state)
            trace.add(.answer, at: now, slot: node.slot, index)
        }
    }
}
