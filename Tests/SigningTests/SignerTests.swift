import Inventory
import Signing
import Testing
import Zones

@Suite struct SignerTests {
    static let policies: [SigningPolicy] = SigningPolicy.Algorithm.allCases.flatMap { algorithm in
        SigningPolicy.Denial.allCases.flatMap { denial in
            [false, true].map {
                SigningPolicy(algorithm: algorithm, denial: denial, usesSeparateKeys: $0)
            }
        }
    }

    @Test(arguments: policies)
    func oddZone(_ policy: SigningPolicy) throws {
        var rig = try SigningRig(policy)
        rig.fillWithOddities()
        try rig.settle()
        #expect(rig.steps.count == 1)
        try Verifiers.accept(rig)
        try SignatureChecks.check(rig, atSeconds: rig.now)
        try rig.expectSameFromScratch()
    }

    /// What the other programs are good for.
    @Test(arguments: [SigningPolicy.Denial.nsec, .nsec3])
    func verifiersNoticeMistakes(_ denial: SigningPolicy.Denial) throws {
        var rig = try SigningRig(SigningPolicy(denial: denial))
        rig.fillWithOddities()
        try rig.settle()
        let key = try #require(
            rig.published.keys.sorted().last { $0.type == .nsec || $0.type == .nsec3 })
        rig.published[key] = nil
        for program in Verifiers.programs { #expect(try !Verifiers.accepts(rig, program)) }
    }

    @Test(arguments: policies)
    func firstSigningInBatches(_ policy: SigningPolicy) throws {
        var rig = try SigningRig(policy)
        rig.fillWithOddities()
        for number in 0..<200 { rig.set("h\(number).sub.example.com", .a, [10, 0, 0, 1]) }
        rig.setLimit = 40
        let made = try rig.settle()
        #expect(made.count > 5)
        for publication in made.dropLast() { #expect(!publication.isComplete) }
        #expect(made.last?.isComplete == true)
        // Each set but the SOA is signed once.
        let written = made.flatMap { $0.changed.map(\.key) }.filter { $0.type != .soa }
        #expect(Set(written).count == written.count)
        #expect(made.allSatisfy { $0.removed.isEmpty })
        try Verifiers.accept(rig)
        try rig.expectSameFromScratch()
    }

    /// Another node leads before everything is signed for the first time.
    @Test(arguments: [SigningPolicy.Denial.nsec, .nsec3])
    func firstSigningByTwoLeaders(_ denial: SigningPolicy.Denial) throws {
        var rig = try SigningRig(SigningPolicy(denial: denial))
        rig.fillWithOddities()
        rig.setLimit = 7
        while try rig.step()?.isComplete != true {
            rig.changeLeader()
            try #require(rig.steps.count < 100)
        }
        try rig.settle()
        try Verifiers.accept(rig)
        try rig.expectSameFromScratch()
    }

    /// What comes while the first signing is under way is part of it.
    @Test func changesDuringFirstSigning() throws {
        var rig = try SigningRig(SigningPolicy(denial: .nsec3))
        rig.fillWithOddities()
        rig.setLimit = 10
        for number in 0..<8 {
            try rig.step()
            rig.set("new\(number).example.com", .a, [10, 0, 0, UInt8(number)])
            rig.set("www.example.com", .a, [10, 0, 1, UInt8(number)])
            if number == 4 { rig.set("e2.d.e.example.com", .a) }
        }
        try rig.settle()
        try Verifiers.accept(rig)
        try rig.expectSameFromScratch()
    }

    @Test func oneChangeWritesItsNeighboursOnly() throws {
        var rig = try SigningRig()
        rig.fillWithOddities()
        try rig.settle()
        rig.now += 5
        // Other data: the set and the SOA.
        rig.set("www.example.com", .a, [192, 0, 2, 99])
        var made = try rig.settle()
        #expect(
            made.map { $0.changed.map(\.key.description) } == [
                ["example.com. SOA", "www.example.com. A"]
            ])
        // Another type: its NSEC set, too.
        rig.set("www.example.com", .txt, [1, 65])
        made = try rig.settle()
        #expect(
            made.map { $0.changed.map(\.key.description) } == [
                ["example.com. SOA", "www.example.com. TXT", "www.example.com. NSEC"]
            ])
        // A new name: that of the name before.
        rig.set("wwx.example.com", .a, [192, 0, 2, 100])
        made = try rig.settle()
        #expect(
            made.map { $0.changed.map(\.key.description) } == [
                [
                    "example.com. SOA", "www.example.com. NSEC", "wwx.example.com. A",
                    "wwx.example.com. NSEC",
                ]
            ])
        rig.set("wwx.example.com", .a)
        made = try rig.settle()
        #expect(
            made.map { $0.changed.map(\.key.description) } == [
                ["example.com. SOA", "www.example.com. NSEC"]
            ])
        #expect(
            made.map { $0.removed.map(\.description) } == [
                ["wwx.example.com. A", "wwx.example.com. NSEC"]
            ])
        #expect(try rig.step() == nil)
    }

    /// A zone below ip6.arpa would have 32 names without content for each address.
    @Test func reverseZonesHaveNSEC() throws {
        var rig = try SigningRig(SigningPolicy(denial: .nsec3), apex: "8.b.d.0.1.0.0.2.ip6.arpa")
        rig.set("1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", .ptr, wire("www.example.com"))
        try rig.settle()
        #expect(!rig.published.keys.contains { $0.type == .nsec3 || $0.type == .nsec3param })
        try Verifiers.accept(rig)
    }

    @Test func tooLongForHashes() throws {
        let label = String(repeating: "l", count: 60)
        let apex = "\(label).\(label).\(label).\(label.dropLast(18))"
        var rig = try SigningRig(SigningPolicy(denial: .nsec3), apex: apex)
        #expect(throws: SigningError.nameTooLong(rig.apex)) { try rig.step() }
    }

    @Test(arguments: [SigningPolicy.Denial.nsec, .nsec3])
    func timesToLiveFollowTheSOA(_ denial: SigningPolicy.Denial) throws {
        var rig = try SigningRig(SigningPolicy(denial: denial))
        rig.fillWithOddities()
        try rig.settle()
        let type: RecordType = denial == .nsec ? .nsec : .nsec3
        let ttls = { (rig: SigningRig) in
            Set(rig.published.values.filter { $0.key.type == type }.map(\.ttlSeconds))
        }
        #expect(ttls(rig) == [60])
        rig.minimum = 900
        rig.set("www.example.com", .a, [192, 0, 2, 77])
        rig.setLimit = 10
        try rig.settle()
        #expect(ttls(rig) == [300])
        try Verifiers.accept(rig)
        try rig.expectSameFromScratch()
    }

    @Test(arguments: [SigningPolicy.Denial.nsec, .nsec3])
    func fromOneDenialToTheOther(_ denial: SigningPolicy.Denial) throws {
        var rig = try SigningRig(SigningPolicy(denial: denial))
        rig.fillWithOddities()
        try rig.settle()
        rig.policy.denial = denial == .nsec ? .nsec3 : .nsec
        rig.changeLeader()
        rig.setLimit = 9
        let before = rig.steps.count
        // A change waits until the new chain is whole.
        rig.set("new.example.com", .a, [192, 0, 2, 77])
        let mark = rig.key(rig.apex, .nsec3param)
        let hadMark = rig.published[mark] != nil
        while (rig.published[mark] != nil) == hadMark {
            let made = try #require(try rig.step())
            #expect(made.removed.allSatisfy { $0 == mark })
            #expect(!made.changed.contains { $0.key.type == .a })
            if rig.steps.count % 3 == 0 { rig.changeLeader() }
        }
        #expect(rig.steps.count > before + 3)
        try rig.settle()
        #expect(rig.published[rig.key(try #require(DomainName("new.example.com")), .a)] != nil)
        try Verifiers.accept(rig)
        try rig.expectSameFromScratch()
    }
}

extension RecordSetKey {
    fileprivate var description: String { "\(owner) \(type)" }
}
