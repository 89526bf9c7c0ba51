import Logging
import Synchronization

/// Where the replica's thread puts what comes of its rounds. It never waits for anybody.
final class HostOutlet: Sendable {
    let transport: any PeerTransport
    let mailbox: Mailbox
    let backlog = Backlog()
    let logger: Logger
    private let works: AsyncStream<Applier.Work>.Continuation
    private let snapshotsToSend: AsyncStream<OutgoingMessage>.Continuation
    private let state = Mutex(State())

    /// Snapshots that wait to be sent; the engine asks again for those beyond.
    static let maximumSnapshotsWaiting = 4

    private struct State {
        var store: SnapshotStore?
        var status: ReplicaStatus?
        var watchers: [UInt64: AsyncStream<ReplicaStatus>.Continuation] = [:]
        var lastWatcher: UInt64 = 0
        var isOver = false
    }

    init(
        transport: any PeerTransport, mailbox: Mailbox, logger: Logger,
        works: AsyncStream<Applier.Work>.Continuation,
        snapshotsToSend: AsyncStream<OutgoingMessage>.Continuation
    ) {
        self.transport = transport
        self.mailbox = mailbox
        self.logger = logger
        self.works = works
        self.snapshotsToSend = snapshotsToSend
    }

    /// The log is open.
    func begin(_ store: SnapshotStore, restored: SnapshotDescriptor?) {
        state.withLock { $0.store = store }
        if let restored { works.yield(.restore(restored)) }
    }

    func send(_ messages: [OutgoingMessage]) {
        transport.send(
            messages.filter { message in
                guard case .snapshot = message.kind else { return true }
                if case .enqueued = snapshotsToSend.yield(message) { return false }
                _ = mailbox.put(
                    .sentSnapshot(message.receiver, isDelivered: false), isUrgent: true)
                return false
            })
    }

    func take(_ progress: Progress) {
        if let snapshot = progress.snapshot { works.yield(.restore(snapshot)) }
        guard !progress.committed.isEmpty else { return }
        backlog.add(progress.committed.reduce(0) { $0 + $1.sizeOctets })
        works.yield(.apply(progress.committed))
    }

    /// A snapshot was written, or could not be.
    func reconsider() { works.yield(.reconsider) }

    /// Has a snapshot written soon.
    func requestSnapshot() { works.yield(.snapshot) }

    var status: ReplicaStatus? { state.withLock { $0.status } }

    var store: SnapshotStore? { state.withLock { $0.store } }

    /// Makes a status known; tells watchers if role, leader, term or members changed.
    func publish(_ status: ReplicaStatus) {
        let watchers = state.withLock { state in
            let isNews = state.status.map { !$0.isAlike(status) } ?? true
            state.status = status
            return isNews ? Array(state.watchers.values) : []
        }
        for watcher in watchers { watcher.yield(status) }
    }

    func watch() -> AsyncStream<ReplicaStatus> {
        let (stream, watcher) = AsyncStream.makeStream(
            of: ReplicaStatus.self, bufferingPolicy: .bufferingNewest(1))
        let (number, now, isOver) = state.withLock { state in
            state.lastWatcher += 1
            state.watchers[state.lastWatcher] = watcher
            return (state.lastWatcher, state.status, state.isOver)
        }
        watcher.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) }
        }
        if let now { watcher.yield(now) }
        if isOver { watcher.finish() }
        return stream
    }

    func end() {
        works.finish()
        snapshotsToSend.finish()
        let watchers = state.withLock { state in
            state.isOver = true
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish() }
    }
}

extension ReplicaStatus {
    /// Nothing changed that others wait for.
    fileprivate func isAlike(_ other: ReplicaStatus) -> Bool {
        term == other.term && role == other.role && leader == other.leader
            && configuration == other.configuration
    }
}
