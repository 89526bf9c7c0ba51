import ClusterState
import Consensus
import Inventory
import TestSupport

extension SimulatedCluster {
    static let clientCount = 3

    func startClients() {
        for number in 0..<Self.clientCount {
            schedule(.client(number), inMilliseconds: 50 + 37 * number)
        }
    }

    /// One client does one thing on some node.
    func runClient(_ number: Int) {
        guard !isQuiet else { return }
        let pause = clients.random.number(20...2 * scenario.clientMilliseconds)
        schedule(.client(number), inMilliseconds: pause)
        let running = nodes.filter { $0.life != nil && $0.busyUntil <= now }
        guard !running.isEmpty else { return }
        let node = clients.random.pick(running)
        guard let life = node.life else { return }
        guard life.state.cluster != nil else {
            found(on: node)
            return
        }
        let seconds = node.clock.seconds(at: now)
        switch clients.random.number(0...99) {
        case 0...54: claim(on: node, seconds)
        case 55...72:
            read(clients.random.number(0...ClaimWorld.poolCount - 1), on: node, life)
        case 73...86: report(on: node, seconds)
        case 87 where clients.random.oneIn(4): configure(on: node, seconds)
        default:
            // Whatever is there, without asking anybody: only that it can be read.
            _ = clients.pools(of: life.state)
            watch.count(.staleReads)
        }
    }

    /// The founders found the cluster; only the first word counts.
    private func found(on node: SimulatedNode) {
        guard !node.founders.isEmpty else { return }
        let seconds = node.clock.seconds(at: now)
        let settings = clients.guests.settings(&clients.random)
        submit(
            [
                Command(
                    .found(GuestWorld.cluster, founder: node.member(atSeconds: seconds)),
                    atSeconds: seconds),
                Command(.configure(settings), atSeconds: seconds),
            ], .found, on: node)
    }

    func claim(on node: SimulatedNode, _ seconds: UInt64) {
        let (command, kind) = clients.claimCommand(slot: node.slot, atSeconds: seconds)
        if case .settleClaim = command.body { watch.count(.settlements) }
        submit([command], kind, on: node)
    }

    func read(_ pool: Int, on node: SimulatedNode, _ life: NodeLife) {
        let ticket = clients.openRead(ofPool: pool, slot: node.slot)
        life.reads[ticket] = NodeLife.Read(ticket: ticket, deadline: life.ticks + 30, index: nil)
        watch.count(.reads)
        trace.add(.read, at: now, slot: node.slot, ticket)
        withReplica(of: node) { replica throws(ConsensusError) in
            try replica.readIndex(context: ticket)
        }
    }

    private func report(on node: SimulatedNode, _ seconds: UInt64) {
        // Sometimes about a guest of another host: right if that has no agent, else dropped.
        let host = clients.random.oneIn(5) ? clients.random.number(0...5) : hostNumber(node)
        let reports = (0..<clients.random.number(1...3)).map { _ in
            clients.guests.report(host: host, name: hostName(host), &clients.random)
        }
        var commands = [Command(.reportGuests(reports), atSeconds: seconds)]
        if clients.random.oneIn(6), let guest = reports.first?.guest.id {
            commands.append(Command(.reportGone([guest]), atSeconds: seconds))
        }
        submit(commands, .report, on: node)
    }

    private func configure(on node: SimulatedNode, _ seconds: UInt64) {
        watch.count(.settingsChanges)
        let settings = clients.guests.settings(&clients.random)
        submit([Command(.configure(settings), atSeconds: seconds)], .settings, on: node)
    }

    /// Hosts keep their number when another node takes their place.
    private func hostNumber(_ node: SimulatedNode) -> Int {
        (Int(node.name.dropFirst(3)) ?? 1) - 1
    }
}
