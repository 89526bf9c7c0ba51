import DNSWire
import DnstapMessages
import Foundation
import SwiftProtobuf
import Testing

@testable import Nameserver

/// What dnstap-read does not print.
@Suite struct DnstapEncoderTests {
    private static let client = ClientAddress(ipv6: 0xB80D_0120, UInt64(1) << 56)
    private static let server = ClientAddress(ipv6: 0xB80D_0120, UInt64(2) << 56)

    /// The frames about one query.
    private func frames(
        _ settings: DnstapSettings = DnstapSettings(socketPath: "/s"),
        over transport: Transport = .udp, zone: [UInt8] = [1, 97, 0], answer: [UInt8] = [3, 4]
    ) throws -> [DnstapFrame] {
        let ring = TapRing(sizeOctets: DnstapSettings.leastRoomOctets)
        let query: [UInt8] = [1, 2]
        let head = TapHead(
            arrivedNanoseconds: 1_700_000_000_123_456_789,
            answeredNanoseconds: 1_700_000_001_000_000_001,
            peer: TapPeer(
                client: Self.client, clientPort: 4_711, server: Self.server, serverPort: 853,
                transport: transport),
            zoneOctets: zone.count, queryOctets: query.count, answerOctets: answer.count)
        let isPut = zone.withUnsafeBytes { zone in
            query.withUnsafeBytes { query in
                answer.withUnsafeBytes { ring.put(head, zone: zone, query: query, answer: $0) }
            }
        }
        #expect(isPut)
        let encoder = DnstapEncoder(settings, answers: AnswerSettings())
        var frames: [[UInt8]] = []
        #expect(ring.take { frames = encoder.frames($0) })
        return try frames.map { try DnstapFrame(serializedBytes: $0) }
    }

    @Test func bothMessagesBearBothEndsAndTheTimes() throws {
        let frames = try frames()
        try #require(frames.count == 2)
        let (query, answer) = (frames[0].message, frames[1].message)
        for message in [query, answer] {
            #expect(message.socketFamily == .inet6)
            #expect(
                Array(message.queryAddress) == [0x20, 1, 0x0D, 0xB8]
                    + [UInt8](repeating: 0, count: 11)
                    + [1])
            #expect(message.responseAddress.last == 2 && message.responseAddress.count == 16)
            #expect(message.queryPort == 4_711 && message.responsePort == 853)
            #expect(message.queryTimeSec == 1_700_000_000)
            #expect(message.queryTimeNsec == 123_456_789)
            #expect(Array(message.queryZone) == [1, 97, 0])
        }
        #expect(query.type == .authQuery && Array(query.queryMessage) == [1, 2])
        #expect(!query.hasResponseMessage && !query.hasResponseTimeSec)
        #expect(answer.type == .authResponse && Array(answer.responseMessage) == [3, 4])
        #expect(answer.responseTimeSec == 1_700_000_001 && answer.responseTimeNsec == 1)
        #expect(!answer.hasQueryMessage)
        #expect(!frames[0].hasIdentity && !frames[0].hasVersion)
    }

    @Test func whatIsNotThereIsLeftOut() throws {
        let frames = try frames(zone: [], answer: [])
        #expect(frames.map(\.message.type) == [.authQuery])
        #expect(frames.first?.message.hasQueryZone == false)
    }

    @Test func onlyWhatIsWantedIsTold() throws {
        var settings = DnstapSettings(socketPath: "/s")
        settings.messages = [.response]
        #expect(try frames(settings).map(\.message.type) == [.authResponse])
        #expect(try frames(settings, answer: []).isEmpty)
        settings.messages = [.query]
        #expect(try frames(settings).map(\.message.type) == [.authQuery])
    }

    @Test(arguments: [(Transport.udp, 1), (.tcp, 2), (.tls, 3)])
    func everyTransportHasItsNumber(transport: Transport, number: Int) throws {
        #expect(try frames(over: transport).first?.message.socketProtocol.rawValue == number)
    }
}
