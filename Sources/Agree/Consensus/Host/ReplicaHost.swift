package import Logging
import Threads

/// Runs a replica on this host: its thread and clock, its log and snapshots on the disk, and the
/// way from the log to the state machine. Any thread may call; nothing blocks the caller but
/// `IncomingSnapshot`, which writes to the disk.
package final class ReplicaHost: Sendable {
    private let settings: HostSettings
    private let machine: any StateMachine
    private let mailbox: Mailbox
    private let outlet: HostOutlet
    private let works: AsyncStream<Applier.Work>
    private let snapshotsToSend: AsyncStream<OutgoingMessage>
    private let isReceiving = Flag()
    private let hasRun = Flag()

    /// Touches no file yet.
    package init(
        settings: HostSettings, machine: any StateMachine, transport: any PeerTransport,
        logger: Logger
    ) throws(ConsensusError) {
        self.settings = settings
        self.machine = machine
        var logger = logger
        logger[metadataKey: "replica"] = "\(settings.replica.id)"
        mailbox = try Mailbox(
            maximumInputs: settings.maximumWaiting, maximumOctets: settings.maximumWaitingOctets)
        let (works, worksInlet) = AsyncStream.makeStream(of: Applier.Work.self)
        let (snapshots, snapshotsInlet) = AsyncStream.makeStream(
            of: OutgoingMessage.self,
            bufferingPolicy: .bufferingOldest(HostOutlet.maximumSnapshotsWaiting))
        self.works = works
        snapshotsToSend = snapshots
        outlet = HostOutlet(
            transport: transport, mailbox: mailbox, logger: logger, works: worksInlet,
            snapshotsToSend: snapshotsInlet)
    }

    /// Opens the log and runs until `stop` or cancellation, or until something fails for good; then
    /// the process has to end. To be called once.
    package func run() async throws {
        precondition(hasRun.set(), "a host runs once")
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.runThread() }
                group.addTask { try await self.runApplier() }
                group.addTask { await self.sendSnapshots() }
                do {
                    while try await group.next() != nil {}
                } catch {
                    _ = mailbox.put(.stop(nil), isUrgent: true)
                    group.cancelAll()
                    while await group.nextResult() != nil {}
                    throw error
                }
            }
        } onCancel: {
            stop()
        }
    }

    /// Ends `run`.
    package func stop() { _ = mailbox.put(.stop(nil), isUrgent: true) }

    private func runThread() async throws {
        let (settings, mailbox, outlet) = (settings, mailbox, outlet)
        let result: Result<Void, ConsensusError> = await withCheckedContinuation { waiter in
            do throws(ConsensusError) {
                try OwnThread.start("pipam-replica") {
                    waiter.resume(
                        returning: Result { () throws(ConsensusError) in
                            try Self.loop(settings, mailbox, outlet)
                        })
                }
            } catch {
                waiter.resume(returning: .failure(error))
            }
        }
        mailbox.close()
        outlet.end()
        try result.get()
    }

    /// The log is closed, and its lock free, when this returns.
    private static func loop(
        _ settings: HostSettings, _ mailbox: Mailbox, _ outlet: HostOutlet
    ) throws(ConsensusError) {
        let loop = try HostLoop(settings: settings, mailbox: mailbox, outlet: outlet)
        do throws(ConsensusError) {
            try loop.run()
        } catch {
            loop.finish(error)
            throw error
        }
    }

    private func runApplier() async throws {
        var applier: Applier?
        for await work in works {
            // The store is there before the first work is.
            guard let store = outlet.store else { continue }
            var working =
                applier
                ?? Applier(settings: settings, machine: machine, store: store, outlet: outlet)
            try await working.run(work)
            applier = working
        }
    }

    /// One after the other: each takes as much of the network as it is given.
    private func sendSnapshots() async {
        for await message in snapshotsToSend {
            guard case .snapshot(let descriptor) = message.kind, let store = outlet.store else {
                continue
            }
            let isDelivered = await outlet.transport.sendSnapshot(
                to: message.receiver, message: message.octets, descriptor: descriptor,
                path: store.path(of: descriptor))
            _ = mailbox.put(
                .sentSnapshot(message.receiver, isDelivered: isDelivered), isUrgent: true)
        }
    }
}

extension ReplicaHost {
    /// As it was at the last tick or change of the lead; `nil` before the log is open.
    package var status: ReplicaStatus? { outlet.status }

    /// As it is now; `nil` if it does not run.
    package func currentStatus() async -> ReplicaStatus? {
        await ask(urgent: true) { .status($0) }
    }

    /// The newest snapshot on the disk, and when it was written, in seconds since 1970; `nil`
    /// before the first, or where it cannot be read.
    package func lastSnapshot() -> (descriptor: SnapshotDescriptor, writtenSeconds: UInt64?)? {
        guard let store = outlet.store, let newest = try? store.descriptors().last else {
            return nil
        }
        return (newest, store.writtenSeconds(newest))
    }

    /// The status now and whenever role, leader, term or configuration change; only the latest is
    /// kept for one who is slow. Ends with the host.
    package func statusChanges() -> AsyncStream<ReplicaStatus> { outlet.watch() }

    /// Proposes a command, which must not be empty; a follower passes it on. `accepted` promises
    /// nothing: watch for it to be applied.
    package func propose(_ command: [UInt8]) async -> ProposalOutcome {
        guard command.count <= settings.replica.maximumEntryOctets else { return .tooLarge }
        return await withCheckedContinuation { waiter in
            if !mailbox.put(.propose(command, waiter)) { waiter.resume(returning: .overloaded) }
        }
    }

    /// Proposes a change of the configuration; only the leader does.
    package func change(
        _ change: ConfigurationChange, context: [UInt8]
    ) async -> ChangeOutcome {
        await withCheckedContinuation { waiter in
            if !mailbox.put(.change(change, context, waiter), isUrgent: true) {
                waiter.resume(returning: .notLeader)
            }
        }
    }

    /// The index that has to be applied here to read what was committed before this was called.
    package func readIndex() async throws(ConsensusError) -> UInt64 {
        let result: Result<UInt64, ConsensusError> = await withCheckedContinuation { waiter in
            if !mailbox.put(.read(waiter)) {
                waiter.resume(
                    returning: .failure(
                        mailbox.isClosed ? .stopped : .noAnswer(reason: "too much is waiting")))
            }
        }
        return try result.get()
    }

    /// On the leader: hands the lead to the voter that is furthest, and waits for it. `true` if
    /// this replica does not lead when it returns. To be called before a stop.
    package func handOver(within wait: Duration) async -> Bool {
        guard let status = await currentStatus(), status.role == .leader else { return true }
        let voters = status.configuration.voters.filter { $0 != status.id }
        let successor = voters.filter { status.progress[$0]?.isRecentlyActive == true }
            .max { (status.progress[$0]?.match ?? 0) < (status.progress[$1]?.match ?? 0) }
        guard let successor else { return false }
        transfer(to: successor)
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await status in self.statusChanges() where status.role != .leader {
                    return true
                }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: wait)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    /// On the leader: hands the lead to this voter.
    package func transfer(to successor: ReplicaID) {
        _ = mailbox.put(.transfer(successor), isUrgent: true)
    }

    /// A message came from a peer, as its certificate says. Dropped if too many wait.
    package func received(_ message: [UInt8], from sender: ReplicaID) {
        _ = mailbox.put(.message(message, from: sender))
    }

    /// Messages to this peer are lost.
    package func reportUnreachable(_ peer: ReplicaID) { _ = mailbox.put(.unreachable(peer)) }

    /// A leader begins to send a snapshot. One at a time; throws if another is on its way.
    package func receiveSnapshot(
        _ descriptor: SnapshotDescriptor
    ) throws(ConsensusError) -> IncomingSnapshot {
        guard let store = outlet.store else { throw .stopped }
        guard descriptor.sizeOctets <= settings.maximumSnapshotOctets else {
            throw .snapshotDamaged(path: store.directory, reason: "announced as too large")
        }
        guard isReceiving.set() else { throw .noAnswer(reason: "another snapshot comes in") }
        do throws(ConsensusError) {
            return try IncomingSnapshot(
                descriptor, store: store, mailbox: mailbox, isReceiving: isReceiving)
        } catch {
            isReceiving.clear()
            throw error
        }
    }

    private func ask<Answer: Sendable>(
        urgent: Bool, _ input: (CheckedContinuation<Answer?, Never>) -> Input
    ) async -> Answer? {
        await withCheckedContinuation { waiter in
            if !mailbox.put(input(waiter), isUrgent: urgent) { waiter.resume(returning: nil) }
        }
    }
}
