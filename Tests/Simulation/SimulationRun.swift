import ClusterState
import Consensus

/// What came of a run.
package struct SimulationReport: Sendable {
    /// What it was made of.
    package let seed: UInt64
    /// How many nodes.
    package let size: Int
    /// What must never happen and did; `nil` if all was well.
    package let violation: String?
    /// What happened, counted.
    package let coverage: Coverage
    /// Equal for equal runs.
    package let traceDigest: UInt64
    /// What happened last, for people.
    package let lastEvents: [String]
}

/// One run: a cluster is founded, suffers, heals, and is looked at.
package struct SimulationRun {
    private static let healMilliseconds: Int64 = 1_500
    private static let convergenceMilliseconds: Int64 = 60_000
    private static let stepMilliseconds: Int64 = 250
    private let cluster: SimulatedCluster

    /// Runs one scenario.
    package static func run(_ scenario: Scenario) -> SimulationReport {
        let run = SimulationRun(cluster: SimulatedCluster(scenario))
        run.suffer()
        run.heal()
        run.converge()
        run.finish()
        return run.report(scenario)
    }

    private var watch: ClusterWatch { cluster.watch }

    private func suffer() {
        cluster.found()
        cluster.startClients()
        cluster.schedule(.nemesis, inMilliseconds: 1_500)
        cluster.run(until: cluster.scenario.chaos)
    }

    private func heal() {
        cluster.isHealed = true
        cluster.network.heal()
        cluster.trace.add(.heal, at: cluster.now, slot: 0)
        for node in cluster.nodes {
            node.disk.isFull = false
            node.disk.fault = .none
            node.disk.syncMicroseconds = cluster.scenario.syncMicroseconds
            node.busyUntil = cluster.now
            if node.isGone { cluster.crash(node.slot, losingPower: false) }
            cluster.start(node.slot)
        }
        cluster.run(until: cluster.now.later(milliseconds: Self.healMilliseconds))
        cluster.isQuiet = true
    }

    /// Waits until all members have the same state and nobody waits for anything.
    private func converge() {
        let end = cluster.now.later(milliseconds: Self.convergenceMilliseconds)
        while watch.violation == nil, !hasConverged {
            guard cluster.now < end else {
                watch.report("no agreement after everything was healed: \(standing)")
                return
            }
            cluster.run(until: cluster.now.later(milliseconds: Self.stepMilliseconds))
        }
    }

    private var members: [SimulatedNode] {
        cluster.nodes.filter {
            !$0.isGone && watch.configuration.members.contains($0.replica)
        }
    }

    private var hasConverged: Bool {
        guard cluster.clients.openCount == 0, let leader = cluster.leadingNode?.life,
            let status = try? leader.replica.status(), status.commit == status.last
        else { return false }
        return members.allSatisfy { node in
            guard let life = node.life else { return false }
            return life.state.index == status.commit && life.queue.isEmpty
                && life.submissions.count == 0
        }
    }

    private var standing: String {
        let nodes = cluster.nodes.map { node in
            let index = node.life.map { "\($0.state.index)/\($0.submissions.count)" } ?? "down"
            return "\(node.slot):\(index)\(node.isGone ? " gone" : "")"
        }
        return nodes.joined(separator: " ") + ", open \(cluster.clients.openCount), voters "
            + "\(watch.configuration.voters.compactMap { cluster.slots[$0] })"
    }

    /// Writes and reads once more everywhere, and looks at the whole.
    private func finish() {
        guard watch.violation == nil else { return }
        for node in members {
            cluster.claim(on: node, node.clock.seconds(at: cluster.now))
        }
        converge()
        for (pool, node) in zip(0..<ClaimWorld.poolCount, members + members + members) {
            if let life = node.life { cluster.read(pool, on: node, life) }
        }
        converge()
        guard watch.violation == nil else { return }
        compareStates()
        checkHistory()
        if watch.coverage[.acknowledged] == 0 {
            watch.report("nothing was done: \(watch.coverage.text)")
        }
        cluster.trace.add(.done, at: cluster.now, slot: 0)
    }

    private func compareStates() {
        let states = members.compactMap(\.life).map(\.state)
        guard let first = states.first?.snapshot() else {
            watch.report("nobody is left")
            return
        }
        for (node, state) in zip(members, states).dropFirst() where state.snapshot() != first {
            watch.report("node \(node.slot) ends with another state than node \(members[0].slot)")
        }
    }

    private func checkHistory() {
        let history = cluster.clients.history
        for pool in 0..<ClaimWorld.poolCount {
            switch LinearizabilityChecker.check(
                history.operations(ofPool: pool), maximumSteps: 20_000)
            {
            case .linearizable: continue
            case .undecided:
                // The order of the log is tried first, so that this is hardly ever innocent.
                watch.count(.undecided)
                watch.report("claims of pool \(pool) do not fit the order of the log")
            case .violation(let deepest):
                let lines = history.excerpt(ofPool: pool, around: deepest)
                watch.report(
                    "claims of pool \(pool) are not linearizable at \(deepest):\n"
                        + lines.joined(separator: "\n"))
            }
        }
    }

    private func report(_ scenario: Scenario) -> SimulationReport {
        watch.count(.runs)
        watch.count(.virtualSeconds, Int(cluster.now.microseconds / 1_000_000))
        let network = cluster.network.statistics
        watch.count(.messages, network.sent)
        watch.count(.lostMessages, network.lost)
        watch.count(.duplicatedMessages, network.duplicated)
        watch.count(.cutMessages, network.cut)
        for loss in cluster.nodes.flatMap(\.disk.losses) where loss.records > 0 {
            watch.count(.lossesOfRecords)
            watch.count(.tornRecords, loss.isTorn ? 1 : 0)
            watch.count(.reorderedSectors, loss.isReordered ? 1 : 0)
        }
        return SimulationReport(
            seed: scenario.seed, size: scenario.size, violation: watch.violation,
            coverage: watch.coverage, traceDigest: cluster.trace.digest.value,
            lastEvents: watch.violation == nil ? [] : cluster.trace.lines(120))
    }
}
