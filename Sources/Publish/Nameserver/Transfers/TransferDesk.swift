import DNSWire
import Inventory
import Zones

/// Takes requests that are signed or ask for a transfer. Belongs to one worker.
///
///     signed? ──> verified ──> a question: the answer, signed
///        │            └──────> a transfer: allowed? ──> the zone's changes, or the whole zone
///        └─> refused, and told why (RFC 8945 section 5.2)
final class TransferDesk {
    /// What becomes of a request.
    enum Reply {
        /// It is told nothing.
        case nothing
        /// One message.
        case message([UInt8])
        /// Several, one after the other.
        case transfer(Transfer)
    }

    /// Answers a question from the zones, as without signatures; told what will come behind it.
    typealias Answering = (Span<UInt8>, UnsafeMutableRawBufferPointer, Int) -> Int?

    private let office: TransferOffice
    private let store: ZoneStore
    private let payloadOctets: Int
    private var name = LookupName()
    private let question: UnsafeMutableBufferPointer<UInt8>
    /// Room for one answer, taken when it is first needed.
    private lazy var room = AnswerRoom()

    init(office: TransferOffice, store: ZoneStore, payloadOctets: Int) {
        self.office = office
        self.store = store
        self.payloadOctets = payloadOctets
        question = .allocate(capacity: QuestionName.maximumOctets)
        question.initialize(repeating: 0)
    }

    deinit {
        question.deallocate()
    }

    /// The reply to a message; `nil` if it needs none of this, and is answered like any other.
    func reply(
        to message: Span<UInt8>, from client: IPAddress?, over transport: Transport,
        shown: SecurePeer? = nil, of snapshot: TableSnapshot, answering: Answering
    ) -> Reply? {
        var canonical = question.mutableSpan
        guard case .query(let query) = QueryReader.read(message, name: &canonical) else {
            return nil
        }
        let frame = ReplyFrame(query, message, over: transport, payloadOctets: payloadOctets)
        var session: TSIGSession?
        if let offset = query.signatureOffset {
            let verdict = TSIGVerifier.verify(
                message, signatureOffset: offset, atSeconds: WallTime.seconds(), key: office.key)
            switch verdict {
            case .verified(let verified): session = verified
            case .malformed: return .message(frame.empty(.formatError))
            case .refused(let refusal):
                office.count(.badSignature, zone: nil, client: client)
                var answer = frame.empty(.notAuthorized)
                refusal.sign(&answer, atSeconds: WallTime.seconds())
                return .message(answer)
            }
        }
        if query.isTransfer {
            let request = Request(
                query: query, frame: frame, client: client, session: session,
                transport: transport, shown: shown,
                serial: TransferRequest.serial(message, of: query).map { SerialNumber($0) })
            return reply(to: request, of: snapshot)
        }
        guard let session else { return nil }
        return signedAnswer(to: message, query, frame, session, over: transport, answering)
    }

    /// A request for a transfer whose signature, if it has one, holds.
    private struct Request {
        let query: Query
        let frame: ReplyFrame
        let client: IPAddress?
        var session: TSIGSession?
        let transport: Transport
        /// What TLS tells of the client; `nil` without TLS.
        let shown: SecurePeer?
        /// The serial that the client has.
        let serial: SerialNumber?

        var reservedOctets: Int { session?.key.answerRecordOctets ?? 0 }

        var isIncremental: Bool { query.type == RecordTypeNumber.ixfr }

        /// A single message.
        func message(_ octets: [UInt8]) -> Reply {
            var octets = octets
            var session = session
            session?.sign(&octets, atSeconds: WallTime.seconds())
            return .message(octets)
        }
    }
}

// MARK: - Questions

extension TransferDesk {
    /// The answer to the same message without its signature, signed. One that becomes too long by
    /// that is truncated (RFC 8945 section 5.3).
    private func signedAnswer(
        to message: Span<UInt8>, _ query: Query, _ frame: ReplyFrame, _ session: TSIGSession,
        over transport: Transport, _ answering: Answering
    ) -> Reply {
        var session = session
        var bare = (0..<(query.signatureOffset ?? message.count)).map { message[$0] }
        let count = query.header.additionalCount &- 1
        bare[10] = UInt8(truncatingIfNeeded: count >> 8)
        bare[11] = UInt8(truncatingIfNeeded: count)
        guard let size = answering(bare.span, room.octets, session.key.answerRecordOctets) else {
            return .nothing
        }
        var answer = Array(room.octets[..<size])
        let limit =
            transport.isStream
            ? ReplyMessage.maximumOctets
            : min(Int(query.edns?.payloadOctets ?? EDNS.leastPayloadOctets), payloadOctets)
        if answer.count + session.key.answerRecordOctets > limit {
            let code = ResponseCode(rawValue: UInt16(answer[3] & 0xF)) ?? .serverFailure
            answer = ReplyMessage(
                frame, limitOctets: limit, reservedOctets: session.key.answerRecordOctets
            ).finished(code, isTruncated: true)
        }
        session.sign(&answer, atSeconds: WallTime.seconds())
        return .message(answer)
    }
}

// MARK: - Transfers

extension TransferDesk {
    private func reply(to request: Request, of snapshot: TableSnapshot) -> Reply {
        guard
            office.mayTransfer(
                from: request.client, key: request.session?.key, shown: request.shown)
        else { return refuse(request, .refused) }
        // There is no AXFR over UDP (RFC 5936 section 4.2).
        guard request.isIncremental || request.transport.isStream else {
            return refuse(request, .refused)
        }
        guard let (apex, zone) = zone(in: snapshot.view) else {
            return refuse(request, .notAuthorized)
        }
        // What others of us have at the same serial is something else. Another one is asked then.
        guard !store.isWithheld(apex) else { return refuse(request, .serverFailure) }
        guard request.isIncremental else {
            let walk = ZoneWalk(zone: zone, of: snapshot.view)
            return transfer(.zone(walk), of: apex, request, snapshot)
        }
        guard let serial = request.serial else { return refuse(request, .formatError) }
        return changes(since: serial, request, apex, zone, snapshot)
    }

    private func refuse(_ request: Request, _ code: ResponseCode) -> Reply {
        let name = DomainName(wire: question.prefix(request.query.nameOctets))
        office.count(.refused, zone: name, client: request.client)
        return request.message(
            request.frame.empty(code, reservedOctets: request.reservedOctets))
    }

    /// What changed since the client's serial; the whole zone if that is not known.
    private func changes(
        since serial: SerialNumber, _ request: Request, _ apex: DomainName, _ zone: Int,
        _ snapshot: TableSnapshot
    ) -> Reply {
        let authority = snapshot.view.zones[zone].startOfAuthority
        let present = Self.serial(of: authority)
        // A client that is ahead has it from another node; we follow.
        guard present.isLater(than: serial) else { return only(authority, request) }
        let journal = store.journal(of: apex)?.steps(since: serial)
        let walk = journal.flatMap { JournalWalk(from: $0.start, steps: $0.steps) }
        guard request.transport.isStream else {
            guard var walk else { return only(authority, request) }
            let limit = min(
                Int(request.query.edns?.payloadOctets ?? EDNS.leastPayloadOctets), payloadOctets)
            var message = ReplyMessage(
                request.frame, limitOctets: limit, utmostOctets: limit,
                reservedOctets: request.reservedOctets)
            guard walk.fill(&message) else { return only(authority, request) }
            office.count(.changes, zone: apex, client: request.client)
            return request.message(message.finished())
        }
        return transfer(
            walk.map { .journal($0) } ?? .zone(ZoneWalk(zone: zone, of: snapshot.view)),
            of: apex, request, snapshot)
    }

    /// The SOA alone: there is nothing new, or it has to be fetched over TCP (RFC 1995 section 2).
    private func only(_ authority: SetView, _ request: Request) -> Reply {
        office.count(.onlySerial)
        var message = ReplyMessage(
            request.frame, limitOctets: ReplyMessage.maximumOctets,
            reservedOctets: request.reservedOctets)
        let record = UnsafeRawBufferPointer(start: authority.wire, count: authority.wireOctets)
        _ = message.append(EmptyCollection(), record)
        return request.message(message.finished())
    }

    private func transfer(
        _ source: Transfer.Source, of apex: DomainName, _ request: Request,
        _ snapshot: TableSnapshot
    ) -> Reply {
        guard let place = office.place() else { return refuse(request, .serverFailure) }
        return .transfer(
            Transfer(
                source, of: Transfer.Subject(apex: apex, client: request.client),
                frame: request.frame, snapshot: snapshot, place: place,
                session: request.session))
    }

    /// The zone that the question names, by its name and its number.
    private func zone(in table: TableView) -> (apex: DomainName, number: Int)? {
        guard let start = question.baseAddress else { return nil }
        name.load(UnsafePointer(start), apex: nil)
        name.hashAll(with: table.hashKey)
        guard let number = table.closestZone(of: name, labels: name.labels),
            table.zones[number].apexLabels == name.labels,
            let apex = DomainName(wire: question.prefix(name.wireOctets))
        else { return nil }
        return (apex, number)
    }

    private static func serial(of authority: SetView) -> SerialNumber {
        let number = authority.wire.loadUnaligned(
            fromByteOffset: authority.wireOctets - 20, as: UInt32.self)
        return SerialNumber(UInt32(bigEndian: number))
    }
}

extension Query {
    fileprivate var isTransfer: Bool {
        recordClass == 1
            && (type == RecordTypeNumber.axfr || type == RecordTypeNumber.ixfr)
    }
}

/// Room for the longest answer.
private final class AnswerRoom {
    let octets = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Responder.maximumOctets, alignment: 16)

    deinit {
        octets.deallocate()
    }
}
