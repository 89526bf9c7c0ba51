import DNSWire
import Inventory
import Nameserver
import Testing
import TestSupport
import Zones

/// Everything about copying zones but the secondaries themselves.
@Suite(.serialized) struct TransferTests {
    static let key = TSIGKey(
        name: name("xfr.example").wire, algorithm: .sha256,
        secret: Array("secret secret secret secret!".utf8))
    /// Its secret, as programs want it.
    static let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="

    static func allow(_ settings: inout NameserverSettings) {
        settings.transfer.networks = [CIDR("127.0.0.0/8")].compactMap(\.self)
    }

    /// A request for a zone; with a serial, for what changed since then.
    static func request(
        _ apex: String, since serial: UInt32? = nil, payloadOctets: UInt16? = nil
    ) -> [UInt8] {
        let type = serial == nil ? RecordTypeNumber.axfr : RecordTypeNumber.ixfr
        var wire = TestQuery(apex, type, payloadOctets: payloadOctets).wire
        guard let serial else { return wire }
        wire[9] = 1
        let end = Header.sizeOctets + name(apex).wire.count + 4
        var record: [UInt8] = [0xC0, 12, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0]
        for number in [serial, 0, 0, 0, 0] {
            record += octets(UInt16(number >> 16)) + octets(UInt16(truncatingIfNeeded: number))
        }
        wire.insert(contentsOf: record, at: end)
        return wire
    }

    /// All messages of a transfer, read to the second time that the first record comes as often as
    /// told: twice for whole zones.
    static func messages(
        _ stream: Stream, until isEnd: ([TestRecord]) -> Bool
    ) throws -> [TestAnswer] {
        var answers: [TestAnswer] = []
        var records: [TestRecord] = []
        repeat {
            let octets = try #require(try stream.receive())
            #expect(octets.count <= 16_384)
            let answer = try #require(TestAnswer(octets))
            answers.append(answer)
            records += answer.answer
            guard answer.code == 0, !answer.answer.isEmpty else { break }
        } while !isEnd(records)
        return answers
    }

    static func isWhole(_ records: [TestRecord]) -> Bool {
        records.count > 1 && records.last?.type == .soa
    }

    private static func records(_ sets: [RecordSet]) -> Set<String> {
        Set(
            sets.flatMap { set in
                (set.data.map { ($0, set.key.type) } + set.signatures.map { ($0, .rrsig) }).map {
                    data, type in
                    let record = TestRecord(
                        owner: set.key.owner.description, type: type, ttlSeconds: set.ttlSeconds,
                        data: data)
                    return "\(record)"
                }
            })
    }

    /// A store that is in step with a changing zone.
    private static func publish(_ changes: [ZoneChange], of zone: ChangingZone, to store: ZoneStore)
        throws
    {
        store.keep(zone.zones.journals.mapValues { .some($0) })
        try store.publish(changes)
    }

    /// Secondaries get nothing of a zone that is kept from them; everybody else goes on.
    @Test func aWithheldZoneIsNotSent() async throws {
        let store = ZoneStore()
        for apex in ["example.com.", "example.net."] {
            try store.publish([
                .replaced(
                    apex: name(apex),
                    sets: [
                        soa(apex), names(apex, .ns, "ns1.example.com."),
                        a("a.\(apex)", "192.0.2.1"),
                    ])
            ])
        }
        store.withhold([name("example.com.")])
        try await withServer(store, change: Self.allow) { endpoint, server in
            let stream = try Stream(endpoint)
            let ask = { (request: [UInt8]) in
                try stream.send(framed(request))
                let octets = try #require(try stream.receive())
                return try #require(TestAnswer(octets))
            }
            for serial in [nil, 1] as [UInt32?] {
                let refused = try ask(Self.request("example.com", since: serial))
                #expect(refused.code == 2 && refused.answer.isEmpty)
            }
            #expect(server.transfers[.refused] == 2)
            #expect(try ask(Self.request("example.net")).code == 0)
            #expect(try ask(TestQuery("a.example.com", .a).wire).answer.count == 1)
            #expect(try ask(TestQuery("example.com", .soa).wire).answer.count == 1)
            store.withhold([])
            #expect(try ask(Self.request("example.com")).answer.count > 1)
        }
    }

    // MARK: Whole zones

    @Test func aWholeZoneIsSentAsItIs() async throws {
        let apex = "example.com."
        var sets = [soa(apex), names(apex, .ns, "ns1.example.com.", "ns.example.net.")]
        sets += (0..<5_000).map { a("host\($0).example.com.", "192.0.2.1", "192.0.2.2") }
        sets += (0..<200).map { txt("a.b.t\($0).example.com.", String(repeating: "x", count: 200)) }
        // One set that is longer than a message, and one record that is.
        sets.append(
            RecordSet(
                owner: name("many.example.com."), type: .txt, ttlSeconds: 5,
                data: (0..<200).map { number in
                    [123] + Array("\(100 + number)".utf8) + Array(repeating: 0, count: 120)
                }))
        sets.append(
            RecordSet(
                owner: name("long.example.com."), type: RecordType(rawValue: 65_280),
                ttlSeconds: 5, data: [Array(repeating: 7, count: 200)]))
        sets.append(mx(apex, 5, "mail.example.com."))
        sets.append(names("alias.example.com.", .cname, "example.com."))
        let store = ZoneStore()
        try store.publish([.replaced(apex: name(apex), sets: sets)])
        let expected = Self.records(sets)
        try await withServer(store, change: Self.allow) { endpoint, server in
            let stream = try Stream(endpoint)
            try stream.send(framed(Self.request("example.com")))
            let answers = try Self.messages(stream, until: Self.isWhole)
            #expect(answers.count > 10)
            #expect(answers.allSatisfy { $0.id == 0x1234 && $0.isAuthoritative })
            #expect(
                answers.allSatisfy {
                    $0.question == name("example.com").wire + [0, 252, 0, 1]
                })
            let records = answers.flatMap(\.answer)
            #expect(records.first?.type == .soa && records.last == records.first)
            #expect(records.count == expected.count + 1)
            #expect(Set(records.map(\.description)) == expected)
            #expect(server.transfers[.wholeZone] == 1)
            let notes = server.takeTransferNotes()
            #expect(notes.map(\.event) == [.wholeZone] && notes.first?.zone == name("example.com"))
            #expect(notes.first?.client != nil && server.takeTransferNotes().isEmpty)
            // The connection goes on.
            try stream.send(framed(TestQuery("host1.example.com", .a).wire))
            #expect(try stream.receive().flatMap { TestAnswer($0) }?.answer.count == 2)
        }
    }

    @Test(arguments: [false, true])
    func aSignedZoneIsSentWithAllThatSigningMade(hashed: Bool) async throws {
        let more = (0..<2_000).map { number in
            let set = a("host\(number).example.", "192.0.2.1", "192.0.2.2")
            // Some with more than fits one message behind the set.
            let tags = number % 500 == 0 ? 0..<160 as Range<UInt16> : 0..<1
            return tags.dropFirst().reduce(set) {
                MadeSignatures.sign($0, apex: "example.", tag: 100 + $1)
            }
        }
        let sets = MadeSignatures.example(hashed: hashed, more: more)
        let store = ZoneStore()
        try store.publish([.replaced(apex: name("example."), sets: sets)])
        let expected = Self.records(sets)
        try await withServer(store, change: Self.allow) { endpoint, _ in
            let stream = try Stream(endpoint)
            try stream.send(framed(Self.request("example")))
            let records = try Self.messages(stream, until: Self.isWhole).flatMap(\.answer)
            #expect(records.first?.type == .soa && records.last == records.first)
            #expect(records.count == expected.count + 1)
            #expect(Set(records.map(\.description)) == expected)
        }
    }

    @Test func nobodyMayCopyUnlessToldSo() async throws {
        try await withServer(exampleStore()) { endpoint, server in
            let stream = try Stream(endpoint)
            for request in [Self.request("example.com"), Self.request("example.com", since: 1)] {
                try stream.send(framed(request))
                let answer = try #require(try stream.receive().flatMap { TestAnswer($0) })
                #expect(answer.code == ResponseCode.refused.rawValue && answer.answer.isEmpty)
            }
            #expect(server.transfers[.refused] == 2)
        }
        let elsewhere = { (settings: inout NameserverSettings) in
            settings.transfer.networks = [CIDR("192.0.2.0/24"), CIDR("::/0")].compactMap(\.self)
        }
        try await withServer(exampleStore(), change: elsewhere) { endpoint, _ in
            let stream = try Stream(endpoint)
            try stream.send(framed(Self.request("example.com")))
            #expect(try stream.receive().flatMap { TestAnswer($0) }?.code == 5)
        }
    }

    @Test func whatIsNoZoneIsNotSent() async throws {
        try await withServer(exampleStore(), change: Self.allow) { endpoint, _ in
            let stream = try Stream(endpoint)
            for (apex, code) in [
                ("www.example.com", ResponseCode.notAuthorized), ("com", .notAuthorized),
                ("sub.example.com", .notAuthorized), (".", .notAuthorized),
            ] {
                try stream.send(framed(Self.request(apex)))
                #expect(
                    try stream.receive().flatMap { TestAnswer($0) }?.code == code.rawValue)
            }
            var other = TestQuery("example.com", RecordTypeNumber.axfr)
            other.recordClass = 3
            try stream.send(framed(other.wire))
            #expect(try stream.receive().flatMap { TestAnswer($0) }?.code == 5)
            // A request for changes says since when.
            try stream.send(framed(TestQuery("example.com", RecordTypeNumber.ixfr).wire))
            #expect(try stream.receive().flatMap { TestAnswer($0) }?.code == 1)
            let datagrams = try Datagrams()
            try datagrams.send(Self.request("example.com"), to: endpoint)
            #expect(try datagrams.receive().flatMap { TestAnswer($0.octets) }?.code == 5)
        }
    }

    // MARK: Changes

    /// A zone of 300 guests and fifty changes, in step with a store.
    private static func changing() throws -> (ChangingZone, ZoneStore, serials: [UInt32]) {
        var zone = ChangingZone()
        for guest in 0..<300 { zone.set(guest, address: guest) }
        _ = zone.commit()
        let store = ZoneStore()
        try publish(zone.zones.replacements, of: zone, to: store)
        var serials = [zone.serial.number]
        for step in 0..<50 {
            zone.set(step, address: 1_000 + step)
            if step % 5 == 0 { zone.set(299 - step, address: nil) }
            try publish(zone.commit(), of: zone, to: store)
            serials.append(zone.serial.number)
        }
        return (zone, store, serials)
    }

    /// A secondary's copy after a transfer of changes.
    private static func apply(_ records: [TestRecord], to copy: Set<String>) throws -> Set<String> {
        var copy = copy
        let last = try #require(records.first)
        #expect(records.last == last)
        var isRemoving = false
        for record in records.dropFirst().dropLast() {
            if record.type == .soa { isRemoving.toggle() }
            if isRemoving {
                #expect(copy.remove("\(record)") != nil, "\(record) is not there")
            } else {
                #expect(copy.insert("\(record)").inserted, "\(record) is there")
            }
        }
        return copy
    }

    @Test func changesLeadOnFromEverySerial() async throws {
        var zone = ChangingZone()
        for guest in 0..<300 { zone.set(guest, address: guest) }
        _ = zone.commit()
        let store = ZoneStore()
        try Self.publish(zone.zones.replacements, of: zone, to: store)
        var versions: [(UInt32, Set<String>)] = []
        for step in 0..<40 {
            versions.append(
                (zone.serial.number, Self.records(zone.zones.zones[zone.apex]?.allSets ?? [])))
            zone.set(step, address: 1_000 + step)
            if step % 5 == 0 { zone.set(299 - step, address: nil) }
            try Self.publish(zone.commit(), of: zone, to: store)
        }
        let (copies, present) = (
            versions, Self.records(zone.zones.zones[zone.apex]?.allSets ?? [])
        )
        try await withServer(store, change: Self.allow) { endpoint, server in
            let stream = try Stream(endpoint)
            for (serial, copy) in copies {
                try stream.send(framed(Self.request("example.com", since: serial)))
                let records = try Self.messages(stream) { records in
                    records.count > 1 && records.last == records.first
                        && records.count { $0 == records[0] } == 3
                }.flatMap(\.answer)
                #expect(try Self.apply(records, to: copy) == present)
            }
            #expect(server.transfers[.changes] == UInt64(copies.count))
            #expect(server.transfers[.wholeZone] == 0)
        }
    }

    @Test func aClientThatHasItIsToldTheSerialAlone() async throws {
        let (zone, store, _) = try Self.changing()
        let serial = zone.serial.number
        try await withServer(store, change: Self.allow) { endpoint, server in
            let stream = try Stream(endpoint)
            // The present one, and one that another node has already.
            for serial in [serial, serial + 10] {
                try stream.send(framed(Self.request("example.com", since: serial)))
                let answer = try #require(try stream.receive().flatMap { TestAnswer($0) })
                #expect(answer.answer.map(\.type) == [.soa] && answer.code == 0)
            }
            #expect(server.transfers[.onlySerial] == 2)
        }
    }

    @Test func anUnknownSerialGetsTheWholeZone() async throws {
        let (zone, store, _) = try Self.changing()
        let present = Self.records(zone.zones.zones[zone.apex]?.allSets ?? [])
        let serial = zone.serial.number
        try await withServer(store, change: Self.allow) { endpoint, server in
            let stream = try Stream(endpoint)
            try stream.send(framed(Self.request("example.com", since: serial - 100_000)))
            let records = try Self.messages(stream, until: Self.isWhole).flatMap(\.answer)
            #expect(Set(records.map(\.description)) == present)
            #expect(server.transfers[.wholeZone] == 1)
        }
    }

    @Test func overUDPWhatFitsIsSentElseTheSerial() async throws {
        let (_, store, serials) = try Self.changing()
        let last = try #require(serials.dropLast().last)
        let first = try #require(serials.first)
        try await withServer(store, change: Self.allow) { endpoint, _ in
            let datagrams = try Datagrams()
            try datagrams.send(
                Self.request("example.com", since: last, payloadOctets: 1_232), to: endpoint)
            let small = try #require(try datagrams.receive()).octets
            #expect(small.count <= 1_232)
            #expect(try #require(TestAnswer(small)).answer.count > 4)
            for (serial, payload) in [(first, UInt16(1_232)), (1, 1_232)] {
                try datagrams.send(
                    Self.request("example.com", since: serial, payloadOctets: payload),
                    to: endpoint)
                let answer = try #require(
                    try datagrams.receive().flatMap { TestAnswer($0.octets) })
                #expect(answer.answer.map(\.type) == [.soa] && !answer.isTruncated)
            }
        }
    }

    // MARK: Bounds

    /// A zone of some megabytes, more than sockets hold.
    private static func largeStore() throws -> ZoneStore {
        try store([
            "example.com.": (0..<40_000).map {
                txt("t\($0).example.com.", String(repeating: "x", count: 250))
            }
        ])
    }

    @Test func aClientThatReadsNothingHoldsNobodyUp() async throws {
        try await withServer(Self.largeStore(), change: Self.allow) { endpoint, server in
            let slow = try Stream(endpoint)
            try slow.send(framed(Self.request("example.com")))
            let other = try Stream(endpoint)
            for _ in 0..<200 {
                try other.send(framed(TestQuery("t7.example.com", .txt).wire))
                #expect(try other.receive() != nil)
            }
            try other.send(framed(Self.request("example.com")))
            let answers = try Self.messages(other, until: Self.isWhole)
            #expect(answers.reduce(0) { $0 + $1.answer.count } == 40_003)
            let late = try Self.messages(slow, until: Self.isWhole)
            #expect(late.reduce(0) { $0 + $1.answer.count } == 40_003)
            #expect(server.transfers[.wholeZone] == 2)
        }
    }

    @Test func thereIsABoundForTransfersAtOneTime() async throws {
        let change = { (settings: inout NameserverSettings) in
            Self.allow(&settings)
            settings.transfer.transfers = 1
        }
        try await withServer(Self.largeStore(), change: change) { endpoint, server in
            var slow: Stream? = try Stream(endpoint)
            try slow?.send(framed(Self.request("example.com")))
            _ = try slow?.receive()
            let other = try Stream(endpoint)
            try other.send(framed(Self.request("example.com")))
            #expect(try other.receive().flatMap { TestAnswer($0) }?.code == 2)
            // Broken off in the middle, it makes room.
            slow = nil
            let deadline = ContinuousClock.now + .seconds(60)
            var code: UInt16?
            while ContinuousClock.now < deadline, code != 0 {
                try other.send(framed(Self.request("example.com")))
                code = try other.receive().flatMap { TestAnswer($0) }?.code
                if code != 0 { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(code == 0)
            #expect((server.transfers[.refused] ?? 0) >= 1)
        }
    }

    @Test(arguments: [true, false]) func aTransferThatTakesTooLongIsBrokenOff(
        byIdleTime: Bool
    ) async throws {
        let change = { (settings: inout NameserverSettings) in
            Self.allow(&settings)
            if byIdleTime {
                settings.tcp.idleTimeout = .milliseconds(300)
            } else {
                settings.transfer.timeout = .milliseconds(300)
            }
        }
        try await withServer(Self.largeStore(), change: change) { endpoint, server in
            let slow = try Stream(endpoint)
            try slow.send(framed(Self.request("example.com")))
            try await Task.sleep(for: .seconds(1))
            // What was on the way comes, and then the end, too early.
            var records = 0
            while let octets = try slow.receive() {
                records += TestAnswer(octets)?.answer.count ?? 0
            }
            #expect(records > 0 && records < 40_003)
            #expect(server.transfers[.wholeZone] == 0)
        }
    }

    @Test func theZoneStaysTheSameDuringATransfer() async throws {
        let store = try Self.largeStore()
        try await withServer(store, change: Self.allow) { endpoint, _ in
            let slow = try Stream(endpoint)
            try slow.send(framed(Self.request("example.com")))
            let first = try #require(try slow.receive().flatMap { TestAnswer($0) })
            for serial in 2..<100 as Range<UInt32> {
                try store.publish([
                    .updated(
                        ZoneDifference(
                            apex: name("example.com"), removed: [],
                            changed: [
                                soa("example.com.", serial: serial),
                                txt("t\(39_000 + serial).example.com.", "new"),
                            ]))
                ])
            }
            let rest = try Self.messages(slow) { $0.last?.type == .soa }.flatMap(\.answer)
            #expect(rest.last == first.answer.first)
            #expect(!rest.contains { $0.data == Array("\u{3}new".utf8) })
        }
    }
}
