import HTTPClient
import Inventory

/// Decides what to ask of a cluster and what the answers mean. No clock, no network: time, random
/// numbers and answers come in, calls and a `Collection` go out.
///
///     begin(list) -> next() ... receive(answer) -> next() ... -> finish()
///
/// Calls may be under way when a collection finishes; their answers count for the next one.
struct Collector {
    private let settings: ProxmoxSettings
    private let cluster: ClusterID
    private(set) var queue: CallQueue
    private var guests: [UInt32: TrackedGuest] = [:]
    private var topology: Topology
    private var health = NodeHealth()
    private var status: ClusterStatus?
    /// What the token could see when it was first looked at.
    private var baseline: Permissions?
    private var cycle = Cycle()
    /// The list that was last followed, and the part of it.
    private var followed: (digest: UInt64, scope: CollectionScope)?

    /// What belongs to one collection.
    private struct Cycle {
        var depth = CollectionDepth.changes
        var scope = CollectionScope.cluster
        var known: [GuestID] = []
        /// Guests to report.
        var touched: Set<UInt32> = []
        /// Guests that this collection set out to look at.
        var total = 0
        var departures = Departures()
        var permissions: Permissions?
        var hasStatus = false
        var problems: Set<Problem> = []
        /// Nothing more can be asked, for this reason.
        var failure: ProxmoxError?
    }

    init(settings: ProxmoxSettings, cluster: ClusterID) {
        self.settings = settings
        self.cluster = cluster
        queue = CallQueue(
            maximumCalls: settings.maximumCalls, maximumAgentCalls: settings.maximumAgentCalls)
        topology = Topology(routingDomains: settings.routingDomains)
    }

    /// What the token may see from now on counts as what it should.
    mutating func setBaseline(_ permissions: Permissions) {
        baseline = permissions
    }

    /// Nothing is left to wait for but guests' own software.
    var isWaitingForAgentsOnly: Bool { queue.plainCount == 0 || cycle.failure != nil }
    /// Nothing is left to wait for.
    var isDone: Bool { queue.isEmpty || cycle.failure != nil }
    /// It was cut short: the API could not be asked any more.
    var hasFailed: Bool { cycle.failure != nil }
    /// Guests looked at and guests to look at.
    var progress: (done: Int, total: Int) {
        (max(0, cycle.total - queue.guestCount), cycle.total)
    }

    /// The next call that may start; it counts as under way until `receive`.
    mutating func next() -> Call? { queue.next() }

    // MARK: Begin

    /// Starts a collection from the cluster's list. `known` are the guests that are believed to
    /// exist; `digest` that of the list, by which the next one may turn out to be the same.
    mutating func begin(
        _ depth: CollectionDepth, in scope: CollectionScope = .cluster, list: ResourceList,
        digest: ListDigest? = nil, known: [GuestID: GuestPlace], now: ContinuousClock.Instant
    ) {
        let known = known.filter { scope.contains($0.value.node) }
        beginCycle(depth, scope, known)
        followed = list.isComplete ? digest.map { ($0.value, scope) } : nil
        if !list.isComplete {
            cycle.problems.insert(
                Problem(
                    scope: .api, message: "the cluster's list has items that are no guests",
                    remedy: ""))
        }
        follow(list, now: now)
        if depth == .full {
            cycle.departures = Departures(known: known, listed: list)
            beginFull(now: now)
        }
        askAll(now: now)
    }

    /// Starts a collection of changes from a list that is the same as the last one, as far as its
    /// digest tells. `false` if it is another one, which has to be read.
    mutating func resume(
        _ digest: ListDigest, in scope: CollectionScope, known: [GuestID: GuestPlace],
        now: ContinuousClock.Instant
    ) -> Bool {
        guard let followed, followed == (digest.value, scope) else { return false }
        for uptime in digest.uptimes {
            guard guests[uptime.vmid]?.goesOn(uptime: uptime.seconds) ?? true else { return false }
        }
        beginCycle(.changes, scope, known.filter { scope.contains($0.value.node) })
        // As with a list that is read, those whose configuration is not there yet.
        for (vmid, guest) in guests where guest.wantsConfiguration { cycle.touched.insert(vmid) }
        askAll(now: now)
        return true
    }

    private mutating func beginCycle(
        _ depth: CollectionDepth, _ scope: CollectionScope, _ known: [GuestID: GuestPlace]
    ) {
        let leftOver = cycle.touched
        cycle = Cycle()
        cycle.depth = depth
        cycle.scope = scope
        cycle.known = known.keys.sorted()
        cycle.touched = leftOver
    }

    private mutating func askAll(now: ContinuousClock.Instant) {
        let due = guests.filter { $0.value.wantsConfiguration || $0.value.dueLook(now: now) != nil }
        for vmid in due.keys.sorted() { ask(vmid, now: now) }
        cycle.total = queue.guestCount
    }

    private mutating func follow(_ list: ResourceList, now: ContinuousClock.Instant) {
        let entries = list.entries.filter { cycle.scope.contains($0.value.place.node) }
        guests = guests.filter { entries[$0.key] != nil }
        for (vmid, entry) in entries {
            let uptime = list.uptimes[vmid] ?? 0
            if guests[vmid]?.update(entry, uptime: uptime, now: now) == nil {
                guests[vmid] = TrackedGuest(entry, uptime: uptime, now: now)
            } else if guests[vmid]?.wantsConfiguration == true {
                cycle.touched.insert(vmid)
            }
        }
    }

    private mutating func beginFull(now: ContinuousClock.Instant) {
        queue.add(.clusterStatus)
        queue.add(.vnets)
        queue.add(.zones)
        if baseline == nil || !cycle.departures.absent.isEmpty { queue.add(.permissions) }
        // The oldest share, so that a full round takes `configurationInterval` at most.
        let ratio = settings.collectInterval / settings.configurationInterval
        let due = Int((Double(guests.count) * min(1, max(0, ratio))).rounded(.up))
        let share = max(due, settings.minimumConfigurations)
        let read = guests.values.filter { !$0.wantsConfiguration && $0.configurationReadAt != nil }
        let oldest = read.sorted { left, right in
            (left.configurationReadAt ?? now, left.entry.place.vmid)
                < (right.configurationReadAt ?? now, right.entry.place.vmid)
        }
        for guest in oldest.prefix(share) where !health.isPaused(guest.entry.place.node, now: now) {
            queue.add(.configuration(guest.entry.place))
        }
    }

    /// Asks what a guest's state calls for.
    private mutating func ask(_ vmid: UInt32, now: ContinuousClock.Instant) {
        guard let guest = guests[vmid], !health.isPaused(guest.entry.place.node, now: now) else {
            return
        }
        if guest.wantsConfiguration {
            queue.add(.configuration(guest.entry.place))
        } else if let look = guest.dueLook(now: now), !isAsked(guest.entry.place) {
            queue.add(look)
        }
    }

    private func isAsked(_ place: GuestPlace) -> Bool {
        queue.contains(.agentHostName(place)) || queue.contains(.configuration(place))
    }

    // MARK: Answers

    /// Takes over an answer. `random` is 0..<1.
    mutating func receive(
        _ result: Result<JSONValue, ProxmoxError>, to call: Call, now: ContinuousClock.Instant,
        random: Double
    ) {
        queue.finish(call)
        switch result {
        case .success(let data):
            if let node = call.node, health.succeed(node) { touchGuests(on: node) }
            take(data, of: call, now: now, random: random)
        case .failure(let error):
            take(error, of: call, now: now, random: random)
        }
    }

    private mutating func take(
        _ data: JSONValue, of call: Call, now: ContinuousClock.Instant, random: Double
    ) {
        switch call {
        case .configuration(let place): takeConfiguration(data, place, call, now: now)
        case .agentInterfaces(let place):
            let observation = Observation(agentAnswer: data)
            takeLook(observation, place, now: now, random: random)
            if case .interfaces = observation { queue.addNext(.agentHostName(place)) }
        case .agentHostName(let place):
            let name = ReportedHostName.read(data)
            guard guests[place.vmid]?.entry.place == place, let name else { return }
            guests[place.vmid]?.hostName = name
            cycle.touched.insert(place.vmid)
        case .containerInterfaces(let place):
            takeLook(Observation(containerAnswer: data), place, now: now, random: random)
        case .presence(let place): keep(place)
        case .clusterStatus: takeStatus(data, call)
        case .permissions: takePermissions(data, call)
        case .network(let node): takeNetwork(data, of: node, call)
        case .vnets: takeSDN(call) { $0.takeVNets(data) }
        case .zones: takeSDN(call) { $0.takeZones(data) }
        case .version, .resources: preconditionFailure("asked elsewhere: \(call)")
        }
    }

    private mutating func takeConfiguration(
        _ data: JSONValue, _ place: GuestPlace, _ call: Call, now: ContinuousClock.Instant
    ) {
        // It may have moved or gone while it was asked.
        guard guests[place.vmid]?.entry.place == place,
            let configuration = understood(
                GuestConfiguration(data, kind: place.kind), call, .guest(place.vmid))
        else { return }
        guests[place.vmid]?.take(configuration, now: now)
        cycle.touched.insert(place.vmid)
        cycle.departures.supersede(
            vmid: place.vmid, by: configuration.incarnation, known: cycle.known)
        ask(place.vmid, now: now)
    }

    private mutating func takeLook(
        _ observation: Observation, _ place: GuestPlace, now: ContinuousClock.Instant,
        random: Double
    ) {
        guard let guest = guests[place.vmid], guest.entry.place == place,
            guest.entry.runState == .running
        else { return }
        guests[place.vmid]?.take(observation, now: now, settings: settings, random: random)
        cycle.touched.insert(place.vmid)
    }

    private mutating func takeStatus(_ data: JSONValue, _ call: Call) {
        guard let new = understood(ClusterStatus(data), call) else { return }
        status = new
        cycle.hasStatus = true
        if !new.isQuorate {
            cycle.problems.insert(
                Problem(
                    scope: .api, message: "the cluster has no quorum: no guest is taken for gone",
                    remedy: "bring back nodes until a majority is there"))
        }
        for (name, node) in new.nodes {
            guard cycle.scope.includesHosts || cycle.scope.contains(name) else { continue }
            if node.isOnline {
                // Which also tells whether the node answers.
                queue.add(.network(node: name))
            } else {
                cycle.problems.insert(
                    Problem(
                        scope: .node(name), message: "offline: its guests' state is unknown",
                        remedy: "bring the node back"))
            }
        }
        beginProofs()
    }

    private mutating func takeNetwork(_ data: JSONValue, of node: String, _ call: Call) {
        guard let network = understood(NodeNetwork(data), call, .node(node)),
            topology.networks[node] != network
        else { return }
        topology.networks[node] = network
        // Their VLANs may follow.
        touchGuests(on: node)
    }

    private mutating func takeSDN(_ call: Call, _ take: (inout SDN) -> Bool) {
        let earlier = topology.sdn
        guard take(&topology.sdn) else { return misunderstood(call) }
        if topology.sdn != earlier { cycle.touched.formUnion(guests.keys) }
    }

    private mutating func takePermissions(_ data: JSONValue, _ call: Call) {
        guard let new = understood(Permissions(data), call) else { return }
        cycle.permissions = new
        if baseline == nil { baseline = new }
        beginProofs()
    }

    private mutating func beginProofs() {
        guard cycle.hasStatus, let status, let permissions = cycle.permissions, let baseline
        else { return }
        let (calls, problems) = cycle.departures.proofs(
            status: status, permissions: permissions, baseline: baseline)
        calls.forEach { queue.add($0) }
        cycle.problems.formUnion(problems)
    }

    /// A guest has a configuration and is not listed.
    private mutating func keep(_ place: GuestPlace) {
        cycle.problems.insert(
            Problem(
                scope: .guest(place.vmid),
                message: "not listed, but node \(place.node) has its configuration: it is kept",
                remedy: "check that VM.Audit reaches it"))
    }

    // MARK: Errors

    private mutating func take(
        _ error: ProxmoxError, of call: Call, now: ContinuousClock.Instant, random: Double
    ) {
        switch error {
        case .tokenRefused, .unreachable, .untrusted, .unusableSettings, .cancelled:
            stop(error)
        case .nodeUnreachable(let node, let message):
            silence(node, message, now: now, random: random)
        case .missing(_, _):
            // Without configuration there: proof for a guest that is not listed, a move or an end
            // under our eyes for one that is.
            if case .presence(let place) = call { cycle.departures.prove(place) }
        case .timedOut:
            // pveproxy waits longer for a dead node than we do.
            if let node = call.node, !call.waitsForGuest {
                silence(node, "\(error)", now: now, random: random)
            } else {
                takeRefusal(error, of: call, now: now, random: random)
            }
        case .forbidden, .refused, .malformed, .busy:
            takeRefusal(error, of: call, now: now, random: random)
        }
    }

    private mutating func silence(
        _ node: String, _ message: String, now: ContinuousClock.Instant, random: Double
    ) {
        if health.fail(node, message: message, now: now, random: random) {
            touchGuests(on: node)
        }
        _ = queue.drop { $0.node == node }
    }

    private mutating func takeRefusal(
        _ error: ProxmoxError, of call: Call, now: ContinuousClock.Instant, random: Double
    ) {
        switch call {
        case .agentInterfaces(let place), .containerInterfaces(let place):
            takeLook(.unknown(reason: Self.reason(error)), place, now: now, random: random)
        case .agentHostName:
            // The interfaces are there; a name heard earlier stays.
            break
        case .configuration(let place), .presence(let place):
            cycle.problems.insert(Problem(.guest(place.vmid), error))
        case .network(let node):
            cycle.problems.insert(Problem(.node(node), error))
        case .version, .permissions, .resources, .clusterStatus, .vnets, .zones:
            cycle.problems.insert(Problem(.api, error))
        }
    }

    /// What Proxmox says of a guest that could not be asked, without path and status.
    private static func reason(_ error: ProxmoxError) -> String {
        switch error {
        case .refused(_, _, let message), .forbidden(_, let message): message
        case .unusableSettings, .unreachable, .untrusted, .tokenRefused, .nodeUnreachable,
            .missing, .timedOut, .malformed, .busy, .cancelled:
            "\(error)"
        }
    }

    /// Everything else would fail the same way.
    private mutating func stop(_ error: ProxmoxError) {
        guard cycle.failure == nil else { return }
        cycle.failure = error
        _ = queue.drop { _ in true }
        cycle.problems.insert(Problem(.api, error))
    }

    private mutating func touchGuests(on node: String) {
        let here = guests.filter { $0.value.entry.place.node == node }
        cycle.touched.formUnion(here.keys)
    }

    private mutating func understood<Value>(
        _ value: Value?, _ call: Call, _ scope: Problem.Scope = .api
    ) -> Value? {
        if value == nil { misunderstood(call, scope) }
        return value
    }

    private mutating func misunderstood(_ call: Call, _ scope: Problem.Scope = .api) {
        let error = ProxmoxError.malformed(call: call.path, reason: "not of the documented form")
        cycle.problems.insert(Problem(scope, error))
    }

    // MARK: Finish

    /// Everything that came in since the last call. `isLate`: the time for it was over.
    mutating func finish(isLate: Bool) -> Collection {
        let builder = ReportBuilder(cluster: cluster, topology: topology, health: health)
        var collection = Collection()
        if cycle.scope.includesHosts {
            collection.hosts = status.map { topology.hosts($0) } ?? []
        }
        collection.reports = cycle.touched.compactMap { guests[$0] }
            .compactMap { builder.report($0) }.sorted { $0.guest.id < $1.guest.id }
        collection.sdnPublishing = topology.sdn.publishing
        collection.gone = cycle.departures.gone.sorted()
        for (node, message) in health.problems {
            let error = ProxmoxError.nodeUnreachable(node: node, message: message)
            cycle.problems.insert(Problem(.node(node), error))
        }
        if isLate { cycle.problems.insert(lateProblem) }
        collection.problems = cycle.problems.sorted()
        collection.pendingGuests = queue.guestCount
        cycle.touched = []
        cycle.problems = []
        cycle.departures = Departures()
        return collection
    }

    private var lateProblem: Problem {
        Problem(
            scope: .api,
            message: "\(queue.guestCount) guests were not looked at within "
                + "\(settings.cycleTimeout): they follow",
            remedy: "")
    }
}
