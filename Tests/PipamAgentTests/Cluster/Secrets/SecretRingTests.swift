import ClusterState
import Consensus
import Inventory
import Logging
import OpenSSL
import PipamAgent
import Testing

/// What is sealed with the cluster's secret.
@Suite struct SecretRingTests {
    private let secret = [UInt8](1...32)

    @Test func withoutASecretNothingIsSealed() throws {
        let ring = SecretRing()
        #expect(throws: SecretError.none) { try ring.seal([1], for: "a") }
        #expect(throws: SecretError.none) { try ring.derive("a", octets: 4) }
        let sealed = try ClusterSecret(id: 7, octets: secret).seal([1], for: "a")
        #expect(throws: SecretError.unknown(id: 7)) { try ring.open(sealed, for: "a") }
        #expect(throws: SecretError.damaged) {
            try ClusterSecret(id: 1, octets: Array(secret.dropLast()))
        }
    }

    @Test func whatIsDerivedFollowsFromTheSecretAndThePurpose() throws {
        let one = try ClusterSecret(id: 1, octets: secret)
        let same = try ClusterSecret(id: 2, octets: secret)
        #expect(one.derive("cookies", octets: 16) == same.derive("cookies", octets: 16))
        #expect(one.derive("cookies", octets: 16) != one.derive("keys", octets: 16))
        let other = try ClusterSecret(id: 1, octets: secret.reversed())
        #expect(one.derive("cookies", octets: 16) != other.derive("cookies", octets: 16))
    }

    @Test func theSecretIsNeverPrinted() throws {
        let one = try ClusterSecret(id: 1, octets: secret)
        var dumped = ""
        dump(one, to: &dumped)
        #expect("\(one)" == "secret 1")
        #expect(!dumped.contains("octets") && !String(reflecting: one).contains("octets"))
    }
}

/// Members that come to know one secret.
@Suite struct SecretDutyTests {
    private let now: UInt64 = 1_795_341_600

    private func member(_ number: Int, _ kind: Member.Kind = .full) -> Member {
        Member(
            node: NodeID(high: 1, low: UInt64(number)), replica: UInt64(100 + number),
            name: "pve\(number)", kind: kind)
    }

    private func report(_ number: Int, _ key: AgreementKey) -> Command.Body {
        .reportMember(
            MemberReport(
                node: NodeID(high: 1, low: UInt64(number)), version: "1", level: 1, addresses: [],
                sealingKey: key.publicKey))
    }

    private func founded() async throws -> AloneKeeper {
        let keeper = StateKeeper(node: NodeID(high: 1, low: 1), incarnation: 1, publish: { _ in })
        let log = ImmediateLog(keeper)
        await keeper.attach(log)
        let alone = AloneKeeper(keeper: keeper, log: log)
        try await keeper.propose(
            [.found(ClusterID(high: 1, low: 2), founder: member(1))], atSeconds: now)
        return alone
    }

    private func join(_ alone: AloneKeeper, _ key: AgreementKey) async throws {
        let context = MembershipContext(timeSeconds: now, member: member(2))
        await alone.log.change(context, voters: [101, 102])
        // In its own name: nobody else says which key is its own.
        let proposal = Proposal(
            node: NodeID(high: 1, low: 2), incarnation: 1, sequence: 1, lowestOpen: 1,
            commands: [Command(report(2, key), atSeconds: now)])
        await alone.log.propose(proposal.encoded())
    }

    private func duty(
        _ alone: AloneKeeper, _ number: Int, _ key: AgreementKey, _ ring: SecretRing
    ) -> SecretDuty {
        SecretDuty(
            keeper: alone.keeper, node: NodeID(high: 1, low: UInt64(number)), key: key, ring: ring,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func aLoneHostHasASecret() async throws {
        let alone = try await founded()
        let key = try AgreementKey.generate()
        let ring = SecretRing()
        var duty = duty(alone, 1, key, ring)
        // Its key is not agreed on yet.
        try await duty.perform()
        #expect(ring.current == nil)
        try await alone.keeper.propose([report(1, key)], atSeconds: now)
        try await duty.perform()
        #expect(ring.current?.id == 1)
        let sealed = try ring.seal([1, 2, 3], for: "keys")
        // After a restart, out of a snapshot.
        let snapshot = await alone.keeper.read { $0.snapshot() }
        let state = try ReplicatedState(snapshot: snapshot)
        #expect(state.secrets == (await alone.keeper.read(\.secrets)))
        let again = SecretRing()
        var later = self.duty(alone, 1, key, again)
        try await later.perform()
        #expect(try again.open(sealed, for: "keys") == [1, 2, 3])
        #expect(again.current == ring.current)
        try await later.perform()
        #expect(await alone.keeper.read(\.secrets).count == 1)
    }

    @Test func nothingElseOpensWhatIsSealed() async throws {
        let alone = try await founded()
        let key = try AgreementKey.generate()
        let ring = SecretRing()
        try await alone.keeper.propose([report(1, key)], atSeconds: now)
        var duty = duty(alone, 1, key, ring)
        try await duty.perform()
        let sealed = try ring.seal([1, 2, 3], for: "keys")
        #expect(try ring.seal([1, 2, 3], for: "keys") != sealed)
        #expect(throws: SecretError.damaged) { try ring.open(sealed, for: "cookies") }
        for place in sealed.indices {
            var other = sealed
            other[place] ^= 1
            #expect(throws: SecretError.self) { try ring.open(other, for: "keys") }
            #expect(throws: SecretError.self) {
                try ring.open(Array(sealed.prefix(place)), for: "keys")
            }
        }
        // Nor do log and snapshot tell it.
        let snapshot = await alone.keeper.read { $0.snapshot() }
        let stranger = SecretRing()
        var spy = self.duty(alone, 1, try AgreementKey.generate(), stranger)
        alone.log.lead = Lead()
        try await spy.perform()
        #expect(stranger.current == nil)
        #expect(!snapshot.isEmpty)
    }

    @Test func whoeverKnowsItGivesItToTheOthers() async throws {
        let alone = try await founded()
        let keys = try (1...2).map { _ in try AgreementKey.generate() }
        let rings = (1...2).map { _ in SecretRing() }
        try await alone.keeper.propose([report(1, keys[0])], atSeconds: now)
        var first = duty(alone, 1, keys[0], rings[0])
        try await first.perform()
        try await join(alone, keys[1])
        var second = duty(alone, 2, keys[1], rings[1])
        try await second.perform()
        #expect(rings[1].current == nil)
        // Nobody leads who knows it: it takes a while longer.
        alone.log.lead = Lead(term: 2, leader: ReplicaID(102), isOurs: false, isAlone: false)
        for _ in 0..<20 { try await first.perform() }
        try await second.perform()
        #expect(rings[1].current == rings[0].current)
        let sealed = try rings[0].seal([9], for: "keys")
        #expect(try rings[1].open(sealed, for: "keys") == [9])
    }

    @Test func whoeverLeavesMakesAnotherOneDue() async throws {
        let alone = try await founded()
        let keys = try (1...2).map { _ in try AgreementKey.generate() }
        let ring = SecretRing()
        try await alone.keeper.propose([report(1, keys[0])], atSeconds: now)
        try await join(alone, keys[1])
        var duty = duty(alone, 1, keys[0], ring)
        try await duty.perform()
        let sealed = try ring.seal([5], for: "keys")
        await alone.log.change(MembershipContext(timeSeconds: now), voters: [101])
        try await duty.perform()
        #expect(ring.current?.id == 2)
        #expect(try ring.open(sealed, for: "keys") == [5])
        #expect(ring.all.map(\.id) == [2, 1])
    }
}

/// The file that the key lies in.
@Suite struct SealingKeyTests {
    @Test func itStaysTheSame() throws {
        let place = try TemporaryDirectory()
        let directory = try #require(try GuardedDirectory(path: place.path))
        let key = try SealingKey.take(in: directory)
        #expect(try SealingKey.take(in: directory) == key)
        let content = try #require(try directory.read("sealing.key", maximumOctets: 256))
        #expect(content.mode == 0o600 && content.octets.count == 65)
    }

    @Test(arguments: [
        "", "00", String(repeating: "g", count: 64), String(repeating: "0", count: 66),
    ])
    func whatIsDamagedIsRefused(text: String) throws {
        let place = try TemporaryDirectory()
        let directory = try #require(try GuardedDirectory(path: place.path))
        try directory.replace("sealing.key", with: Array(text.utf8))
        #expect(throws: EnrolmentError.self) { try SealingKey.take(in: directory) }
    }

    @Test func whatOthersMayReadIsRefused() throws {
        let place = try TemporaryDirectory()
        let directory = try #require(try GuardedDirectory(path: place.path))
        let text = String(repeating: "0", count: 64)
        try directory.replace("sealing.key", with: Array(text.utf8), mode: 0o640)
        #expect(throws: EnrolmentError.self) { try SealingKey.take(in: directory) }
    }
}
