import DNSWire
import Glibc
import Inventory
import Synchronization
import Threads

/// Answers UDP: a thread for each socket, which belongs to it from start to stop.
final class DatagramService: Sendable {
    private let sockets: [DatagramSocket]
    private let threads: [OwnThread]
    private let stopMark: StopMark

    /// Starts a worker for each socket, each with counters of its own. `reportFailure` hears of a
    /// worker that could not go on.
    init(
        sockets: [DatagramSocket], settings: NameserverSettings, store: ZoneStore,
        counters: some Sequence<AnswerCounters>, office: TransferOffice, dnstap: DnstapService?,
        reportFailure: @escaping @Sendable (NameserverError) -> Void
    ) throws(NameserverError) {
        let stopMark = StopMark()
        var threads: [OwnThread] = []
        for (socket, counters) in zip(sockets, counters) {
            let worker = DatagramWorker(
                socket: socket, settings: settings, store: store, counters: counters,
                office: office, dnstap: dnstap, stopMark: stopMark)
            do throws(NameserverError) {
                threads.append(try Self.start(worker, reportFailure))
            } catch {
                Self.stop(stopMark, sockets, threads)
                throw error
            }
        }
        self.sockets = sockets
        self.threads = threads
        self.stopMark = stopMark
    }

    /// Lets the workers finish what they have in hand, and waits for them: some milliseconds.
    func stop() {
        Self.stop(stopMark, sockets, threads)
    }

    private static func start(
        _ worker: DatagramWorker, _ reportFailure: @escaping @Sendable (NameserverError) -> Void
    ) throws(NameserverError) -> OwnThread {
        do throws(OwnThreadError) {
            return try OwnThread("pipam-answers") {
                do throws(NameserverError) {
                    try worker.run()
                } catch {
                    reportFailure(error)
                }
            }
        } catch {
            throw .workerFailed(reason: "no thread: \(error.reason)")
        }
    }

    private static func stop(
        _ mark: StopMark, _ sockets: [DatagramSocket], _ threads: [OwnThread]
    ) {
        mark.set()
        for socket in sockets { socket.wake() }
        for thread in threads { thread.join() }
    }
}

/// Says that a service ends.
final class StopMark: Sendable {
    private let mark = Atomic<Bool>(false)

    var isSet: Bool { mark.load(ordering: .relaxed) }

    func set() {
        mark.store(true, ordering: .relaxed)
    }
}

/// The time of day, exact to some milliseconds.
enum CoarseClock {
    /// Since 1970, modulo 2^32.
    static var seconds: UInt32 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        return UInt32(truncatingIfNeeded: now.tv_sec)
    }
}

/// The loop of one worker.
private struct DatagramWorker: Sendable {
    let socket: DatagramSocket
    let settings: NameserverSettings
    let store: ZoneStore
    let counters: AnswerCounters
    let office: TransferOffice
    let dnstap: DnstapService?
    let stopMark: StopMark

    /// Receives, answers and sends until the service ends. Between two receives nothing is locked,
    /// allocated or counted in a place that others write to.
    func run() throws(NameserverError) {
        let batch = try DatagramBatch(
            answerOctets: settings.payloadOctets, keepsInterface: settings.keepsInterface)
        var responder = Responder(
            payloadOctets: settings.payloadOctets, settings: settings.answersAsTold,
            counters: counters)
        var reader = SnapshotReader(store: store)
        let transfers = TransferDesk(
            office: office, store: store, payloadOctets: settings.payloadOctets)
        let tap = dnstap.map { Tap($0) }
        while !stopMark.isSet {
            let received = batch.receive(from: socket.descriptor)
            guard received >= 0 else {
                let reason = String(cString: strerror(-received))
                throw .workerFailed(reason: "receiving on \(socket.endpoint): \(reason)")
            }
            reader.refresh()
            let snapshot = reader.snapshot
            let seconds = CoarseClock.seconds
            let arrivedAt = tap?.now() ?? 0
            for index in 0..<UInt32(received) {
                let size = batch.answer(index) { query, client, room in
                    if TransferRequest.mayConcern(query),
                        let reply = transfers.reply(
                            to: query, from: IPAddress(client), over: .udp, of: snapshot,
                            answering: { query, room, _ in
                                responder.answer(
                                    query, from: snapshot, over: .udp, for: client, at: seconds,
                                    into: room)
                            })
                    {
                        return reply.copy(into: room)
                    }
                    return responder.answer(
                        query, from: snapshot, over: .udp, for: client, at: seconds, into: room)
                }
                if let tap {
                    batch.show(
                        index, size, to: tap, reaching: socket.endpoint, arrivedAt: arrivedAt,
                        in: snapshot)
                }
            }
            batch.send(to: socket.descriptor)
        }
    }
}

extension TransferDesk.Reply {
    /// The octets of a message in a caller's room, which a message of UDP fits.
    fileprivate func copy(into room: UnsafeMutableRawBufferPointer) -> Int? {
        switch self {
        case .nothing:
            return nil
        case .message(let octets):
            guard octets.count <= room.count else { return nil }
            room.copyBytes(from: octets)
            return octets.count
        case .transfer:
            preconditionFailure("a transfer over UDP")
        }
    }
}
