import ClusterState
import Inventory
import Testing
import Zones

/// Who gets which address.
@Suite struct ClaimTests {
    private var cluster: ClusterUnderTest
    private let pool: ClaimPool

    init() throws {
        cluster = try ClusterUnderTest(["pve1"])
        pool = ClaimPool(try #require(CIDR("10.0.5.0/29")))
    }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private func range(_ first: String, _ last: String) throws -> AddressRange {
        try #require(AddressRange(first: try address(first), last: try address(last)))
    }

    private mutating func claim(
        _ key: ClaimKey, _ strategy: ClaimStrategy = .sequential, in pool: ClaimPool? = nil,
        range: AddressRange? = nil, excluded: [AddressRange] = [], lifeSeconds: UInt64 = 600
    ) throws -> Outcome {
        try cluster.apply(
            .claim(
                ClaimRequest(
                    pool: pool ?? self.pool, key: key, range: range, excluded: excluded,
                    strategy: strategy, lifeSeconds: lifeSeconds)), by: 1)
    }

    private mutating func settle(
        _ action: ClaimSettlement.Action, _ key: ClaimKey, at index: UInt64? = nil
    ) throws -> Outcome {
        try cluster.apply(
            .settleClaim(
                ClaimSettlement(action, pool: pool, key: key, grantedAtIndex: index)), by: 1)
    }

    private func text(_ outcome: Outcome) -> String {
        switch outcome {
        case .claimed(let claim): "\(claim.address)"
        case .refused(let refusal): "\(refusal.reason) \(refusal.detail)"
        default: "\(outcome)"
        }
    }

    @Test mutating func addressesAreGivenInOrderUntilNoneIsLeft() throws {
        for last in 1...6 {
            #expect(try text(claim(.token("t\(last)"))) == "10.0.5.\(last)")
        }
        #expect(try text(claim(.token("t7"))) == "subnetFull 10.0.5.0/29")
        _ = try settle(.release, .token("t3"))
        try cluster.restart()
        #expect(try text(claim(.token("t7"))) == "10.0.5.3")
    }

    @Test mutating func whoeverAsksAgainGetsTheSame() throws {
        let first = try claim(.token("a"))
        _ = try claim(.token("b"))
        #expect(try text(claim(.token("a"), .random(seed: 9))) == text(first))
        // By the same command index: it is the same grant.
        guard case .claimed(let claim) = first,
            case .claimed(let again) = try self.claim(.token("a"))
        else {
            Issue.record("not claimed")
            return
        }
        #expect(again.grantedAtIndex == claim.grantedAtIndex)
        #expect(cluster.state.claims.count == 2)
        // One that is not confirmed may move; one that is may not.
        #expect(try text(self.claim(.token("a"), .exactly(address("10.0.5.5")))) == "10.0.5.5")
        _ = try settle(.confirm, .token("a"))
        #expect(
            try text(self.claim(.token("a"), .exactly(address("10.0.5.6"))))
                == "held a at 10.0.5.5")
        #expect(
            try text(self.claim(.token("a"), range: range("10.0.5.1", "10.0.5.2")))
                == "held a at 10.0.5.5")
        #expect(try text(self.claim(.token("c"))) == "10.0.5.1")
    }

    @Test mutating func conflictsSayWhoHasIt() throws {
        let report = try ClusterUnderTest.report(101, on: "pve1", "10.0.5.2")
        try cluster.apply(.reportGuests([report]), by: 1)
        try cluster.apply(
            .reportHosts([Host(name: "pve1", addresses: [address("10.0.5.4")])]), by: 1)
        _ = try claim(.token("a"), .exactly(address("10.0.5.1")))
        let gateway = [AddressRange(try address("10.0.5.3"))]
        let cases: [(String, String)] = [
            ("10.0.5.1", "held a"), ("10.0.5.2", "inUse 101"), ("10.0.5.3", "excluded 10.0.5.3"),
            ("10.0.5.4", "excluded 10.0.5.4"), ("10.0.5.0", "excluded 10.0.5.0"),
            ("10.0.5.7", "excluded 10.0.5.7"), ("10.0.6.1", "outsideRange 10.0.6.1"),
            ("10.0.5.6", "outsideRange 10.0.5.6"), ("10.0.5.5", "10.0.5.5"),
        ]
        for (wanted, expected) in cases {
            let outcome = try claim(
                .token("b"), .exactly(address(wanted)), range: range("10.0.5.0", "10.0.5.7"),
                excluded: gateway)
            guard wanted == "10.0.5.6" else {
                #expect(text(outcome) == expected, "\(wanted)")
                continue
            }
            let cut = try claim(
                .token("b"), .exactly(address(wanted)), range: range("10.0.5.1", "10.0.5.5"))
            #expect(text(cut) == expected)
            _ = try settle(.release, .token("b"))
        }
        // What is left by then.
        #expect(try text(claim(.token("c"), excluded: gateway)) == "10.0.5.6")
    }

    @Test mutating func aGuestMayClaimItsOwnAddressAndNobodyElse() throws {
        let report = try ClusterUnderTest.report(101, on: "pve1", "10.0.5.2")
        try cluster.apply(.reportGuests([report]), by: 1)
        let own = ClaimKey.mac(try #require(ClusterUnderTest.mac(101)))
        #expect(try text(claim(.token("101"), .exactly(address("10.0.5.2")))) == "inUse 101")
        #expect(try text(claim(own)) == "10.0.5.2")
        #expect(try text(settle(.confirm, own)) == "10.0.5.2")
        // It stopped long ago; its claim stands.
        for _ in 0..<20 { try cluster.advance(by: 290) }
        #expect(cluster.state.claim(of: own, in: pool)?.expiresAtSeconds == nil)
        #expect(try text(claim(.token("a"), .exactly(address("10.0.5.2")))) == "held \(own)")
        #expect(cluster.state.guests(using: ScopedAddress(try address("10.0.5.2"))).count == 1)
    }

    @Test mutating func whatIsNotConfirmedExpiresByTheLeadersClockAlone() throws {
        _ = try claim(.token("a"))
        _ = try claim(.token("b"))
        _ = try settle(.confirm, .token("b"))
        cluster.time += 590
        // Time passes for whoever proposes; nothing expires by it.
        let far = cluster.propose([.pausePublishing(false)], by: 1)
        cluster.time += 86_400
        try cluster.apply(far)
        try cluster.apply(.pausePublishing(false), by: 1)
        #expect(cluster.state.claims.count == 2)
        cluster.time -= 86_400 + 590
        try cluster.advance(by: 599)
        #expect(cluster.state.claims.count == 2)
        #expect(cluster.state.nextDueSeconds.map { $0 >= cluster.time } ?? false)
        try cluster.restart()
        try cluster.advance(by: 1_000)
        #expect(cluster.state.claims.map(\.key) == [.token("b")])
        #expect(try text(claim(.token("c"))) == "10.0.5.1")
    }

    @Test mutating func anotherGrantIsLeftAlone() throws {
        guard case .claimed(let first) = try claim(.token("a")) else {
            Issue.record("not claimed")
            return
        }
        _ = try settle(.release, .token("a"), at: first.grantedAtIndex)
        guard case .claimed(let second) = try claim(.token("a")) else {
            Issue.record("not claimed")
            return
        }
        // A release that came late.
        let late = try settle(.release, .token("a"), at: first.grantedAtIndex)
        #expect(late.refusal == Refusal(.otherGrant, "\(second.grantedAtIndex)"))
        let confirmed = try settle(.confirm, .token("a"), at: first.grantedAtIndex)
        #expect(confirmed.refusal?.reason == .otherGrant)
        #expect(try settle(.confirm, .token("z")).refusal?.reason == .noClaim)
        #expect(cluster.state.claims.count == 1)
    }

    @Test mutating func anIPv6NetworkIsNeverWalkedThrough() throws {
        let wide = ClaimPool(try #require(CIDR("2001:db8::/64")))
        let mac = ClaimKey.mac(try #require(ClusterUnderTest.mac(101)))
        #expect(
            try text(claim(mac, .interfaceIdentifier, in: wide))
                == "2001:db8::be24:11ff:fe00:65")
        #expect(try text(claim(.token("a"), in: wide)) == "2001:db8::1")
        #expect(
            try claim(.token("b"), .interfaceIdentifier, in: wide).refusal?.reason
                == .unusableClaim)
        #expect(
            try claim(mac, .interfaceIdentifier).refusal?.reason == .unusableClaim)
        let drawn = try text(claim(.token("c"), .random(seed: 1), in: wide))
        #expect(try address(drawn) != address("2001:db8::2"))
        #expect(wide.subnet.contains(try address(drawn)))
    }

    @Test mutating func outsidersMayNameAddresses() throws {
        _ = try claim(.token("a"))
        let named = try ["10.0.5.1", "10.9.9.9", "10.0.5.4"].map(address)
        #expect(try text(claim(.token("b"), .outside(named))) == "10.0.5.4")
        #expect(try text(claim(.token("c"), .outside(named))) == "held b")
        #expect(try text(claim(.token("c"), .outside([]))) == "subnetFull 10.0.5.0/29")
        #expect(try text(claim(.token("c"), .onlyHeld)) == "noClaim c")
        #expect(try text(claim(.token("b"), .onlyHeld)) == "10.0.5.4")
    }

    @Test mutating func theSameAddressInTwoSpacesIsTwo() throws {
        let blue = ClaimPool(pool.subnet, in: try #require(RoutingDomain("blue")))
        let wider = ClaimPool(try #require(CIDR("10.0.5.0/24")))
        #expect(try text(claim(.token("a"))) == "10.0.5.1")
        #expect(try text(claim(.token("a"), in: blue)) == "10.0.5.1")
        // One inside another is one space.
        #expect(try text(claim(.token("a"), in: wider)) == "10.0.5.2")
    }

    @Test mutating func nonsenseIsRefused() throws {
        let endless = String(repeating: "x", count: 129)
        #expect(try claim(.token("")).refusal?.reason == .unusableClaim)
        #expect(try claim(.token(endless)).refusal?.reason == .unusableClaim)
        #expect(try claim(.token("a"), lifeSeconds: 0).refusal?.reason == .unusableClaim)
        #expect(try claim(.token("a"), lifeSeconds: .max).refusal?.reason == .unusableClaim)
        #expect(
            try claim(.token("a"), range: range("10.0.5.1", "10.0.6.1")).refusal?.reason
                == .unusableClaim)
        let many = Array(repeating: AddressRange(try address("10.0.5.1")), count: 257)
        #expect(try claim(.token("a"), excluded: many).refusal?.reason == .unusableClaim)
        #expect(try AddressRange(first: address("10.0.0.2"), last: address("10.0.0.1")) == nil)
        cluster.settings.restrictsClaims = true
        cluster.settings.subnets = [
            ClaimSubnet(pool: pool, excluded: [try range("10.0.5.1", "10.0.5.4")])
        ]
        try cluster.apply(.configure(cluster.settings), by: 1)
        try cluster.restart()
        #expect(try text(claim(.token("a"))) == "10.0.5.5")
        let other = ClaimPool(try #require(CIDR("10.0.6.0/24")))
        #expect(try text(claim(.token("a"), in: other)) == "unknownSubnet 10.0.6.0/24")
    }
}

/// What holds of claims whatever happens.
@Suite struct ClaimPropertyTests {
    @Test(arguments: UInt64(1)...20)
    func noAddressIsHeldTwice(seed: UInt64) throws {
        var state = ReplicatedState()
        var granted = 0
        for command in RandomCommands.list(seed: seed, count: 120) {
            let before = state
            guard case .claim(let request) = command.body else {
                _ = try state.follow(command)
                expectOneHolder(state)
                continue
            }
            _ = try state.follow(command)
            expectOneHolder(state)
            let claim = state.claim(of: request.key, in: request.pool)
            let former = before.claim(of: request.key, in: request.pool)
            if let claim, claim != former {
                granted += 1
                expectFit(claim, request, before)
            }
            // Once more: the same.
            _ = try state.follow(command)
            #expect(state.claim(of: request.key, in: request.pool)?.address == claim?.address)
        }
        #expect(granted > 0)
    }

    private func expectOneHolder(_ state: ReplicatedState) {
        let addresses = state.claims.map(\.scopedAddress)
        #expect(Set(addresses).count == addresses.count)
        for claim in state.claims {
            #expect(state.claim(on: claim.scopedAddress) == claim)
        }
    }

    private func expectFit(_ claim: Claim, _ request: ClaimRequest, _ before: ReplicatedState) {
        #expect(request.pool.subnet.contains(claim.address))
        let isKept = before.claim(of: request.key, in: request.pool)?.address == claim.address
        let users = before.guests(using: claim.scopedAddress)
        let macs = users.map { id in
            before.guests[id]?.guest.interfaces.compactMap(\.mac) ?? []
        }
        let isOwn = macs.allSatisfy { request.key.mac.map($0.contains) ?? false }
        #expect(isKept || isOwn, "\(claim.address) is in use")
    }

    /// A full /16, and one address of a /64 among many: no time that a scan would take.
    @Test func aLargeSubnetFills() throws {
        var state = ReplicatedState()
        let pool = ClaimPool(try #require(CIDR("10.0.0.0/16")))
        let wide = ClaimPool(try #require(CIDR("2001:db8::/64")))
        func claim(_ number: Int, _ pool: ClaimPool) throws {
            let strategy: ClaimStrategy =
                number.isMultiple(of: 2) ? .sequential : .random(seed: UInt64(number))
            let request = ClaimRequest(pool: pool, key: .token("\(number)"), strategy: strategy)
            _ = try state.apply(Command(.claim(request), atSeconds: 1))
        }
        for number in 0..<1_500 {
            try claim(number, pool)
            try claim(number, wide)
        }
        let addresses = Set(state.claims.map(\.scopedAddress))
        #expect(addresses.count == 3_000)
    }
}
