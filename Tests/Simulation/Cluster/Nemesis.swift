import ClusterState
import Consensus
import TestSupport

/// Chooses what goes wrong next.
struct Nemesis {
    private let faults: [Scenario.Fault]
    var random: SeededRandom

    init(_ scenario: Scenario) {
        faults = scenario.faults
        random = .stream(seed: scenario.seed, "nemesis")
    }

    mutating func next() -> Scenario.Fault { random.pick(faults) }
}

extension SimulatedCluster {
    /// Something goes wrong.
    func strike() {
        guard !isHealed else { return }
        schedule(
            .nemesis,
            inMilliseconds: nemesis.random.number(50...2 * scenario.nemesisMilliseconds))
        repair()
        switch nemesis.next() {
        case .kill: crashSome(losingPower: false)
        case .powerLoss: crashSome(losingPower: true)
        case .crashOfAll:
            guard nemesis.random.oneIn(4) else { return }
            for slot in nodes.indices { crashAndRestart(slot, losingPower: true) }
        case .powerLossAtSync: victim()?.disk.fault = .powerLoss
        case .failingSync: victim()?.disk.fault = .failingSync
        case .diskFull: fillDisk()
        case .slowDisk:
            victim()?.disk.syncMicroseconds = Int64(nemesis.random.pick([100, 2_000, 40_000]))
        case .pause: pause()
        case .partition: partition(oneWay: false)
        case .oneWayPartition: partition(oneWay: true)
        case .badLinks: spoilLinks()
        case .clockJump: setClock()
        case .membership: changeMembership()
        case .replacement: loseDisk()
        case .transfer: transferLead()
        case .forgery: forge()
        }
    }

    private func victim() -> SimulatedNode? {
        let running = nodes.filter { $0.life != nil }
        return running.isEmpty ? nil : nemesis.random.pick(running)
    }

    private func crashSome(losingPower: Bool) {
        guard let slot = victim()?.slot else { return }
        crashAndRestart(slot, losingPower: losingPower)
    }

    private func crashAndRestart(_ slot: Int, losingPower: Bool) {
        crash(slot, losingPower: losingPower)
        schedule(.start(slot: slot), inMilliseconds: nemesis.random.number(50...4_000))
    }

    private func fillDisk() {
        guard let node = victim() else { return }
        node.disk.isFull = true
        schedule(
            .freeDisk(slot: node.slot), inMilliseconds: nemesis.random.number(200...4_000))
    }

    private func pause() {
        guard let node = victim() else { return }
        let length = Int64(nemesis.random.number(100...5_000))
        node.busyUntil = max(node.busyUntil, now.later(milliseconds: length))
        watch.count(.pauses)
        trace.add(.pause, at: now, slot: node.slot, UInt64(length))
    }

    private func partition(oneWay: Bool) {
        var ids = nodes.filter { !$0.isGone }.map(\.replica.number)
        ids.shuffle(using: &nemesis.random)
        let size = nemesis.random.number(1...max(1, ids.count - 1))
        network.cut(Array(ids.prefix(size)), from: Array(ids.dropFirst(size)), oneWay: oneWay)
        watch.count(oneWay ? .oneWayPartitions : .partitions)
        trace.add(.partition, at: now, slot: 0, UInt64(size), oneWay ? 1 : 0)
        schedule(.mend, inMilliseconds: nemesis.random.number(300...5_000))
    }

    private func spoilLinks() {
        watch.count(.badLinks)
        trace.add(.quality, at: now, slot: 0)
        let quality = LinkQuality.random(&nemesis.random)
        guard !nemesis.random.oneIn(3), let source = victim(), let target = victim() else {
            network.setOrdinary(quality)
            return
        }
        network.set(
            quality, on: .init(from: source.replica.number, to: target.replica.number))
    }

    private func setClock() {
        guard let node = victim() else { return }
        let seconds = nemesis.random.pick([-4_000, -60, -3, 2, 30, 500, 5_000])
        node.clock.jump(bySeconds: Int64(seconds))
        watch.count(.clockJumps)
        trace.add(.clock, at: now, slot: node.slot, UInt64(truncatingIfNeeded: seconds))
    }

    /// A message comes with another certificate than its sender's: it must be refused.
    private func forge() {
        guard let message = clients.captured, let life = nodes[message.to].life else { return }
        let others = nodes.filter { $0.slot != message.from && $0.slot != message.to }
        guard !others.isEmpty else { return }
        let forger = nemesis.random.pick(others)
        watch.count(.forgedMessages)
        trace.add(.forge, at: now, slot: message.to, UInt64(forger.slot))
        do {
            try life.replica.step(message.octets, from: forger.replica)
            watch.report("node \(message.to) took a message of another node from \(forger.slot)")
        } catch .messageRefused {
            return
        } catch {
            watch.report("a forged message ended node \(message.to): \(error)")
        }
    }
}

// MARK: - Members

extension SimulatedCluster {
    /// The node that leads in the highest term, if it knows.
    var leadingNode: SimulatedNode? {
        nodes.filter { $0.life?.isLeader ?? false }
            .max { ($0.life?.status.term ?? 0) < ($1.life?.status.term ?? 0) }
    }

    private var goneVoters: [SimulatedNode] {
        nodes.filter { $0.isGone && watch.configuration.voters.contains($0.replica) }
    }

    private func transferLead() {
        guard let leader = leadingNode, let life = leader.life else { return }
        let others = life.configuration.voters.filter { $0 != leader.replica }
        guard !others.isEmpty else { return }
        watch.count(.transfers)
        let successor = nemesis.random.pick(others)
        withReplica(of: leader) { replica throws(ConsensusError) in
            try replica.transferLeadership(to: successor)
        }
    }

    private func context(_ node: SimulatedNode, _ member: Member? = nil) -> MembershipContext {
        MembershipContext(timeSeconds: node.clock.seconds(at: now), member: member)
    }

    private func changeMembership() {
        guard let leader = leadingNode, let life = leader.life, life.state.cluster != nil else {
            return
        }
        let voters = life.configuration.voters
        switch nemesis.random.number(0...3) {
        case 0 where nodes.count { !$0.isGone } < scenario.size + 2: addSpare()
        case 1:
            guard let learner = life.configuration.learners.first else { return }
            addVoter(learner, by: leader)
        default:
            // Two that are there stay, and nobody is removed while another one is lost for good.
            guard goneVoters.isEmpty, voters.count > 2, !watch.isChanging else { return }
            let voter = nemesis.random.pick(voters)
            if nemesis.random.oneIn(2) {
                remove(voter, by: leader)
            } else {
                demote(voter, by: leader)
            }
        }
    }

    private func demote(_ replica: ReplicaID, by leader: SimulatedNode) {
        guard propose(.addLearner(replica), context(leader), on: leader) else { return }
        watch.changeProposed(term: leader.life?.status.term ?? 0)
        watch.count(.demotions)
    }

    private func remove(_ replica: ReplicaID, by leader: SimulatedNode) {
        guard propose(.remove(replica), context(leader), on: leader) else { return }
        watch.changeProposed(term: leader.life?.status.term ?? 0)
        watch.count(.removals)
    }

    /// A host that is not in the cluster yet.
    private func addSpare() {
        let used = Set(nodes.filter { !$0.isGone }.map(\.name))
        let name = (0..<2 * scenario.size).map(hostName).first { !used.contains($0) }
        guard let name else { return }
        let node = add(name: name, founders: [], identity: newIdentity())
        start(node.slot)
    }

    /// A host loses its disk, and with it everything that it promised. Never so many that what was
    /// acknowledged would be lost with them.
    private func loseDisk() {
        guard goneVoters.isEmpty, !watch.isChanging, watch.configuration.voters.count > 2,
            let node = victim(), watch.configuration.voters.contains(node.replica),
            nodes.allSatisfy({
                $0.life?.configuration ?? watch.configuration == watch.configuration
            })
        else { return }
        crash(node.slot, losingPower: true)
        node.isGone = true
        watch.count(.replacements)
        let successor = add(name: node.name, founders: [], identity: newIdentity())
        start(successor.slot)
    }

    /// What operators and the leader do about members: those that are gone are removed, hosts that
    /// wait are added, and learners that have caught up vote.
    func repair() {
        guard let leader = leadingNode, let life = leader.life, life.state.cluster != nil,
            leader.busyUntil <= now
        else { return }
        let members = life.configuration.members
        if let gone = nodes.first(where: { $0.isGone && members.contains($0.replica) }) {
            // Its successor may take its place first.
            let successor = nodes.first {
                $0.name == gone.name && !$0.isGone && !members.contains($0.replica)
            }
            if let successor, nemesis.random.oneIn(3) {
                addLearner(successor, replacing: gone.node, by: leader)
            } else {
                remove(gone.replica, by: leader)
            }
            return
        }
        let waiting = nodes.first {
            !$0.isGone && $0.life != nil && !members.contains($0.replica)
                && !life.revoked.contains($0.replica)
        }
        if let waiting {
            addLearner(waiting, replacing: nil, by: leader)
        } else if scenario.growsFromOne, nodes.count < scenario.size {
            addSpare()
        }
        promote(by: leader, life)
    }

    private func addLearner(
        _ node: SimulatedNode, replacing replaced: NodeID?, by leader: SimulatedNode
    ) {
        var context = context(leader, node.member(atSeconds: leader.clock.seconds(at: now)))
        context.replaced = replaced
        if propose(.addLearner(node.replica), context, on: leader) {
            watch.changeProposed(term: leader.life?.status.term ?? 0)
            watch.count(.learnersAdded)
        }
    }

    private func promote(by leader: SimulatedNode, _ life: NodeLife) {
        guard let learner = life.configuration.learners.first,
            life.configuration.voters.count < scenario.size,
            let status = try? life.replica.status(),
            let match = status.progress[learner]?.match, match + 5 >= status.commit
        else { return }
        addVoter(learner, by: leader)
    }

    private func addVoter(_ learner: ReplicaID, by leader: SimulatedNode) {
        if propose(.addVoter(learner), context(leader), on: leader) {
            watch.changeProposed(term: leader.life?.status.term ?? 0)
            watch.count(.promotions)
        }
    }
}
