import Inventory
import Signing
import Testing
import Zones

/// Delegations and redirections that come and go above names.
@Suite struct DivisionTests {
    private func filled(_ denial: SigningPolicy.Denial, names: Int) throws -> SigningRig {
        var rig = try SigningRig(SigningPolicy(algorithm: .ed25519, denial: denial))
        rig.set("a.example.com", .a, [192, 0, 2, 1])
        rig.set("z.example.com", .a, [192, 0, 2, 1])
        for number in 0..<names { rig.set("h\(number).sub.example.com", .a, [192, 0, 2, 2]) }
        try rig.settle()
        return rig
    }

    @Test(arguments: SigningPolicy.Denial.allCases)
    func delegationComesAndGoes(_ denial: SigningPolicy.Denial) throws {
        var rig = try filled(denial, names: 20)
        rig.set("sub.example.com", .ns, wire("ns.test"))
        let made = try rig.settle()
        #expect(made.count == 1)
        try Verifiers.accept(rig)
        try rig.expectSameFromScratch()
        let glue = try #require(DomainName("h7.sub.example.com"))
        #expect(rig.published[rig.key(glue, .a)]?.signatures == [])
        #expect(rig.published[rig.key(glue, .nsec)] == nil)
        rig.set("sub.example.com", .ds, [0x30, 1, 13, 2] + Array(repeating: 1, count: 32))
        try rig.settle()
        try Verifiers.accept(rig)
        rig.set("sub.example.com", .ns)
        rig.set("sub.example.com", .ds)
        try rig.settle()
        try Verifiers.accept(rig)
        try rig.expectSameFromScratch()
        #expect(rig.published[rig.key(glue, .a)]?.signatures.count == 1)
    }

    /// More names lie below than one publication holds: each version is right all the same.
    @Test(arguments: SigningPolicy.Denial.allCases)
    func manyNamesBelow(_ denial: SigningPolicy.Denial) throws {
        var rig = try filled(denial, names: 60)
        rig.setLimit = 20
        rig.set("sub.example.com", .ns, wire("ns.test"))
        rig.set("a.example.com", .txt, [1, 65])
        while let made = try rig.step() {
            #expect(made.changed.count + made.removed.count < 100)
            try Verifiers.accept(rig)
            try #require(rig.steps.count < 100)
        }
        #expect(rig.steps.count > 4)
        try rig.expectSameFromScratch()
        // Something else that hides them, and back.
        rig.set("sub.example.com", .ns)
        rig.set("sub.example.com", .dname, wire("elsewhere.test"))
        try rig.settle()
        try rig.expectSameFromScratch()
        rig.set("sub.example.com", .dname)
        rig.set("sub.example.com", .ns, wire("ns.test"))
        try rig.settle()
        let steps = rig.steps.count
        rig.set("sub.example.com", .ns)
        rig.changeLeader()
        while try rig.step() != nil {
            try Verifiers.accept(rig)
            try #require(rig.steps.count < 200)
        }
        #expect(rig.steps.count > steps + 4)
        #expect(rig.open.isEmpty)
        try rig.expectSameFromScratch()
    }

    /// An alias takes the place of other sets, and they of it, without ever standing beside them.
    @Test func aliasesAreAlone() throws {
        var rig = try filled(.nsec, names: 0)
        rig.setLimit = 1
        rig.set("a.example.com", .a)
        rig.set("a.example.com", .cname, wire("z.example.com"))
        while try rig.step() != nil { try Verifiers.accept(rig) }
        rig.set("a.example.com", .cname)
        rig.set("a.example.com", .a, [192, 0, 2, 3])
        rig.set("a.example.com", .aaaa, Array(repeating: 1, count: 16))
        while try rig.step() != nil { try Verifiers.accept(rig) }
        #expect(rig.open.isEmpty)
    }

    /// Sets of the largest size go one by one.
    @Test func publicationsHaveALimitInOctets() throws {
        var rig = try filled(.nsec, names: 0)
        let text = Array(repeating: [UInt8(255)] + Array(repeating: 65, count: 255), count: 250)
        for number in 0..<40 { rig.set("big\(number).example.com", .txt, Array(text.joined())) }
        let made = try rig.settle()
        #expect(made.count > 3)
        for publication in made {
            let octets = publication.changed.reduce(0) { sum, set in
                sum + (set.data + set.signatures).reduce(300) { $0 + $1.count }
            }
            #expect(octets < 900 * 1_024)
        }
    }
}
