import DNSWire
import Inventory
import Nameserver
import Testing
import Zones

/// Whatever comes in, what goes out is no message at all or a whole one.
@Suite struct HostileQueryTests {
    private func expectWholeAnswer(
        _ server: TestServer, _ query: [UInt8], limit: Int, _ transport: Transport
    ) {
        guard let wire = server.raw(query, over: transport) else { return }
        #expect(wire.count <= limit, "\(query)")
        #expect(wire.starts(with: query[..<2]) && wire[2] & 0x80 != 0, "\(query)")
        #expect(TestAnswer(wire) != nil, "\(query)")
    }

    @Test func everyTruncationOfAQuery() throws {
        let server = try TestServer(exampleStore())
        let query = TestQuery("_sip._tcp.example.com", .srv, payloadOctets: 4_096).wire
        for count in 0...query.count {
            expectWholeAnswer(server, Array(query[..<count]), limit: 1_232, .udp)
        }
    }

    @Test(arguments: [Transport.udp, .tcp])
    func randomChangesOfQueries(transport: Transport) throws {
        let server = try TestServer(exampleStore())
        let names = [
            "www.example.com", "alias.example.com", "x.wild.example.com", "a.sub.example.com",
            "example.com", "_sip._tcp.example.com", "none.example.com", ".",
        ]
        let types: [UInt16] = [1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 43, 64, 65, 250, 251, 252, 255]
        var random = SeededGenerator(state: 42)
        for _ in 0..<20_000 {
            let size = random.next(below: 2) == 0 ? nil : UInt16(random.next(below: 5_000))
            let query = TestQuery(
                names[random.next(below: names.count)], types[random.next(below: types.count)],
                payloadOctets: size)
            var wire = query.wire
            for _ in 0..<random.next(below: 4) {
                wire[random.next(below: wire.count)] = UInt8(random.next(below: 256))
            }
            expectWholeAnswer(server, wire, limit: transport == .udp ? 1_232 : 65_535, transport)
        }
    }

    /// With DO, where names are hashed and proofs are made up.
    @Test(arguments: [Transport.udp, .tcp], [false, true])
    func randomChangesOfQueriesToASignedZone(transport: Transport, hashed: Bool) throws {
        let server = try TestServer(MadeSignatures.store(hashed: hashed))
        let names = [
            "x.w.example", "ml.example", "mc.a.example", "mc.b.example", "a.z.w.example",
            "y.w.example", "example", "a.example", "b.example", "c.x.w.example",
            "3msev9usmd4br9s97v51r2tdvmr9iqo1.example", ".",
        ]
        let types: [UInt16] = [1, 2, 6, 15, 28, 43, 46, 47, 48, 50, 51, 255]
        var random = SeededGenerator(state: 43)
        for _ in 0..<20_000 {
            var query = TestQuery(
                names[random.next(below: names.count)], types[random.next(below: types.count)],
                payloadOctets: UInt16(random.next(below: 5_000)))
            query.wantsSignatures = true
            var wire = query.wire
            for _ in 0..<random.next(below: 4) {
                wire[random.next(below: wire.count)] = UInt8(random.next(below: 256))
            }
            expectWholeAnswer(server, wire, limit: transport == .udp ? 1_232 : 65_535, transport)
        }
    }

    @Test func theLongestNamesAreDenied() throws {
        for hashed in [false, true] {
            let server = try TestServer(MadeSignatures.store(hashed: hashed))
            // 255 octets on the wire, of the longest labels and of the shortest.
            let label = String(repeating: "b", count: 63)
            let longest = [String(repeating: "b", count: 52), label, label, label, "example"]
            let most = Array(repeating: "b", count: 121) + ["bbb", "example"]
            for labels in [longest, most] {
                var query = TestQuery(labels.joined(separator: "."), .a, payloadOctets: 4_096)
                query.wantsSignatures = true
                #expect((254...255).contains(query.name.count))
                let answer = try server.ask(query)
                #expect(answer.code == 3 && answer.authority.contains { $0.type == .rrsig })
            }
        }
    }

    @Test func theLongestNamesAreLookedUp() throws {
        let server = try TestServer(exampleStore())
        let most = Array(repeating: "a", count: 120).joined(separator: ".")
        #expect(try server.ask(most + ".example.com", .a).code == 3)
        // No asterisk fits in front of this closest encloser's children; nothing must trap.
        let wild = Array(repeating: "a", count: 118).joined(separator: ".")
        #expect(try server.ask(wild + ".wild.example.com", .a).answer.count == 1)
    }

    @Test func aSignedQueryIsToldThatItsKeyIsUnknown() throws {
        var wire = TestQuery("www.example.com", .a).wire
        wire[11] = 1
        wire += [3] + Array("key".utf8) + [0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0]
        let raw = try #require(try TestServer(exampleStore()).raw(wire))
        let answer = try #require(TestAnswer(raw))
        #expect(answer.code == 9 && answer.answer.isEmpty)
    }
}
