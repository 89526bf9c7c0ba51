import ClusterState
import Consensus
import Inventory
import TestSupport

/// A whole cluster in one thread: real replicas, real states and real submissions over a simulated
/// network, simulated disks and simulated time.
///
///     events (ticks, messages, clients, faults) -> node -> messages, applied entries -> watch
final class SimulatedCluster {
    /// Something that is going to happen.
    enum Event {
        case tick(slot: Int, life: Int)
        case deliver(Delivery)
        case receiveSnapshot(Transfer)
        case reportSnapshot(slot: Int, life: Int, to: ReplicaID, isDelivered: Bool)
        case apply(slot: Int, life: Int)
        case client(Int)
        case nemesis
        case start(slot: Int)
        case freeDisk(slot: Int)
        case mend
    }

    /// A message on its way.
    struct Delivery {
        let from: Int
        let to: Int
        let octets: [UInt8]
    }

    /// A snapshot on its way.
    struct Transfer {
        let from: Int
        let fromLife: Int
        let to: Int
        let octets: [UInt8]
        let file: SimulatedDisk.SnapshotFile
    }

    let scenario: Scenario
    let watch = ClusterWatch()
    var nodes: [SimulatedNode] = []
    var slots: [ReplicaID: Int] = [:]
    /// Who founded the cluster.
    private(set) var founders: [FirstMember] = []
    var network: SimulatedNetwork
    var events = EventQueue<Event>()
    var now = VirtualTime.zero
    var trace = Trace()
    /// For everything that has no stream of its own.
    var random: SeededRandom
    var clients: ClientLoad
    var nemesis: Nemesis
    /// More than any run needs.
    static let eventLimit = 1_000_000
    private var eventCount = 0
    /// Clients begin nothing new.
    var isQuiet = false
    /// Faults are over.
    var isHealed = false

    init(_ scenario: Scenario) {
        self.scenario = scenario
        random = .stream(seed: scenario.seed, "cluster")
        network = SimulatedNetwork(seed: scenario.seed)
        network.setOrdinary(scenario.quality)
        clients = ClientLoad(scenario)
        nemesis = Nemesis(scenario)
    }

    // MARK: Nodes

    /// Puts the first nodes in, and starts them.
    func found() {
        let count = scenario.growsFromOne ? 1 : scenario.size
        var identities: [(NodeID, ReplicaID)] = []
        for _ in 0..<count { identities.append(newIdentity()) }
        let seconds = UInt64(SimulatedClock.epochSeconds)
        founders = identities.enumerated().map { slot, identity in
            let member = Member(
                node: identity.0, replica: identity.1.number, name: hostName(slot),
                addresses: ["\(hostName(slot)):7400"], version: "1")
            return FirstMember(
                id: identity.1,
                context: MembershipContext(timeSeconds: seconds, member: member).encoded())
        }
        for (slot, identity) in identities.enumerated() {
            add(name: hostName(slot), founders: founders, identity: identity)
            start(slot)
        }
    }

    func hostName(_ number: Int) -> String { "pve\(number + 1)" }

    func newIdentity() -> (NodeID, ReplicaID) {
        (
            NodeID(high: random.next(), low: random.next()), ReplicaID.random(using: &random)
        )
    }

    /// Puts a node in; it does not run yet.
    @discardableResult
    func add(
        name: String, founders: [FirstMember], identity: (NodeID, ReplicaID)
    ) -> SimulatedNode {
        let slot = nodes.count
        let isSlow = scenario.faults.contains(.slowDisk) && random.oneIn(2)
        let disk = SimulatedDisk(
            seed: scenario.seed, slot: slot,
            syncMicroseconds: scenario.syncMicroseconds * (isSlow ? 20 : 1))
        let node = SimulatedNode(
            slot: slot, name: name, founders: founders, disk: disk, node: identity.0,
            replica: identity.1, random: &random)
        nodes.append(node)
        slots[identity.1] = slot
        return node
    }

    /// Starts the process of a node from what its disk holds.
    func start(_ slot: Int) {
        let node = nodes[slot]
        guard node.life == nil, !node.isGone else { return }
        node.disk.beginLife()
        node.lifeNumber += 1
        node.busyUntil = now
        var settings = ReplicaSettings(id: node.replica)
        settings.electionTicks = scenario.electionTicks
        settings.heartbeatTicks = scenario.heartbeatTicks
        settings.electionSeed = random.next()
        let log = SimulatedLog(disk: node.disk) { [watch] in watch.writes($0, slot: slot) }
        do {
            let replica = try Replica(
                settings: settings, log: log, bootstrap: node.founders, logger: { _, _ in })
            node.life = try makeLife(node, replica)
        } catch {
            processEnded(node, error)
            return
        }
        trace.add(.start, at: now, slot: slot, node.disk.incarnation)
        scheduleTick(node)
        pump(node)
    }

    private func makeLife(
        _ node: SimulatedNode, _ replica: Replica<SimulatedLog>
    ) throws(ConsensusError) -> NodeLife {
        var settings = Submissions.Settings()
        settings.retryTicks = 8
        settings.deadlineTicks = 60
        let life = try NodeLife(
            replica: replica, state: ReplicatedState(),
            submissions: Submissions(
                node: node.node, incarnation: node.disk.incarnation, settings: settings))
        if let descriptor = replica.restored.snapshot { install(descriptor, on: node, life) }
        return life
    }

    /// The process is no more; with the power, what was not synced is gone as well.
    func crash(_ slot: Int, losingPower: Bool) {
        let node = nodes[slot]
        guard node.life != nil else { return }
        clients.forget(slot: slot)
        node.life = nil
        node.lifeNumber += 1
        if losingPower { node.disk.losePower() }
        watch.count(losingPower ? .powerLosses : .kills)
        trace.add(losingPower ? .powerLoss : .crash, at: now, slot: slot)
    }

    /// The process ended by itself: as it must when its disk fails, and never else.
    func processEnded(_ node: SimulatedNode, _ error: ConsensusError) {
        guard let failure = node.disk.failure else {
            watch.report("node \(node.slot) ended: \(error)")
            return
        }
        trace.add(.diskFailure, at: now, slot: node.slot)
        watch.count(failure == .none ? .diskFull : .syncFailures)
        clients.forget(slot: node.slot)
        node.life = nil
        node.lifeNumber += 1
        schedule(.start(slot: node.slot), inMilliseconds: random.number(100...3000))
    }

    // MARK: Time

    func schedule(_ event: Event, inMilliseconds milliseconds: Int) {
        events.add(event, at: now.later(milliseconds: Int64(milliseconds)))
    }

    func scheduleTick(_ node: SimulatedNode) {
        let length =
            Scenario.tickMicroseconds + Scenario.tickMicroseconds * node.tickDriftPerMillion
            / 1_000_000
        events.add(
            .tick(slot: node.slot, life: node.lifeNumber), at: now.later(microseconds: length))
    }

    /// Lets things happen until a moment, or a breach.
    func run(until end: VirtualTime) {
        while watch.violation == nil, let time = events.nextTime, time <= end,
            let (_, event) = events.next()
        {
            now = time
            eventCount += 1
            if eventCount > Self.eventLimit { watch.report("it does not come to an end") }
            handle(event)
        }
        if watch.violation == nil { now = max(now, end) }
    }

    private func handle(_ event: Event) {
        switch event {
        case .tick(let slot, let life):
            if let node = ready(slot, life, event) { tick(node) }
        case .deliver(let delivery):
            if let node = ready(delivery.to, nil, event) { receive(delivery, node) }
        case .receiveSnapshot(let transfer):
            guard nodes[transfer.to].life != nil else {
                reportSnapshot(transfer, isDelivered: false)
                return
            }
            if let node = ready(transfer.to, nil, event) { receive(transfer, node) }
        case .reportSnapshot(let slot, let life, let peer, let isDelivered):
            guard let node = ready(slot, life, event) else { return }
            withReplica(of: node) { replica throws(ConsensusError) in
                try replica.reportSnapshot(peer, isDelivered: isDelivered)
            }
        case .apply(let slot, let life):
            if let node = ready(slot, life, event) { applyQueue(of: node) }
        case .client(let number): runClient(number)
        case .nemesis: strike()
        case .start(let slot): start(slot)
        case .freeDisk(let slot):
            nodes[slot].disk.isFull = false
        case .mend:
            network.mend()
            trace.add(.mend, at: now, slot: 0)
        }
    }

    /// The node if it runs, in this life if one is meant; what is for one that is busy comes later.
    private func ready(_ slot: Int, _ life: Int?, _ event: Event) -> SimulatedNode? {
        let node = nodes[slot]
        guard node.life != nil, life ?? node.lifeNumber == node.lifeNumber else { return nil }
        guard node.busyUntil <= now else {
            events.add(event, at: node.busyUntil)
            return nil
        }
        return node
    }

    /// Uses the replica of a node and does what follows from it.
    func withReplica(
        of node: SimulatedNode,
        _ use: (Replica<SimulatedLog>) throws(ConsensusError) -> Void
    ) {
        guard let life = node.life else { return }
        do {
            try use(life.replica)
        } catch {
            processEnded(node, error)
            return
        }
        pump(node)
    }
}
