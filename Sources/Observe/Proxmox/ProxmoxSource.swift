import HTTPClient
package import Inventory

/// The guests of a cluster, seen through Proxmox's API.
///
/// Decisions are `Collector`'s; this actor performs the calls it names. Calls run in tasks of their
/// own, so that a guest agent that hangs holds up no collection: its answer is part of a later one.
package actor ProxmoxSource {
    private let settings: ProxmoxSettings
    private let api: ProxmoxAPI
    private var collector: Collector
    private var generator = SystemRandomNumberGenerator()
    private var running: [Call: Task<Void, Never>] = [:]
    /// Rings whenever an answer came in; `nil` while nobody waits.
    private var bell: AsyncStream<Void>.Continuation?
    private var isCollecting = false
    /// The first full collection waits for all guests.
    private var hasCollectedInFull = false

    /// Throws `unusableSettings` if URLs, authorities or fingerprints cannot be read. Sends
    /// nothing.
    package init(settings: ProxmoxSettings, cluster: ClusterID) throws(ProxmoxError) {
        self.settings = settings
        api = try ProxmoxAPI(settings)
        collector = Collector(settings: settings, cluster: cluster)
    }

    deinit {
        for task in running.values { task.cancel() }
    }

    /// Compares what the token may do with what is needed. From now on, a privilege that is lost
    /// means that no guest is taken for gone. Throws if the API cannot be asked at all.
    package func selfTest() async throws(ProxmoxError) -> SelfTest {
        let data = try await api.get(.permissions).get()
        guard let permissions = Permissions(data) else {
            throw .malformed(call: Call.permissions.path, reason: "not of the documented form")
        }
        let version = try await api.get(.version).get()["version"]?.text ?? ""
        collector.setBaseline(permissions)
        let status = try await visibleStatus()
        return SelfTest(
            version: version.bounded(to: Bounds.text), clusterName: status?.name,
            nodes: status?.nodes.keys.sorted() ?? [],
            gaps: RequiredPrivileges.gaps(permissions, version: version))
    }

    /// `nil` where the token may not see it, which the gaps tell.
    private func visibleStatus() async throws(ProxmoxError) -> ClusterStatus? {
        switch await api.get(.clusterStatus) {
        case .success(let data): return ClusterStatus(data)
        case .failure(.forbidden): return nil
        case .failure(let error): throw error
        }
    }

    /// Looks at the cluster. `known` are the guests believed to exist and where they were last:
    /// those that are proven to be gone are named. Guests outside the scope are neither. `progress`
    /// hears of guests looked at and guests to look at.
    ///
    /// Throws if the cluster's list of guests cannot be had, or if a collection is under way: then
    /// nothing is known, and nothing has changed. What fails later is among the problems, and what
    /// was not reached in time follows in a later collection.
    package func collect(
        _ depth: CollectionDepth, in scope: CollectionScope = .cluster,
        known: [GuestID: GuestPlace] = [:],
        progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
    ) async throws(ProxmoxError) -> Collection {
        guard !isCollecting else { throw .busy }
        isCollecting = true
        defer { isCollecting = false }
        let deadline = ContinuousClock.now + settings.cycleTimeout
        let answer = try await api.response(to: .resources).get()
        let digest = answer.isSuccess ? ListDigest(answer.body) : nil
        let waitsForAll = depth == .full && !hasCollectedInFull
        if let digest, depth == .changes,
            collector.resume(digest, in: scope, known: known, now: .now)
        {
            // Nothing to read.
        } else {
            let list = try readList(answer)
            collector.begin(
                depth, in: scope, list: list, digest: digest, known: known, now: .now)
        }
        startCalls()
        await settle(by: deadline, waitsForAll: waitsForAll, progress: progress)
        if Task.isCancelled { throw .cancelled }
        if depth == .full, !collector.hasFailed { hasCollectedInFull = true }
        var collection = collector.finish(isLate: !collector.isWaitingForAgentsOnly)
        if let problem = Problem(clockOffsetSeconds: api.clockOffsetSeconds) {
            collection.problems = (collection.problems + [problem]).sorted()
        }
        return collection
    }

    private func readList(_ answer: HTTPResponse) throws(ProxmoxError) -> ResourceList {
        if answer.isSuccess, let list = ResourceList(document: answer.body) { return list }
        let data = try api.read(answer, to: .resources).get()
        guard let list = ResourceList(data) else {
            throw .malformed(call: Call.resources.path, reason: "no list of guests")
        }
        return list
    }

    // MARK: Calls

    private func startCalls() {
        while let call = collector.next() {
            running[call] = Task { [api, weak self] in
                let result = await api.get(call)
                await self?.finish(call, result)
            }
        }
    }

    private func finish(_ call: Call, _ result: Result<JSONValue, ProxmoxError>) {
        running[call] = nil
        let random = Double.random(in: 0..<1, using: &generator)
        collector.receive(result, to: call, now: .now, random: random)
        startCalls()
        bell?.yield()
    }

    // MARK: Waiting

    /// Returns when everything is in, when only agents are missing and the patience for them is
    /// over, at the deadline, or when the task is cancelled.
    private func settle(
        by deadline: ContinuousClock.Instant, waitsForAll: Bool,
        progress: (@Sendable (Int, Int) -> Void)?
    ) async {
        let (rings, bell) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.bell = bell
        defer { self.bell = nil }
        bell.yield()
        await withTaskGroup { group in
            group.addTask { await Self.ring(bell, at: deadline) }
            var patienceEnds: ContinuousClock.Instant?
            for await _ in rings {
                let (done, total) = collector.progress
                progress?(done, total)
                let now = ContinuousClock.now
                if collector.isDone || now >= deadline { break }
                guard collector.isWaitingForAgentsOnly, !waitsForAll else { continue }
                let end = patienceEnds ?? now + settings.agentPatience
                if now >= end { break }
                guard patienceEnds == nil else { continue }
                patienceEnds = end
                group.addTask { await Self.ring(bell, at: end) }
            }
            group.cancelAll()
        }
    }

    private static func ring(
        _ bell: AsyncStream<Void>.Continuation, at instant: ContinuousClock.Instant
    ) async {
        // Cancelled when nobody waits any more.
        do { try await Task.sleep(until: instant) } catch { return }
        bell.yield()
    }
}
