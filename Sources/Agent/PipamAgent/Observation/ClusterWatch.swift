import ClusterState
import Inventory
import Logging
import Proxmox
import Zones

/// Looks at the cluster again and again, and proposes what changed.
struct ClusterWatch: Sendable {
    private let source: ProxmoxSource
    private let keeper: StateKeeper
    private let notes: GuestNotesReader
    private let quickInterval: Duration
    private let fullInterval: Duration
    /// The hosts to publish when Proxmox shows none.
    private let fallbackHosts: [Host]
    private let desk: CollectionDesk
    private let duty: @Sendable () async -> WatchDuty
    private let board: StatusBoard
    private let logger: Logger

    /// Joins its parts; nothing happens before `run`.
    ///
    /// - `duty`: what this node looks at, asked before each look.
    init(
        source: ProxmoxSource, keeper: StateKeeper, configuration: Configuration,
        fallbackHosts: [Host], desk: CollectionDesk,
        duty: @escaping @Sendable () async -> WatchDuty,
        board: StatusBoard, logger: Logger
    ) {
        self.source = source
        self.keeper = keeper
        notes = GuestNotesReader()
        quickInterval = configuration.quickInterval
        fullInterval = configuration.collectInterval
        self.fallbackHosts = fallbackHosts
        self.desk = desk
        self.duty = duty
        self.board = board
        self.logger = logger
    }

    /// Collects until the task is cancelled.
    func run() async {
        await reportSelfTest()
        let clock = ContinuousClock()
        var reported = ProblemReporter(logger: logger)
        var findings = FindingReporter(logger: logger)
        var memory = MemoryKeeper()
        let state = await keeper.state
        findings.report(on: state, lookingAt: Set(state.guests.keys))
        var nextFull = clock.now
        while !Task.isCancelled {
            let started = clock.now
            let asking = desk.take()
            let isFull = started >= nextFull || !asking.isEmpty
            let failure = await collect(
                isFull ? .full : .changes, &reported, &findings, &memory)
            if isFull, failure == nil { nextFull = started + fullInterval }
            asking.forEach { $0.resume(returning: failure) }
            await desk.wait(until: started + quickInterval)
        }
        desk.take().forEach { $0.resume(returning: "the agent is being stopped or set anew") }
    }

    private func reportSelfTest() async {
        do throws(ProxmoxError) {
            let gaps = try await source.selfTest().problems
            board.update { $0.source.gaps = gaps }
            for problem in gaps {
                logger.warning("\(problem.message)", metadata: ["remedy": "\(problem.remedy)"])
            }
        } catch .cancelled {
            return
        } catch {
            logger.warning("self-test of the token: \(error), retrying with the collection")
        }
    }

    /// Returns why nothing came of it; `nil` when something did.
    private func collect(
        _ depth: CollectionDepth, _ reported: inout ProblemReporter,
        _ findings: inout FindingReporter, _ memory: inout MemoryKeeper
    ) async -> String? {
        let known = await keeper.read { $0.guests.mapValues { GuestPlace($0.guest) } }
        let duty = await duty()
        do {
            let collection = try await source.collect(depth, in: duty.scope, known: known)
            reported.report(collection.problems, depth: depth)
            note(collection, depth)
            let touched = try await propose(collection, duty)
            board.update { $0.keepingProblem = nil }
            if !touched.isEmpty { await findings.report(on: keeper.state, lookingAt: touched) }
            memory.collected(inFull: depth == .full, broughtNews: !touched.isEmpty)
            return nil
        } catch let error as ProxmoxError {
            guard error != .cancelled else { return "cancelled" }
            reported.report(error)
            board.update {
                $0.source.failure = error
                $0.source.failures += 1
            }
            return "\(error); \(error.remedy)"
        } catch {
            // What was seen is seen again next time. Without a majority this goes on for as long as
            // that is missing, which is told once.
            if board.current.keepingProblem != "\(error)" {
                logger.error("telling the cluster what was collected: \(error), retrying")
            }
            board.update { $0.keepingProblem = "\(error)" }
            return "\(error)"
        }
    }

    private func note(_ collection: Collection, _ depth: CollectionDepth) {
        let problems = collection.problems
        board.update { values in
            values.source.failure = nil
            values.source.lastSuccessSeconds = WallClock.nowSeconds()
            values.source.collections += 1
            // Only a full collection shows that a problem is over.
            values.source.problems =
                depth == .full
                ? problems : Set(values.source.problems).union(problems).sorted()
        }
    }

    /// Proposes what is new, and returns the guests it is about.
    private func propose(_ collection: Collection, _ duty: WatchDuty) async throws -> Set<GuestID> {
        let reports = collection.reports.map(notes.applied(to:))
        let fallbackHosts = fallbackHosts
        // No copy of the state is kept: the next command would have to part from it.
        let news = await keeper.read { state in
            News(
                collection, reports: reports, fallbackHosts: fallbackHosts, duty: duty,
                state: state)
        }
        for portion in news.portions {
            try await keeper.propose(
                portion, atSeconds: WallClock.nowSeconds(), covering: duty.covered,
                isOrdered: true)
        }
        board.update { $0.source.lastChanged = news.changed.count }
        if !news.changed.isEmpty {
            logger.info("guests changed", metadata: ["changed": "\(news.changed.count)"])
        }
        for (id, name) in news.gone {
            logger.notice(
                "guest destroyed; its records go after the grace time",
                metadata: ["guest": "\(id)", "name": "\(name ?? "-")"])
        }
        return Set(news.changed + news.gone.map(\.id))
    }
}

extension GuestNotesReader {
    /// The report with what the guest's notes ask for.
    func applied(to report: GuestReport) -> GuestReport {
        let reading = read(report.guest.comment)
        var report = report
        report.guest.settings = reading.settings
        report.guest.settingsProblem = reading.problem
        return report
    }
}
