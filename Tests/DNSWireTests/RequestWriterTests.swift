import TestSupport
import Testing

@testable import DNSWire

/// Requests of ours, held against their format and against what other programs write.
@Suite struct RequestWriterTests {
    private static func wire(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + $0.utf8 } + [0]
    }

    @Test func aQuestionIsWritten() {
        let request = RequestWriter(
            id: 0xABCD, name: Self.wire("a.example."), type: RecordTypeNumber.axfr)
        let expected: [UInt8] =
            [0xAB, 0xCD, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
            + [1, 97, 7, 101, 120, 97, 109, 112, 108, 101, 0, 0, 252, 0, 1]
        #expect(request.octets == expected)
    }

    /// RFC 2136 section 2, octet for octet.
    @Test func anUpdateIsWritten() {
        var request = RequestWriter(id: 1, opcode: .update, name: [1, 122, 0], type: 6)
        request.add(to: .prerequisites, owner: [1, 97, 0], type: 255, .none)
        request.add(
            to: .prerequisites, owner: [1, 98, 0], type: 1, .internet, data: [192, 0, 2, 1])
        request.add(to: .changes, owner: [1, 98, 0], type: 1, .any)
        request.add(
            to: .changes, owner: [1, 97, 0], type: 5, .internet, ttlSeconds: 0x0102_0304,
            data: [1, 122, 0])
        request.add(to: .changes, owner: [0], type: 16, .none, data: [0])
        var expected: [UInt8] = [0, 1, 0x28, 0, 0, 1, 0, 2, 0, 3, 0, 0]
        expected += [1, 122, 0, 0, 6, 0, 1]
        expected += [1, 97, 0, 0, 255, 0, 254, 0, 0, 0, 0, 0, 0]
        expected += [1, 98, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1]
        expected += [1, 98, 0, 0, 1, 0, 255, 0, 0, 0, 0, 0, 0]
        expected += [1, 97, 0, 0, 5, 0, 1, 1, 2, 3, 4, 0, 3, 1, 122, 0]
        expected += [0, 0, 16, 0, 254, 0, 0, 0, 0, 0, 1, 0]
        #expect(request.octets == expected)
        let records = 13 + 17 + 13 + 16 + 12
        #expect(request.octets.count == 19 + records)
        #expect(RequestWriter.octets(owner: [1, 98, 0], data: [192, 0, 2, 1]) == 17)
        #expect(RequestWriter.octets(owner: [1, 97, 0]) == 13)
    }

    /// As an answer would have it, so that it can be read.
    private static func read(_ request: [UInt8]) throws -> ServerMessage {
        var octets = request
        octets[2] |= 0x80
        return try ServerMessage(octets.span)
    }

    private static func compare(_ ours: RequestWriter, to recorded: [UInt8]) throws {
        let (read, other) = (try read(ours.octets), try read(recorded))
        #expect(read.question == other.question)
        #expect(read.answers == other.answers)
        #expect(read.authorities == other.authorities)
        #expect(read.header.flags == other.header.flags)
    }

    @Test func nsupdateWritesTheSame() throws {
        let exchange = try #require(RecordedExchange.named("update1").first { $0.server == "BIND" })
        var request = RequestWriter(
            id: 1, opcode: .update, name: Self.wire("example.net."), type: 6)
        let (new, other) = (Self.wire("new.example.net."), Self.wire("other.example.net."))
        request.add(to: .prerequisites, owner: new, type: 1, .none)
        request.add(to: .prerequisites, owner: other, type: RecordTypeNumber.any, .none)
        request.add(
            to: .prerequisites, owner: Self.wire("www.example.net."), type: 5, .internet,
            data: Self.wire("mail.example.net."))
        request.add(to: .changes, owner: new, type: 1, .any)
        for last: UInt8 in [77, 78] {
            request.add(
                to: .changes, owner: new, type: 1, .internet, ttlSeconds: 60,
                data: [192, 0, 2, last])
        }
        try Self.compare(request, to: exchange.requests[0])
    }

    @Test func knsupdateWritesTheSame() throws {
        let exchange = try #require(RecordedExchange.named("update-kns").first)
        var request = RequestWriter(
            id: 1, opcode: .update, name: Self.wire("example.net."), type: 6)
        let owner = Self.wire("kns.example.net.")
        request.add(to: .prerequisites, owner: owner, type: 1, .none)
        request.add(to: .changes, owner: owner, type: 1, .any)
        request.add(
            to: .changes, owner: owner, type: 1, .internet, ttlSeconds: 60, data: [192, 0, 2, 79])
        try Self.compare(request, to: exchange.requests[0])
    }

    /// Of the SOA record dig fills in the serial alone (RFC 1995 section 3).
    @Test func digAsksForChangesAlike() throws {
        for exchange in RecordedExchange.named("ixfr-3") {
            let apex = Self.wire("example.net.")
            var request = RequestWriter(id: 1, name: apex, type: RecordTypeNumber.ixfr)
            request.add(
                to: .changes, owner: apex, type: 6, .internet,
                data: [0, 0, 0, 0, 0, 5] + [UInt8](repeating: 0, count: 16))
            try Self.compare(request, to: exchange.requests[0])
        }
    }

    @Test func aSignedUpdateIsVerified() throws {
        let key = TSIGKey(
            name: Self.wire("key.example."), algorithm: .sha256, secret: RecordedExchange.secret)
        var request = RequestWriter(
            id: 9, opcode: .update, name: Self.wire("example.net."), type: 6)
        request.add(to: .changes, owner: Self.wire("a.example.net."), type: 1, .any)
        var octets = request.octets
        var session = TSIGSession(key: key)
        session.sign(&octets, atSeconds: 1_000)
        let verdict = TSIGVerifier.verify(
            octets.span, signatureOffset: request.octets.count, atSeconds: 1_000, key: { _ in key })
        guard case .verified = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }
}
