import Control
import ClusterState
import Nameserver
import Planning
import Inventory
import Zones
import Proxmox

extension AgentControl {
    func status() async throws(ControlError) -> StatusAnswer {
        let now = WallClock.nowSeconds()
        let board = board.current
        let view = await keeper.read { StateView($0, board.providers) }
        async let providers = providers(board, view)
        let problems = ProblemList(
            board, view, cluster: await clusterProblems(), isWitness: isWitness,
            secondaries: transfers()?.secondaries ?? [],
            zones: await zoneProblems(nowSeconds: now), nowSeconds: now)
        return StatusAnswer(
            version: PipamVersion.text, host: host, cluster: view.cluster,
            stateIndex: view.index, time: now, uptimeSeconds: now - min(now, board.startedSeconds),
            isPublishingPaused: view.isPaused, sources: isWitness ? [] : [Self.source(board)],
            nameServer: board.nameserver.map { Self.nameServer($0, zones: view.zones) },
            providers: await providers, problems: problems.all)
    }

    /// Whoever leads keeps the providers in step: it is asked how they stand. Where it does not
    /// answer, nothing is said of them.
    private func providers(
        _ board: StatusBoard.Values, _ view: StateView
    ) async -> [StatusAnswer.Provider] {
        if let cluster, cluster.current != nil, await !keeper.lead.isOurs {
            let told = try? await onLeader(.status, within: .seconds(2)) {
                () throws(ControlError) in
                throw .unavailable("nobody leads", remedy: "")
            }
            return told?.providers ?? []
        }
        return board.providers.values.sorted { $0.name < $1.name }.map { Self.provider($0, view) }
    }

    /// It votes and keeps the log, and has nothing to look at.
    var isWitness: Bool { cluster?.configuration.cluster.role == .witness }

    /// What a person has to see to about the cluster.
    private func clusterProblems() async -> [ProblemText] {
        var problems = [await clusterProblem()].compactMap(\.self)
        // A copy first: looking into the lent one ends the optimising compiler (Swift 6.3.1).
        let pending = await keeper.read { $0.pendingSettings }
        let held = pending?.count
        let joins = await keeper.read { $0.pendingJoins.values.map(\.request.name).sorted() }
        if let held {
            problems.append(
                ProblemText(
                    "new settings wait, since \(Wording.count(held, "published name")) would go; "
                        + "pipamctl plan show, then plan apply or config withdraw"))
        }
        for name in joins {
            problems.append(
                ProblemText(
                    "a host called \(name) wants to join, and a member has that name; if it was "
                        + "installed anew, pipamctl cluster replace \(name)"))
        }
        return problems
    }

    /// What keeps the cluster from agreeing on anything, or its zones from being seen; `nil` if
    /// nothing does.
    func clusterProblem() async -> ProblemText? {
        if let problem = await keeper.publishingProblem {
            return ProblemText("zones cannot be seen: \(problem); restart the agent")
        }
        guard let cluster else { return nil }
        guard cluster.current != nil else {
            return ProblemText(
                "this host belongs to no cluster yet; run pipam enroll as root, or pipamctl "
                    + "cluster join with a token")
        }
        if cluster.wasRemoved {
            return ProblemText(
                "this host was taken out of the cluster; empty its data_dir to have it join anew")
        }
        guard await keeper.lead.leader == nil else { return nil }
        return ProblemText(
            "no majority answers: nothing can be changed, DNS goes on; pipamctl cluster members "
                + "--stale shows who belongs to it")
    }

    private static func source(_ board: StatusBoard.Values) -> StatusAnswer.Source {
        let source = board.source
        let gap = source.gaps.first ?? source.problems.first
        let state: StatusAnswer.SourceState
        if source.failure != nil || gap != nil {
            state = .failing
        } else {
            state = source.lastSuccessSeconds == nil ? .starting : .working
        }
        return StatusAnswer.Source(
            name: "proxmox", state: state, lastSuccessAt: source.lastSuccessSeconds,
            problem: source.failure.map { "\($0)" } ?? gap?.message,
            remedy: source.failure?.remedy ?? gap?.remedy)
    }

    private static func nameServer(
        _ listener: StatusBoard.Listener, zones: Int
    ) -> StatusAnswer.NameServer {
        let problem = listener.problem.map(ProblemText.init)
        return StatusAnswer.NameServer(
            endpoints: listener.endpoints, zones: zones, problem: problem?.message,
            remedy: problem?.remedy)
    }

    private static func provider(
        _ standing: ProviderStanding, _ view: StateView
    ) -> StatusAnswer.Provider {
        let open = standing.open
        return StatusAnswer.Provider(
            name: standing.name, server: standing.server, state: standing.state(view),
            owedEntries: (view.pending[standing.name] ?? 0) + standing.count(.drifted),
            conflicts: standing.count(.conflict), lastSuccessAt: standing.lastSuccessSeconds,
            nextAttemptAt: standing.failure == nil ? nil : standing.nextAttemptSeconds,
            problem: standing.failure?.reason, remedy: standing.failure?.remedy,
            zones: standing.zones.sorted { $0.key < $1.key }.map { name, zone in
                StatusAnswer.ProviderZone(
                    name: name, isApproved: zone.isApproved, entries: zone.entries,
                    heldSteps: open.values.count { $0.zone == name && $0.cause == .held },
                    problem: zone.obstacle, warnings: zone.warnings)
            })
    }
}

/// What status and health need of the state.
struct StateView: Sendable {
    let index: UInt64
    let cluster: String?
    let clockSeconds: UInt64
    let isPaused: Bool
    let zones: Int
    let guests: Int
    /// Entries owed, by provider.
    let owed: [String: Int]
    /// Those of them that nothing stands in the way of, as far as is known.
    let pending: [String: Int]
    /// The providers' zones that were written to or approved and have nothing to do with our zones
    /// any more, by provider.
    let former: [String: Set<String>]
    /// Our own zones in which the brake holds something, with the reason and how many sets.
    let braked: [(zone: String, reason: String, count: Int)]

    init(_ state: borrowing ReplicatedState, _ standings: [String: ProviderStanding]) {
        index = state.index
        cluster = state.cluster?.description
        clockSeconds = state.clockSeconds
        isPaused = state.isPublishingPaused
        zones = state.zones.zones.count
        guests = state.guests.count
        let providers = state.providers
        owed = standings.keys.reduce(into: [:]) { $0[$1] = providers[$1]?.owed.count ?? 0 }
        var former: [String: Set<String>] = [:]
        for name in standings.keys {
            for zone in (providers[name]?.zones ?? [:]).keys where !state.concernsOurZones(zone) {
                former[name, default: []].insert(zone)
            }
        }
        self.former = former
        pending = standings.mapValues { standing in
            providers[standing.name]?.owed.keys.count { standing.open[$0] == nil } ?? 0
        }
        braked = state.zones.held.map {
            ($0.apex.description, $0.reason.description, $0.sets.count)
        }
    }
}

extension ProviderStanding {
    /// The gravest thing that can be said of it.
    func state(_ view: StateView) -> StatusAnswer.ProviderState {
        if view.isPaused { return .paused }
        let causes = Set(open.values.map(\.cause))
        if failure != nil || zones.values.contains(where: { $0.obstacle != nil }) {
            return .failing
        }
        if causes.contains(.held) { return .braked }
        if causes.contains(.unapproved) || zones.values.contains(where: { !$0.isApproved }) {
            return .awaitingApproval
        }
        return (view.pending[name] ?? 0) > 0 || causes.contains(.drifted) ? .behind : .inStep
    }
}
