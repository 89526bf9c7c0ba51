import ClusterState
import Inventory
import Testing
import Zones

/// The cluster's secret, as the state holds it: closed for each member.
@Suite struct SecretTests {
    private func key(_ number: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(number), count: Member.sealingKeyOctets)
    }

    private func copy(_ number: Int, key: [UInt8]? = nil, octets: Int? = nil) -> SecretCopy {
        SecretCopy(
            node: ClusterUnderTest.node(number), sealingKey: key ?? self.key(number),
            box: [UInt8](repeating: UInt8(number), count: octets ?? SecretCopy.boxOctets))
    }

    private func report(_ number: Int, key: [UInt8]? = nil) -> Command.Body {
        .reportMember(
            MemberReport(
                node: ClusterUnderTest.node(number), version: "1", level: 1, addresses: [],
                sealingKey: key ?? self.key(number)))
    }

    /// Three members that told their keys.
    private func cluster() throws -> ClusterUnderTest {
        var cluster = try ClusterUnderTest()
        for number in 1...3 { try cluster.apply(report(number), by: number) }
        return cluster
    }

    private func holders(_ cluster: ClusterUnderTest) -> [UInt64] {
        cluster.state.secret?.copies.keys.map(\.low).sorted() ?? []
    }

    @Test func theLeaderMakesTheFirstOne() throws {
        var cluster = try cluster()
        #expect(cluster.state.needsSecret)
        let offer = SecretOffer(id: 1, copies: [copy(1), copy(2), copy(3)])
        #expect(try cluster.apply(.keepSecret(offer), by: 1).refusal?.reason == .notLeader)
        #expect(try cluster.apply(.keepSecret(offer), by: 1, term: 1) == .done)
        #expect(!cluster.state.needsSecret && holders(cluster) == [1, 2, 3])
        try cluster.restart()
        #expect(holders(cluster) == [1, 2, 3])
        #expect(cluster.state.secret?.copies[ClusterUnderTest.node(2)] == copy(2))
        // As long as it is good there is no other one.
        let next = SecretOffer(id: 2, copies: [copy(1)])
        #expect(try cluster.apply(.keepSecret(next), by: 1, term: 1).refusal?.reason == .secretGood)
    }

    @Test func onlyMembersWithTheirKeysGetCopies() throws {
        var cluster = try ClusterUnderTest()
        try cluster.apply(report(1), by: 1)
        try cluster.apply(report(2), by: 2)
        // Somebody else's word is not believed.
        try cluster.apply(report(3), by: 2)
        #expect(cluster.state.secretReaders.map(\.node.low) == [1, 2])
        let useless = [copy(2, key: key(9)), copy(3), copy(1, octets: 79), copy(7)]
        let none = try cluster.apply(
            .keepSecret(SecretOffer(id: 1, copies: useless)), by: 1, term: 1)
        #expect(none.refusal?.reason == .unusableSecret)
        let wrong = try cluster.apply(
            .keepSecret(SecretOffer(id: 2, copies: [copy(1)])), by: 1, term: 1)
        #expect(wrong.refusal?.reason == .unknownSecret)
        try cluster.apply(
            .keepSecret(SecretOffer(id: 1, copies: [copy(1)] + useless)), by: 1, term: 1)
        #expect(holders(cluster) == [1])
    }

    @Test func aWitnessGetsNone() throws {
        var cluster = try cluster()
        let witness = Member(
            node: ClusterUnderTest.node(4), replica: 104, name: "witness", kind: .witness)
        try cluster.join(witness, voters: 4)
        try cluster.apply(report(4), by: 4)
        try cluster.apply(
            .keepSecret(SecretOffer(id: 1, copies: [copy(1), copy(4)])), by: 1, term: 1)
        #expect(holders(cluster) == [1])
        try cluster.apply(.shareSecret(SecretOffer(id: 1, copies: [copy(4)])), by: 1)
        #expect(holders(cluster) == [1])
    }

    @Test func whoComesLaterGetsACopyFromAnybody() throws {
        var cluster = try cluster()
        try cluster.apply(.keepSecret(SecretOffer(id: 1, copies: [copy(1)])), by: 1, term: 1)
        let secret = try #require(cluster.state.secret)
        #expect(cluster.state.membersWithout(secret).map(\.node.low) == [2, 3])
        let offer = SecretOffer(id: 1, copies: [copy(2), copy(1, octets: 80)])
        #expect(try cluster.apply(.shareSecret(offer), by: 3) == .done)
        try cluster.restart()
        #expect(holders(cluster) == [1, 2])
        let unknown = try cluster.apply(.shareSecret(SecretOffer(id: 5, copies: [copy(3)])), by: 1)
        #expect(unknown.refusal?.reason == .unknownSecret)
    }

    @Test func anotherKeyNeedsAnotherCopy() throws {
        var cluster = try cluster()
        try cluster.apply(
            .keepSecret(SecretOffer(id: 1, copies: [copy(1), copy(2)])), by: 1, term: 1)
        try cluster.apply(report(2, key: key(22)), by: 2)
        #expect(holders(cluster) == [1])
        #expect(!cluster.state.needsSecret)
        try cluster.apply(
            .shareSecret(SecretOffer(id: 1, copies: [copy(2, key: key(22))])), by: 1)
        #expect(holders(cluster) == [1, 2])
        // Nobody can open it any more.
        try cluster.apply(report(1, key: key(11)), by: 1)
        try cluster.apply(report(2, key: key(2)), by: 2)
        #expect(cluster.state.needsSecret)
    }

    @Test func whoeverLeavesKnowsTheOldOne() throws {
        var cluster = try cluster()
        try cluster.apply(
            .keepSecret(SecretOffer(id: 1, copies: [copy(1), copy(2), copy(3)])), by: 1, term: 1)
        try cluster.change(voters: [101, 102])
        #expect(cluster.state.needsSecret && holders(cluster) == [1, 2])
        try cluster.restart()
        #expect(cluster.state.needsSecret)
        try cluster.apply(
            .keepSecret(SecretOffer(id: 2, copies: [copy(1), copy(2), copy(3)])), by: 1, term: 1)
        #expect(!cluster.state.needsSecret && holders(cluster) == [1, 2])
        #expect(cluster.state.secrets.map(\.id) == [1, 2])
        // Whoever goes on alone has what it had, and makes another.
        var state = cluster.state
        state.goOnAlone(as: ClusterUnderTest.node(2), replica: 500)
        #expect(state.secrets.allSatisfy { $0.copies.count == 1 } && state.needsSecret)
        #expect(state.secretReaders.map(\.node.low) == [2])
    }

    @Test func theirNumberIsBounded() throws {
        var cluster = try cluster()
        for id in 1...12 {
            let offer = SecretOffer(id: UInt64(id), copies: [copy(1)])
            #expect(try cluster.apply(.keepSecret(offer), by: 1, term: 1) == .done)
            try cluster.apply(report(1, key: key(100 + id)), by: 1)
            try cluster.apply(report(1), by: 1)
        }
        #expect(cluster.state.secrets.map(\.id) == [5, 6, 7, 8, 9, 10, 11, 12])
        try cluster.restart()
        #expect(cluster.state.secrets.count == ReplicatedState.secretLimit)
    }

    @Test func whatSomethingIsSealedWithIsKept() throws {
        var cluster = try cluster()
        try cluster.apply(
            .keepSecret(SecretOffer(id: 1, copies: [copy(1)])), by: 1, term: 1)
        let sealed = [SealedForm.number, 0, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 9, count: 40)
        let key = ZoneKey(
            tag: 1, role: .combined, algorithm: .ecdsaP256, publicKey: [1],
            sealedPrivateKey: sealed, createdSeconds: 1, stage: .active)
        let order = SigningOrder(
            try StateUnderTest.name("example.com"), policy: SigningPolicy(), keys: [key], base: 0)
        #expect(try cluster.apply(.signZone(order), by: 1) == .done)
        for id in 2...12 {
            try cluster.apply(report(1, key: self.key(100 + id)), by: 1)
            try cluster.apply(report(1), by: 1)
            let offer = SecretOffer(id: UInt64(id), copies: [copy(1)])
            #expect(try cluster.apply(.keepSecret(offer), by: 1, term: 1) == .done)
        }
        #expect(cluster.state.secrets.map(\.id) == [1, 6, 7, 8, 9, 10, 11, 12])
        try cluster.restart()
    }
}
