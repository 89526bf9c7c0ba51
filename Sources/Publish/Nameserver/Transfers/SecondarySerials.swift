import DNSWire
package import Inventory
import NIOCore
import NIOPosix
package import Zones

/// Asks other name servers which serial they have of our zones, as `dig SOA` does. Needed where our
/// own may be behind what they were given once.
package enum SecondarySerials {
    /// What came of asking.
    package struct Answer: Sendable {
        /// The latest serial of each zone that anybody has (RFC 1982).
        package internal(set) var latest: [DomainName: SerialNumber] = [:]
        /// Who did not answer for every zone in time: it may be down, or not have them.
        package internal(set) var silent: [Endpoint] = []
    }

    /// Questions are asked again after so long.
    private static let pause = Duration.milliseconds(500)
    /// Of more zones nobody is asked.
    private static let zoneLimit = 1_000
    /// What came and was not read yet.
    private static let backlog = 4_096

    /// Asks all of them for all zones.
    ///
    /// - `patience`: who has not answered by then counts as silent.
    package static func ask(
        _ servers: [Endpoint], for zones: [DomainName], within patience: Duration
    ) async -> Answer {
        var open: [Question: UInt16] = [:]
        for server in servers {
            for zone in zones.prefix(zoneLimit) {
                open[Question(server: server, zone: zone)] = .random(in: .min ... .max)
            }
        }
        let (replies, inbox) = AsyncStream.makeStream(
            of: (SerialReply, Endpoint).self, bufferingPolicy: .bufferingNewest(backlog))
        var channels: [Bool: any Channel] = [:]
        for isIPv4 in Set(servers.map(\.address.isIPv4)) {
            channels[isIPv4] = await channel(isIPv4: isIPv4, inbox)
        }
        let asked = Asked(open: open, channels: channels)
        let answer = await withTaskGroup(of: Answer?.self) { group in
            group.addTask { await listen(asked.open, to: replies) }
            group.addTask {
                let end = ContinuousClock.now + patience
                while !Task.isCancelled, .now < end {
                    asked.send()
                    // Cancelled when all have answered, which the loop sees.
                    try? await Task.sleep(for: min(pause, patience))
                }
                inbox.finish()
                return nil
            }
            var answer = Answer()
            for await result in group {
                guard let result else { continue }
                answer = result
                group.cancelAll()
            }
            return answer
        }
        for channel in channels.values { try? await channel.close() }
        return answer
    }

    /// Takes answers until none is open, or no more come.
    private static func listen(
        _ asked: [Question: UInt16], to replies: AsyncStream<(SerialReply, Endpoint)>
    ) async -> Answer {
        var open = asked
        var answer = Answer()
        for await (reply, server) in replies {
            let question = Question(server: server, zone: reply.zone)
            guard open[question] == reply.id else { continue }
            open[question] = nil
            if let serial = reply.serial {
                let known = answer.latest[reply.zone]
                let isLater = known.map { serial.isLater(than: $0) } ?? true
                answer.latest[reply.zone] = isLater ? serial : known
            }
            if open.isEmpty { break }
        }
        answer.silent = Set(open.keys.map(\.server)).sorted { "\($0)" < "\($1)" }
        return answer
    }

    private struct Question: Hashable, Sendable {
        let server: Endpoint
        let zone: DomainName
    }

    /// All that is asked, as often as it is sent.
    private struct Asked: Sendable {
        let open: [Question: UInt16]
        let channels: [Bool: any Channel]

        func send() {
            for (question, id) in open {
                let address = question.server.address
                guard let channel = channels[address.isIPv4],
                    let target = try? SocketAddress(
                        ipAddress: address.description, port: Int(question.server.port))
                else { continue }
                let octets = SerialReply.question(question.zone, id: id)
                // What is lost is asked again.
                channel.writeAndFlush(
                    AddressedEnvelope(remoteAddress: target, data: ByteBuffer(bytes: octets)),
                    promise: nil)
            }
        }
    }

    private static func channel(
        isIPv4: Bool, _ inbox: AsyncStream<(SerialReply, Endpoint)>.Continuation
    ) async -> (any Channel)? {
        try? await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SerialHandler(inbox: inbox))
                }
            }
            .bind(host: isIPv4 ? "0.0.0.0" : "::", port: 0).get()
    }
}

/// Reads what comes back.
private final class SerialHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let inbox: AsyncStream<(SerialReply, Endpoint)>.Continuation

    init(inbox: AsyncStream<(SerialReply, Endpoint)>.Continuation) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let octets = Array(envelope.data.readableBytesView)
        guard let reply = SerialReply(octets),
            let address = ClientAddress(envelope.remoteAddress).flatMap({ IPAddress($0) }),
            let port = envelope.remoteAddress.port.flatMap({ UInt16(exactly: $0) })
        else { return }
        inbox.yield((reply, Endpoint(address: address, port: port)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Such as a port that nobody listens on: the question counts as lost.
    }
}

/// What another name server says to a question about a zone's SOA record.
struct SerialReply: Equatable, Sendable {
    let id: UInt16
    let zone: DomainName
    /// `nil` from a server that does not have the zone.
    let serial: SerialNumber?

    /// The question itself, without EDNS: an answer of one record is short.
    static func question(_ zone: DomainName, id: UInt16) -> [UInt8] {
        [UInt8(id >> 8), UInt8(id & 0xFF), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
            + zone.wire + [0, UInt8(TypeNumber.soa), 0, 1]
    }

    /// Reads an answer; `nil` for anything else. The zone's record has to be the first one.
    init?(_ octets: [UInt8]) {
        guard octets.count >= Header.sizeOctets, octets[2] & 0xF8 == 0x80,
            Self.number(octets, at: 4) == 1,
            let end = Self.endOfName(octets, at: Header.sizeOctets), octets.count >= end + 4,
            Array(octets[end..<end + 4]) == [0, UInt8(TypeNumber.soa), 0, 1],
            let zone = DomainName(wire: octets[Header.sizeOctets..<end])
        else { return nil }
        id = Self.number(octets, at: 0)
        self.zone = zone
        let hasAnswer = octets[3] & 0xF == 0 && Self.number(octets, at: 6) > 0
        serial = hasAnswer ? Self.serial(octets, at: end + 4) : nil
        // What promises a record and has none is no answer at all.
        if hasAnswer, serial == nil { return nil }
    }

    /// The serial of the SOA record that begins at an offset (RFC 1035 section 3.3.13).
    private static func serial(_ octets: [UInt8], at offset: Int) -> SerialNumber? {
        guard let fixed = endOfName(octets, at: offset), octets.count >= fixed + 10,
            Array(octets[fixed..<fixed + 4]) == [0, UInt8(TypeNumber.soa), 0, 1]
        else { return nil }
        let end = fixed + 10 + Int(number(octets, at: fixed + 8))
        guard octets.count >= end, let contact = endOfName(octets, at: fixed + 10),
            let numbers = endOfName(octets, at: contact), numbers + 20 == end
        else { return nil }
        return SerialNumber(
            UInt32(number(octets, at: numbers)) << 16 | UInt32(number(octets, at: numbers + 2)))
    }

    private static func number(_ octets: [UInt8], at offset: Int) -> UInt16 {
        UInt16(octets[offset]) << 8 | UInt16(octets[offset + 1])
    }

    /// Where a name ends that begins at an offset; a pointer ends it, and is not followed.
    private static func endOfName(_ octets: [UInt8], at offset: Int) -> Int? {
        var place = offset
        while place < octets.count {
            let length = Int(octets[place])
            if length == 0 { return place + 1 }
            if length >= 0xC0 { return place + 2 <= octets.count ? place + 2 : nil }
            guard length < 0x40 else { return nil }
            place += 1 + length
        }
        return nil
    }
}
