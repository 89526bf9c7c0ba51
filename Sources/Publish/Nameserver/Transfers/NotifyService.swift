import DNSWire
import Inventory
import NIOCore
import NIOPosix
import Zones

/// Tells secondaries of changes, from the addresses that we answer at: that is where they know us
/// from. Runs on an event loop that it shares.
final class NotifyService: Sendable {
    private let store: ZoneStore
    private let core: NIOLoopBound<NotifyCore>?

    /// Begins to tell; tells nobody if there are no secondaries.
    init(
        settings: NameserverSettings, store: ZoneStore, office: TransferOffice,
        eventLoop: any EventLoop
    ) async throws(NameserverError) {
        self.store = store
        guard !settings.transfer.secondaries.isEmpty else {
            core = nil
            return
        }
        var channels: [Bool: any Channel] = [:]
        for endpoint in settings.endpoints where channels[endpoint.address.isIPv4] == nil {
            let source = Endpoint(address: endpoint.address, port: 0)
            channels[endpoint.address.isIPv4] = try await Self.bind(source, eventLoop)
        }
        let bound = channels
        do {
            core = try await eventLoop.submit {
                let core = NotifyCore(office, channels: bound, eventLoop: eventLoop)
                try core.listen()
                return NIOLoopBound(core, eventLoop: eventLoop)
            }.get()
        } catch {
            throw .workerFailed(reason: "nobody can be told of changes: \(error)")
        }
        guard let core else { return }
        store.announce { news in
            eventLoop.execute { core.value.take(news) }
        }
    }

    /// Tells nobody any more. The channels end with the event loop.
    func stop() {
        store.stopAnnouncing()
    }

    private static func bind(
        _ endpoint: Endpoint, _ eventLoop: any EventLoop
    ) async throws(NameserverError) -> any Channel {
        do {
            let address = try SocketAddress(
                ipAddress: endpoint.address.description, port: Int(endpoint.port))
            return try await DatagramBootstrap(group: eventLoop).bind(to: address).get()
        } catch let error as IOError {
            throw NameserverError(errno: error.errnoCode, endpoint: endpoint, transport: .udp)
        } catch {
            throw .endpointFailed(endpoint, transport: .udp, reason: "\(error)")
        }
    }
}

/// The schedule, its clock and its sockets. Belongs to one event loop.
private final class NotifyCore {
    private let secondaries: [TransferSettings.Secondary]
    private let office: TransferOffice
    private let channels: [Bool: any Channel]
    private let eventLoop: any EventLoop
    private var schedule: NotifySchedule
    /// The signature of the last notice, by secondary and id.
    private var sessions: [Sent: TSIGSession] = [:]
    /// The serial of the last notice.
    private var serials: [Sent: SerialNumber] = [:]
    private var timer: Scheduled<Void>?

    private struct Sent: Hashable {
        let secondary: Int
        let apex: DomainName
    }

    init(
        _ office: TransferOffice, channels: [Bool: any Channel], eventLoop: any EventLoop
    ) {
        self.office = office
        secondaries = office.settings.secondaries
        self.channels = channels
        self.eventLoop = eventLoop
        schedule = NotifySchedule(
            secondaries: secondaries.count,
            delayMilliseconds: office.settings.notifyDelay.milliseconds)
    }

    /// Hears what comes back.
    func listen() throws {
        for channel in channels.values {
            try channel.pipeline.syncOperations.addHandler(NotifyHandler(core: self))
        }
    }

    func take(_ news: [DomainName: RecordSet?]) {
        schedule.take(news, now: now)
        for (apex, authority) in news where authority == nil {
            for index in secondaries.indices {
                sessions[Sent(secondary: index, apex: apex)] = nil
                serials[Sent(secondary: index, apex: apex)] = nil
                office.update(secondary: index) { standing in
                    standing.heard[apex] = nil
                    standing.unheard[apex] = nil
                }
            }
        }
        wind()
    }

    private var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    private func wind() {
        timer?.cancel()
        guard let due = schedule.nextDueMilliseconds else { return }
        // Never at once: a burst is followed by a short pause.
        let wait = max(due - now, 20)
        timer = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(wait)) { [self] in
            for notice in schedule.due(now: now, id: { .random(in: .min ... .max) }) {
                send(notice)
            }
            wind()
        }
    }

    private func send(_ notice: NotifySchedule.Notice) {
        let secondary = secondaries[notice.secondary]
        let address = secondary.endpoint.address
        guard let channel = channels[address.isIPv4],
            let target = try? SocketAddress(
                ipAddress: address.description, port: Int(secondary.endpoint.port))
        else { return }
        var octets = NotifyMessage.octets(of: notice)
        if let key = secondary.key.flatMap(office.key) {
            var session = TSIGSession(key: key)
            session.sign(&octets, atSeconds: WallTime.seconds())
            sessions[Sent(secondary: notice.secondary, apex: notice.apex)] = session
        }
        note(notice)
        // What is lost is told again.
        channel.writeAndFlush(
            AddressedEnvelope(remoteAddress: target, data: ByteBuffer(bytes: octets)),
            promise: nil)
    }

    /// One that is sent again was not answered.
    private func note(_ notice: NotifySchedule.Notice) {
        office.count(.notice)
        if notice.isRepeated { office.count(.noticeLost) }
        serials[Sent(secondary: notice.secondary, apex: notice.apex)] =
            notice.authority.serial
        office.update(secondary: notice.secondary) { $0.unheard[notice.apex, default: 0] += 1 }
    }

    /// Takes what came back. Whatever is not the answer to the last notice, from where it was sent
    /// to and signed with its key, is ignored.
    func take(_ octets: [UInt8], from sender: SocketAddress) {
        guard let address = ClientAddress(sender).flatMap({ IPAddress($0) }),
            let port = sender.port, let reply = NotifyMessage.Reply(octets.span)
        else { return }
        for (index, secondary) in secondaries.enumerated()
        where secondary.endpoint.address == address && Int(secondary.endpoint.port) == port
            && schedule.awaits(reply.apex, secondary: index, id: reply.id)
        {
            let sent = Sent(secondary: index, apex: reply.apex)
            if secondary.key != nil {
                guard let session = sessions[sent], let offset = reply.signatureOffset,
                    session.verifiesAnswer(
                        octets.span, signatureOffset: offset, atSeconds: WallTime.seconds())
                else { continue }
            }
            // A secondary that cannot take it now is told again.
            guard reply.isFinal else { continue }
            if schedule.acknowledge(reply.apex, secondary: index, id: reply.id) {
                sessions[sent] = nil
                office.count(.noticeHeard)
                let serial = serials.removeValue(forKey: sent)
                office.update(secondary: index) { standing in
                    standing.unheard[reply.apex] = nil
                    standing.heard[reply.apex] = serial ?? standing.heard[reply.apex]
                }
                wind()
            }
        }
    }
}

/// Gives datagrams to the core.
private final class NotifyHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let core: NotifyCore

    init(core: NotifyCore) {
        self.core = core
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        core.take(Array(envelope.data.readableBytesView), from: envelope.remoteAddress)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Such as a port that nobody listens on: the notice counts as lost.
    }
}

extension RecordSet {
    /// The serial of an SOA set (RFC 1035 section 3.3.13).
    fileprivate var serial: SerialNumber? {
        guard let data = data.first, data.count >= 20 else { return nil }
        return SerialNumber(
            data[(data.count - 20)..<(data.count - 16)].reduce(0) { $0 << 8 | UInt32($1) })
    }
}

extension IPAddress {
    /// It has four octets.
    var isIPv4: Bool {
        switch self {
        case .v4: true
        case .v6: false
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
