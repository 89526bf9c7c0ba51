import Inventory
import Nameserver
import Testing
import Zones

/// What the store takes and refuses.
@Suite struct PublishTests {
    private func refusal(_ changes: [ZoneChange], of store: ZoneStore) -> NameserverError? {
        do throws(NameserverError) {
            try store.publish(changes)
            return nil
        } catch {
            return error
        }
    }

    private func update(_ changed: [RecordSet], removed: [RecordSetKey] = []) -> ZoneChange {
        .updated(ZoneDifference(apex: name("example.com."), removed: removed, changed: changed))
    }

    private func data(_ owner: String, _ type: RecordType, _ data: [UInt8]...) -> RecordSet {
        RecordSet(owner: name(owner), type: type, ttlSeconds: 1, data: data)
    }

    @Test(
        arguments: [
            (.a, [[1, 2, 3]]), (.a, [[1, 2, 3, 4, 5]]), (.aaaa, [[1, 2, 3, 4]]),
            (.ns, [[3, 119, 119, 119]]), (.ns, [[0xC0, 0]]), (.ns, [[1, 97, 0xC0, 0]]),
            (.mx, [[0]]),
            (.mx, [[0, 1]]), (.txt, [[5, 97]]), (.soa, [[0, 0, 1]]), (.srv, [[0, 1, 0, 2, 0, 3]]),
            (.cname, [[0, 0]]), (.a, [[]]), (.cname, [[0], [1, 97, 0]]),
            (RecordType(rawValue: 0), [[]]), (RecordType(rawValue: 41), [[]]),
            (RecordType(rawValue: 255), [[1]]),
        ] as [(RecordType, [[UInt8]])])
    func invalidDataIsRefusedByOwnerAndType(type: RecordType, data: [[UInt8]]) throws {
        let store = try exampleStore()
        let before = store.statistics
        let bad = RecordSet(
            owner: name("bad.example.com."), type: type, ttlSeconds: 1, data: data)
        let good = a("good.example.com.", "192.0.2.99")
        guard
            case .invalidData(let owner, let refused, let reason) = refusal(
                [update([good]), update([bad])], of: store)
        else {
            Issue.record("\(type) \(data) was taken")
            return
        }
        #expect(owner == name("bad.example.com.") && refused == type && !reason.isEmpty)
        #expect(store.statistics == before)
        #expect(try TestServer(store).ask("good.example.com", .a).code == 3)
    }

    /// ldns has asserts that end the process on some input; none may be within reach of data.
    @Test func randomDataIsTakenOrRefused() throws {
        let store = try exampleStore()
        let server = TestServer(store)
        var random = SeededGenerator(state: 9)
        for _ in 0..<30_000 {
            let type = RecordType(rawValue: UInt16(random.next(below: 270)))
            let count = random.next(below: 40)
            // Small numbers make plausible lengths and labels.
            let data = (0..<count).map { _ in UInt8(random.next(below: random.next(below: 255) + 1))
            }
            let set = RecordSet(
                owner: name("r.example.com."), type: type, ttlSeconds: 1, data: [data])
            // Owners of hashes are no names: nobody finds them.
            guard type != .nsec3, refusal([update([set])], of: store) == nil else { continue }
            let answer = try server.ask("r.example.com", .txt, over: .tcp)
            #expect(answer.code == 0, "\(type) \(data)")
            try store.publish([update([], removed: [set.key])])
        }
    }

    @Test func unknownTypesPassAsTheyAre() throws {
        let store = try exampleStore()
        let unknown = RecordType(rawValue: 65_280)
        try store.publish([update([data("x.example.com.", unknown, [], [0xC0, 0, 1])])])
        let answer = try TestServer(store).ask("x.example.com", unknown)
        #expect(answer.answer.map(\.data) == [[], [0xC0, 0, 1]])
    }

    @Test func aSetTooLargeForAnyAnswerIsRefused() throws {
        let texts = (0..<300).map { index -> [UInt8] in
            [250] + octets(UInt16(index)) + Array(repeating: 97, count: 248)
        }
        let most = RecordSet(
            owner: name("t.example.com."), type: .txt, ttlSeconds: 1, data: texts[..<248])
        let store = try exampleStore()
        try store.publish([update([most])])
        let answer = try TestServer(store).ask("t.example.com", .txt, over: .tcp)
        #expect(answer.answer.count == 248 && !answer.isTruncated)
        let more = RecordSet(
            owner: name("t.example.com."), type: .txt, ttlSeconds: 1, data: texts)
        guard case .setTooLarge = refusal([update([more])], of: store) else {
            Issue.record("a set of 78,900 octets was taken")
            return
        }
    }

    @Test func whatLiesOutsideItsZoneIsRefused() throws {
        let store = try exampleStore()
        let away = a("www.example.org.", "192.0.2.1")
        #expect(
            refusal([update([away])], of: store)
                == .outsideZone(owner: name("www.example.org."), apex: name("example.com.")))
        // A name that only ends in the same letters.
        #expect(refusal([update([a("myexample.com.", "192.0.2.1")])], of: store) != nil)
    }

    @Test func aZoneNeedsItsSOA() throws {
        let store = try exampleStore()
        let apex = name("example.com.")
        let missing = NameserverError.missingStartOfAuthority(apex: apex)
        #expect(refusal([.replaced(apex: apex, sets: [])], of: store) == missing)
        let key = RecordSetKey(owner: apex, type: .soa)
        #expect(refusal([update([], removed: [key])], of: store) == missing)
        #expect(try TestServer(store).ask("example.com", .soa).answer.count == 1)
    }

    @Test func zonesThatAreNotServedCanBeRemovedButNotUpdated() throws {
        let apex = name("example.org.")
        let difference = ZoneDifference(apex: apex, removed: [], changed: [])
        let store = try exampleStore()
        #expect(refusal([.updated(difference)], of: store) == .unknownZone(apex: apex))
        try store.publish([.removed(apex: apex)])
    }

    @Test func aSetTwiceIsRefused() throws {
        let set = a("x.example.com.", "192.0.2.1")
        #expect(
            refusal([update([set, set])], of: try exampleStore())
                == .duplicateSet(owner: name("x.example.com."), type: .a))
    }

    @Test func labelsMayHoldAnyOctet() throws {
        let odd = try #require(DomainName(label: [0, 1, 2, 0xFF, 46], in: name("example.com.")))
        let below = try #require(DomainName(label: [1], in: odd))
        let store = try exampleStore()
        try store.publish([
            update([
                RecordSet(owner: odd, type: .a, ttlSeconds: 1, data: [[1, 2, 3, 4]]),
                RecordSet(owner: below, type: .cname, ttlSeconds: 1, data: [odd.wire]),
            ])
        ])
        var query = TestQuery(".", .a)
        query.name = below.wire
        #expect(try TestServer(store).ask(query).answer.map(\.type) == [.cname, .a])
        query.name = [1, 0] + odd.wire
        #expect(try TestServer(store).ask(query).code == 3)
    }

    @Test func manyNamesAreFoundAndForgotten() throws {
        let store = try exampleStore()
        let hosts = (0..<5_000).map { a("h\($0).example.com.", "10.0.0.1") }
        try store.publish([update(hosts)])
        let server = TestServer(store)
        for index in stride(from: 0, to: 5_000, by: 7) {
            #expect(try server.ask("h\(index).example.com", .a).answer.count == 1)
        }
        try store.publish([update([], removed: hosts.map(\.key))])
        #expect(store.statistics == (try exampleStore()).statistics.with(store.statistics))
        for index in stride(from: 0, to: 5_000, by: 7) {
            #expect(try server.ask("h\(index).example.com", .a).code == 3)
        }
    }
}

extension TableSnapshot.Statistics {
    /// The same zones, names, sets and live octets, with another's memory.
    fileprivate func with(_ other: Self) -> Self? {
        zones == other.zones && names == other.names && recordSets == other.recordSets
            && liveOctets == other.liveOctets ? other : nil
    }
}
