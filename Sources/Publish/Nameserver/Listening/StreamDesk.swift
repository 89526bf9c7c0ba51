import DNSWire
import Inventory
import NIOCore

/// What all connections of one transport on one event loop share: a responder, its hold on the
/// zones, and room for one answer. Belongs to that event loop.
final class StreamDesk {
    /// What becomes of a query.
    enum Reply {
        case nothing
        /// An answer behind its length.
        case message(ByteBuffer)
        case transfer(Transfer)
    }

    /// Who asks.
    struct Client {
        var address = ClientAddress.unspecified
        var port: UInt16 = 0
        /// Where the connection reached us.
        var server = ClientAddress.unspecified
        var serverPort: UInt16 = 0
        /// What TLS tells of it; `nil` without TLS, and before hands were shaken.
        var shown: SecurePeer?
    }

    private let transport: Transport
    private let transfers: TransferDesk
    private let tap: Tap?
    private var responder: Responder
    private var reader: SnapshotReader
    private let room: UnsafeMutableRawBufferPointer

    init(
        _ transport: Transport, settings: NameserverSettings, store: ZoneStore,
        counters: AnswerCounters, office: TransferOffice, tap: Tap?
    ) {
        self.transport = transport
        self.tap = tap
        transfers = TransferDesk(
            office: office, store: store, payloadOctets: settings.payloadOctets)
        responder = Responder(
            payloadOctets: settings.payloadOctets, settings: settings.answersAsTold,
            counters: counters)
        reader = SnapshotReader(store: store)
        room = .allocate(byteCount: Responder.maximumOctets, alignment: 16)
    }

    deinit {
        room.deallocate()
    }

    /// The answer to a query.
    func answer(
        _ query: ByteBuffer, from client: Client, allocator: ByteBufferAllocator
    ) -> Reply {
        let arrivedAt = tap?.now() ?? 0
        reader.refresh()
        let snapshot = reader.snapshot
        let reply = answer(query, from: client, of: snapshot, allocator)
        if let tap {
            tap.take(query, reply, of: client, over: transport, arrivedAt: arrivedAt, in: snapshot)
        }
        return reply
    }

    private func answer(
        _ query: ByteBuffer, from client: Client, of snapshot: TableSnapshot,
        _ allocator: ByteBufferAllocator
    ) -> Reply {
        query.withUnsafeReadableBytes { octets in
            let query = octets.bindMemory(to: UInt8.self).span
            if TransferRequest.mayConcern(query),
                let reply = reply(to: query, from: client, of: snapshot, allocator)
            {
                return reply
            }
            let size = responder.answer(
                query, from: snapshot, over: transport, for: client.address,
                at: CoarseClock.seconds, into: room)
            guard let size else { return .nothing }
            return .message(Self.framed(room[..<size], allocator))
        }
    }

    private func reply(
        to query: Span<UInt8>, from client: Client, of snapshot: TableSnapshot,
        _ allocator: ByteBufferAllocator
    ) -> Reply? {
        let reply = transfers.reply(
            to: query, from: IPAddress(client.address), over: transport, shown: client.shown,
            of: snapshot
        ) { query, room, trailerOctets in
            responder.trailerOctets = trailerOctets
            defer { responder.trailerOctets = 0 }
            return responder.answer(
                query, from: snapshot, over: transport, for: client.address,
                at: CoarseClock.seconds, into: room)
        }
        switch reply {
        case nil: return nil
        case .nothing: return .nothing
        case .message(let octets): return .message(Self.framed(octets, allocator))
        case .transfer(let transfer): return .transfer(transfer)
        }
    }

    private static func framed(
        _ octets: some Collection<UInt8>, _ allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var message = allocator.buffer(capacity: 2 + octets.count)
        message.writeInteger(UInt16(octets.count))
        message.writeBytes(octets)
        return message
    }
}

extension Tap {
    /// Takes a query that came over a connection. Of a transfer, which is many messages, only the
    /// query.
    fileprivate func take(
        _ query: ByteBuffer, _ reply: StreamDesk.Reply, of client: StreamDesk.Client,
        over transport: Transport, arrivedAt: UInt64, in snapshot: TableSnapshot
    ) {
        let peer = TapPeer(
            client: client.address, clientPort: client.port, server: client.server,
            serverPort: client.serverPort, transport: transport)
        query.withUnsafeReadableBytes { query in
            switch reply {
            case .nothing, .transfer:
                take(query, nil, of: peer, arrivedAt: arrivedAt, in: snapshot)
            case .message(let framed):
                framed.withUnsafeReadableBytes {
                    let answer = UnsafeRawBufferPointer(
                        rebasing: $0.dropFirst(StreamFraming.lengthOctets))
                    take(query, answer, of: peer, arrivedAt: arrivedAt, in: snapshot)
                }
            }
        }
    }
}
