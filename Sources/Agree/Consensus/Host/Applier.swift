import Logging
import Synchronization
import Threads

/// Brings what was committed to the state machine, in order, and has snapshots of it written.
struct Applier {
    enum Work: Sendable {
        case restore(SnapshotDescriptor)
        case apply([CommittedEntry])
        /// A snapshot is no longer being written: the next may have become due meanwhile.
        case reconsider
        /// A snapshot is wanted before the next one would be due.
        case snapshot
    }

    let settings: HostSettings
    let machine: any StateMachine
    let store: SnapshotStore
    let mailbox: Mailbox
    let backlog: Backlog
    let logger: Logger
    private let reconsider: @Sendable () -> Void
    private var standing = Standing()
    private let isWriting = Flag()

    init(
        settings: HostSettings, machine: any StateMachine, store: SnapshotStore, outlet: HostOutlet
    ) {
        self.settings = settings
        self.machine = machine
        self.store = store
        mailbox = outlet.mailbox
        backlog = outlet.backlog
        logger = outlet.logger
        reconsider = outlet.reconsider
    }

    /// What is applied, and since the last snapshot.
    private struct Standing {
        var position = LogPosition(index: 0, term: 0)
        var configuration = Configuration()
        /// As of the last snapshot; `nil` before the first, while the log has everything.
        var known: Configuration?
        var entries = 0
        var octets = 0

        /// A replica ignores a snapshot of a configuration without it. One that joined after the
        /// last snapshot could not be brought up before the next.
        var leavesMembersOut: Bool {
            known.map { !Set(configuration.members).isSubset(of: $0.members) } ?? false
        }
    }

    mutating func run(_ work: Work) async throws {
        var isWanted = false
        switch work {
        case .restore(let descriptor):
            try await restore(descriptor)
            standing = Standing(
                position: descriptor.position, configuration: descriptor.configuration,
                known: descriptor.configuration)
        case .apply(let entries):
            try await machine.apply(entries)
            count(entries)
        case .reconsider: break
        case .snapshot: isWanted = standing.entries > 0
        }
        let isDue =
            isWanted || standing.entries >= settings.snapshotEntries
            || standing.octets >= settings.snapshotOctets || standing.leavesMembersOut
        if isDue, isWriting.set() {
            try await beginSnapshot()
            standing.known = standing.configuration
            standing.entries = 0
            standing.octets = 0
        }
    }

    private mutating func count(_ entries: [CommittedEntry]) {
        var octets = 0
        for entry in entries {
            standing.position = LogPosition(index: entry.index, term: entry.term)
            octets += entry.sizeOctets
            if case .configuration(_, _, let now, _) = entry.content {
                standing.configuration = now
            }
        }
        standing.entries += entries.count
        standing.octets += octets
        backlog.remove(octets)
    }

    private func restore(_ descriptor: SnapshotDescriptor) async throws {
        let reader = try store.read(descriptor)
        try await machine.restore(descriptor) { try reader.next() }
        logger.info(
            "state restored",
            metadata: ["index": "\(descriptor.index)", "octets": "\(descriptor.sizeOctets)"])
    }

    /// The state goes on while a thread writes the one of now.
    private func beginSnapshot() async throws {
        let capture = try await machine.capture()
        precondition(
            capture.appliedIndex == standing.position.index,
            "a capture at \(capture.appliedIndex), applied is \(standing.position.index)")
        let (position, configuration) = (standing.position, standing.configuration)
        try OwnThread.start("pipam-snapshot") { [store, mailbox, logger, isWriting, reconsider] in
            defer {
                isWriting.clear()
                reconsider()
            }
            do {
                let descriptor = try store.write(
                    capture, at: position, configuration: configuration)
                _ = mailbox.put(.wroteSnapshot(descriptor), isUrgent: true)
            } catch {
                // The log only grows; the next one may succeed.
                logger.error(
                    "snapshot not written, trying again later",
                    metadata: [
                        "index": "\(position.index)", "reason": "\(error)",
                    ])
            }
        }
    }
}

/// Octets of entries that wait to be applied.
final class Backlog: Sendable {
    private let octets = Atomic(0)
    func add(_ count: Int) { octets.add(count, ordering: .relaxed) }
    func remove(_ count: Int) { octets.subtract(count, ordering: .relaxed) }
    var now: Int { octets.load(ordering: .relaxed) }
}

/// Set by one at a time.
final class Flag: Sendable {
    private let isSet = Atomic(false)
    func set() -> Bool {
        isSet.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing)
            .exchanged
    }
    func clear() { isSet.store(false, ordering: .releasing) }
}

extension CommittedEntry {
    /// Roughly what it takes to keep.
    var sizeOctets: Int {
        switch content {
        case .command(let octets): octets.count + 64
        case .configuration(_, let context, _, _): context.count + 64
        case .empty: 64
        }
    }
}
