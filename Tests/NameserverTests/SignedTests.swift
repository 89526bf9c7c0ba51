import DNSWire
import Glibc
import Inventory
import Nameserver
import Testing
import TestSupport
import Zones

/// Signed questions, transfers and notices, with clients of other makers.
@Suite(.serialized) struct SignedTests {
    private static func key(_ algorithm: TSIGAlgorithm) -> TSIGKey {
        TSIGKey(
            name: name("xfr.example").wire, algorithm: algorithm,
            secret: Array("secret secret secret secret!".utf8))
    }

    private static func change(_ algorithm: TSIGAlgorithm) -> (inout NameserverSettings) -> Void {
        { settings in
            settings.transfer.keys = [key(algorithm)]
            settings.transfer.allowedKeys = [key(algorithm).name]
        }
    }

    private static func text(_ algorithm: TSIGAlgorithm, secret: String? = nil) -> String {
        "\(algorithm.rawValue):xfr.example:\(secret ?? TransferTests.secret)"
    }

    private static func store() throws -> ZoneStore {
        try NameserverTests.store([
            "example.com.": (0..<3_000).map { a("host\($0).example.com.", "192.0.2.7") }
        ])
    }

    /// Both verify every message of a transfer and say so if one is not as it should be.
    @Test(arguments: TSIGAlgorithm.allCases, ["dig", "kdig"])
    func othersVerifyTransfersOfManyMessages(
        _ algorithm: TSIGAlgorithm, _ program: String
    ) async throws {
        try await withServer(Self.store(), change: Self.change(algorithm)) { endpoint, server in
            let words = ["@127.0.0.1", "-p", "\(endpoint.port)", "-y", Self.text(algorithm)]
            let output = try run(program, words + ["example.com", "AXFR"])
            #expect(!output.lowercased().contains("tsig error"), "\(output.suffix(500))")
            #expect(!output.contains("WARNING") && !output.contains("failed"))
            let hosts = output.split(separator: "\n").count {
                $0.hasPrefix("host") && $0.contains("192.0.2.7")
            }
            #expect(hosts == 3_000)
            #expect(server.transfers[.wholeZone] == 1)
            // A question is answered with a signature too.
            let answer = try run(program, words + ["host7.example.com", "A", "+norec"])
            #expect(answer.contains("192.0.2.7") && !answer.contains("WARNING"))
            // Without the key nothing is sent.
            let bare = try run(program, Array(words.prefix(3)) + ["example.com", "AXFR"])
            #expect(!bare.contains("192.0.2.7"))
        }
    }

    @Test(arguments: ["dig", "kdig"]) func aWrongKeyIsToldSo(_ program: String) async throws {
        try await withServer(Self.store(), change: Self.change(.sha256)) { endpoint, _ in
            let words = ["@127.0.0.1", "-p", "\(endpoint.port)", "host7.example.com", "A", "-y"]
            for (key, error) in [
                (Self.text(.sha256, secret: "AAAA"), "BADSIG"),
                (Self.text(.sha512), "BADKEY"),
                ("hmac-sha256:other.example:\(TransferTests.secret)", "BADKEY"),
            ] {
                let output = try run(program, words + [key])
                #expect(output.contains(error), "\(output)")
                #expect(!output.contains("192.0.2.7"))
            }
        }
    }

    @Test func aClockThatDiffersIsToldTheTime() async throws {
        try await withServer(Self.store(), change: Self.change(.sha384)) { endpoint, _ in
            var session = TSIGSession(key: Self.key(.sha384))
            var query = TestQuery("host7.example.com", .a).wire
            session.sign(&query, atSeconds: 1_000)
            let datagrams = try Datagrams()
            try datagrams.send(query, to: endpoint)
            let answer = try #require(try datagrams.receive()).octets
            #expect(answer[3] & 0xF == UInt8(ResponseCode.notAuthorized.rawValue))
            let start = Header.sizeOctets + name("host7.example.com").wire.count + 4
            let found = TSIGRecord(answer.span, at: start)
            let record = try #require(found)
            #expect(record.error == TSIGError.badTime.rawValue && record.timeSeconds == 1_000)
            let seconds = record.other.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            #expect(abs(Int64(seconds) - Int64(time(nil))) < 60)
            #expect(record.code.count == 48)
        }
    }

    @Test func whatBecomesTooLongByItsSignatureIsTruncated() async throws {
        let addresses = (1...28).map { "192.0.2.\($0)" }
        let set = RecordSet(
            owner: name("many.example.com."), type: .a, ttlSeconds: 5,
            data: addresses.compactMap { IPAddress($0)?.octets })
        let store = try NameserverTests.store(["example.com.": [set]])
        try await withServer(store, change: Self.change(.sha256)) { endpoint, _ in
            let query = TestQuery("many.example.com", .a)
            let datagrams = try Datagrams()
            try datagrams.send(query.wire, to: endpoint)
            let bare = try #require(try datagrams.receive().flatMap { TestAnswer($0.octets) })
            #expect(bare.answer.count == 28)
            var session = TSIGSession(key: Self.key(.sha256))
            var signed = query.wire
            session.sign(&signed, atSeconds: UInt64(time(nil)))
            try datagrams.send(signed, to: endpoint)
            let octets = try #require(try datagrams.receive()).octets
            #expect(octets.count <= 512)
            let answer = try #require(TestAnswer(octets))
            #expect(answer.isTruncated && answer.answer.isEmpty)
            let end = Header.sizeOctets + query.name.count + 4
            let isVerified = session.verifiesAnswer(
                octets.span, signatureOffset: end, atSeconds: UInt64(time(nil)))
            #expect(isVerified)
            // Over TCP it is all there.
            let words = ["@127.0.0.1", "-p", "\(endpoint.port)", "+tcp", "+short"]
            let output = try run(
                "dig", words + ["-y", Self.text(.sha256), "many.example.com", "A"])
            #expect(output.split(separator: "\n").count == 28, "\(output)")
        }
    }

    @Test func aBrokenSignatureIsAFormatError() async throws {
        try await withServer(Self.store(), change: Self.change(.sha256)) { endpoint, _ in
            var session = TSIGSession(key: Self.key(.sha256))
            var query = TestQuery("host7.example.com", .a).wire
            let start = query.count
            session.sign(&query, atSeconds: UInt64(time(nil)))
            // A time to live, which signatures have not.
            query[start + Self.key(.sha256).name.count + 7] = 1
            let datagrams = try Datagrams()
            try datagrams.send(query, to: endpoint)
            let answer = try #require(try datagrams.receive().flatMap { TestAnswer($0.octets) })
            #expect(answer.code == ResponseCode.formatError.rawValue)
        }
    }

    // MARK: Notices

    /// The reply to a notice, signed in answer to it if there is a key.
    private static func reply(to notice: [UInt8], key: TSIGKey?) -> [UInt8] {
        let question = 12 + name("example.com").wire.count + 4
        var reply = Array(notice[..<question])
        reply[2] |= 0x80
        reply.replaceSubrange(6..<12, with: [0, 0, 0, 0, 0, 0])
        guard let key else { return reply }
        let start = (0..<notice.count).last { notice[$0...].starts(with: key.name) } ?? 0
        let verdict = TSIGVerifier.verify(
            notice.span, signatureOffset: start, atSeconds: UInt64(time(nil)), key: { _ in key })
        guard case .verified(var session) = verdict else { return reply }
        session.sign(&reply, atSeconds: UInt64(time(nil)))
        return reply
    }

    @Test(arguments: [TSIGAlgorithm.sha384, nil]) func changesAreToldUntilTheyAreHeard(
        _ algorithm: TSIGAlgorithm?
    ) async throws {
        let key = algorithm.map(Self.key)
        let store = try NameserverTests.store(["example.com.": []])
        let secondary = try Datagrams()
        let stranger = try Datagrams()
        let change = { (settings: inout NameserverSettings) in
            settings.transfer.keys = [key].compactMap(\.self)
            settings.transfer.notifyDelay = .milliseconds(10)
            settings.transfer.secondaries = [
                .init(endpoint: secondary.endpoint, key: key?.name)
            ]
        }
        try await withServer(store, change: change) { endpoint, server in
            let (first, sender) = try #require(try secondary.receive())
            #expect(first[2] == 4 << 3 | 4)
            let ask = Header.sizeOctets + name("example.com").wire.count
            #expect(
                Array(first[Header.sizeOctets..<ask + 4])
                    == name("example.com").wire + [0, 6, 0, 1])
            let good = Self.reply(to: first, key: key)
            #expect((good.count > ask + 4) == (key != nil))
            // None of these counts: from elsewhere, another id, another zone, a question.
            try stranger.send(good, to: sender)
            for (place, octet) in [(1, good[1] ^ 1), (13, UInt8(ascii: "f")), (2, good[2] & 0x7F)] {
                var other = good
                other[place] = octet
                try secondary.send(other, to: sender)
            }
            if key != nil { try secondary.send(Self.reply(to: first, key: nil), to: sender) }
            let (second, _) = try #require(try secondary.receive())
            #expect(second[0...1] != first[0...1])
            // Nor does the answer to what was told before.
            try secondary.send(good, to: sender)
            let (third, _) = try #require(try secondary.receive())
            #expect(server.transfers[.noticeHeard] == 0)
            try secondary.send(Self.reply(to: third, key: key), to: sender)
            let deadline = ContinuousClock.now + .seconds(60)
            while server.transfers[.noticeHeard] == 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(server.transfers[.noticeHeard] == 1)
            #expect((server.transfers[.noticeLost] ?? 0) >= 2)
            let standing = try #require(server.transferStatistics.secondaries.first)
            #expect(standing.heard[name("example.com")] != nil)
            #expect(standing.unheard[name("example.com")] == nil)
            // A change is told again.
            try store.publish([
                .updated(
                    ZoneDifference(
                        apex: name("example.com"), removed: [],
                        changed: [soa("example.com.", serial: 2)]))
            ])
            #expect(try secondary.receive() != nil)
        }
    }
}
