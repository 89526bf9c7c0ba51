import ClusterState
import Control
import Inventory
import Logging
import OpenSSL
import Signing
import Synchronization
import TestServers
import Testing
import Zones

@testable import PipamAgent

/// Zones signed by an agent that leads, over as much time as a key takes.
@Suite struct SigningDutyTests {
    /// An agent of one node with one zone; its clock stands still unless somebody puts it forward.
    private final class Lab: Sendable {
        let alone: AloneKeeper
        let office: SigningOffice
        let control: AgentControl
        private let clock = Clock()
        private let work: Task<Void, any Error>

        init() async throws {
            let cluster = SampleCluster()
            alone = try await StateKeeper.alone(nowSeconds: cluster.seconds)
            var settings = try cluster.settings()
            settings.zones.times.guest = 60
            settings.zones.times.negative = 60
            try await alone.keeper.propose(
                [
                    .configure(settings),
                    .reportGuests([try cluster.report(101, "web1", ["10.0.0.1/24"])]),
                ],
                atSeconds: cluster.seconds)
            let ring = SecretRing()
            ring.add(try ClusterSecret(id: 1, octets: Array(repeating: 7, count: 32)))
            let office = SigningOffice(secrets: ring)
            self.office = office
            let start = max(cluster.seconds, WallClock.nowSeconds())
            clock.seconds.withLock { $0 = start }
            control = AgentControl(
                events: EventBuffer(), keeper: alone.keeper,
                board: StatusBoard(startedSeconds: cluster.seconds), collectNow: { nil },
                publishers: PublisherList(), statistics: { nil }, office: office, host: "pve1")
            let clock = clock
            await alone.keeper.listen { news in
                for command in news.commands { office.board.count(command.body) }
                office.signal.ring()
            }
            let duty = SigningDuty(
                keeper: alone.keeper, office: office, logger: Logger(label: "test"),
                clock: { clock.seconds.withLock { $0 } })
            work = Task { try await duty.run() }
            try await pass(0)
        }

        deinit { work.cancel() }

        private final class Clock: Sendable {
            let seconds = Mutex<UInt64>(0)
        }

        var now: UInt64 { clock.seconds.withLock { $0 } }

        /// Puts the clock forward, and has the state know.
        func pass(_ seconds: UInt64) async throws {
            let now = clock.seconds.withLock { time in
                time += seconds
                return time
            }
            try await alone.keeper.propose([.advance], atSeconds: now)
            office.signal.ring()
        }

        /// Puts this node's clock forward and nobody else's.
        func passUnnoticed(_ seconds: UInt64) async throws {
            clock.seconds.withLock { $0 += seconds }
            office.signal.ring()
        }

        /// The values of a metric, by its labels.
        func metric(_ name: String) async -> [Double] {
            let time = now
            let outlook = await alone.keeper.read { SigningOutlook($0, nowSeconds: time) }
            return control.signingMetrics(outlook).filter { $0.name == name }
                .flatMap(\.samples).map(\.value)
        }

        /// What any node would tell, without whoever signs.
        func problems(after seconds: UInt64 = 0) async -> ZoneProblems {
            let time = now + seconds
            let outlook = await alone.keeper.read { SigningOutlook($0, nowSeconds: time) }
            return ZoneProblems(outlook, nowSeconds: time)
        }

        func zone(_ apex: DomainName) async -> SignedZone? {
            await alone.keeper.read { $0.zones.signed[apex] }
        }
    }

    private let apex: DomainName

    init() throws { apex = try #require(DomainName("example.com")) }

    private func sees(
        _ what: Comment, _ lab: Lab, _ isSo: (SignedZone) -> Bool
    ) async throws -> SignedZone {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            if let zone = await lab.zone(apex), isSo(zone) { return zone }
            try await Task.sleep(for: .milliseconds(10))
        }
        let zone = await lab.zone(apex)
        Issue.record("\(what): \(String(describing: zone?.keys)), \(zone?.open.count ?? -1) open")
        return try #require(zone)
    }

    private func isSigned(_ zone: SignedZone) -> Bool { zone.isServed && zone.open.isEmpty }

    /// A signature tells its key's tag behind 16 octets (RFC 4034 section 3.1).
    private func isSigned(_ set: RecordSet, by tag: UInt16) -> Bool {
        set.signatures.contains { UInt16($0[16]) << 8 | UInt16($0[17]) == tag }
    }

    @Test func whatChangesIsSigned() async throws {
        let lab = try await Lab()
        _ = try await lab.control.enableSigning(.init(zone: "example.com."))
        let first = try await sees("signed", lab, isSigned)
        let serial = await lab.alone.keeper.read { $0.zones.zones[apex]?.serial }
        #expect(first.sets.values.allSatisfy { $0.signatures.count == 1 })
        let report = try SampleCluster().report(102, "web2", ["10.0.0.2/24"])
        try await lab.alone.keeper.propose([.reportGuests([report])], atSeconds: lab.now)
        let next = try await sees("signed again", lab) { isSigned($0) && $0.round > first.round }
        let name = try #require(DomainName("web2.example.com"))
        #expect(next.sets[RecordSetKey(owner: name, type: .a)]?.signatures.count == 1)
        #expect(next.sets[RecordSetKey(owner: name, type: .nsec)]?.signatures.count == 1)
        let later = await lab.alone.keeper.read { $0.zones.zones[apex]?.serial }
        #expect(try #require(later).isLater(than: try #require(serial)))
    }

    @Test func signaturesAreMadeAnewBeforeTheyEnd() async throws {
        let lab = try await Lab()
        _ = try await lab.control.enableSigning(.init(zone: "example.com."))
        let first = try await sees("signed", lab, isSigned)
        try await lab.pass(8 * 86_400)
        let all = try await sees("renewed", lab) { zone in
            zone.sets.values.allSatisfy { $0.signatures != first.sets[$0.key]?.signatures }
        }
        #expect(all.sets.keys == first.sets.keys)
        // Nothing is due for another week.
        try await lab.pass(3_600)
        try await Task.sleep(for: .milliseconds(200))
        #expect(await lab.zone(apex)?.round == all.round)
    }

    @Test func aKeyIsReplacedOnceTheParentKnows() async throws {
        let lab = try await Lab()
        _ = try await lab.control.enableSigning(.init(zone: "example.com."))
        let first = try await sees("signed", lab, isSigned)
        let old = try #require(first.keys.first)
        _ = try await lab.control.confirmParent(.init(zone: "example.com."))
        _ = try await lab.control.rollKey(.init(zone: "example.com."))
        let two = try await sees("published", lab) { zone in
            zone.sets[RecordSetKey(owner: apex, type: .dnskey)]?.data.count == 2
        }
        let new = try #require(two.keys.first { $0.tag != old.tag })
        #expect(new.stage == .published)
        #expect(two.sets[RecordSetKey(owner: apex, type: .dnskey)]?.signatures.count == 2)
        await #expect(throws: ControlError.self) {
            try await lab.control.rollKey(.init(zone: "example.com."))
        }
        // Nothing goes on without a word about the parent, however long it takes.
        try await lab.pass(5 * 86_400)
        _ = try await sees("a task", lab) { _ in
            lab.office.board.current[apex]?.task?.contains("\(new.tag)") == true
        }
        #expect(
            await lab.zone(apex)?.keys.map(\.stage).sorted { $0.rawValue < $1.rawValue }
                == [.published, .active])
        _ = try await lab.control.confirmParent(.init(zone: "example.com.", tag: new.tag))
        try await lab.pass(2 * 86_400)
        _ = try await sees("the new key signs", lab) { zone in
            zone.keys.contains { $0.tag == new.tag && $0.stage == .active }
                && zone.keys.contains { $0.tag == old.tag && $0.stage == .retired }
        }
        // Everything has a signature of the new key alone; caches take some hours more.
        _ = try await sees("all is signed by the new key", lab) { zone in
            isSigned(zone) && zone.sets.values.count { $0.signatures.count == 2 } == 3
                && zone.sets.values.allSatisfy { isSigned($0, by: new.tag) }
        }
        try await lab.pass(2 * 86_400)
        let last = try await sees("the old key is gone", lab) { zone in
            zone.keys.map(\.tag) == [new.tag]
                && zone.sets[RecordSetKey(owner: apex, type: .dnskey)]?.data.count == 1
        }
        #expect(last.sets.values.allSatisfy { $0.signatures.count == 1 })
    }

    @Test func allKeysChangeTheirAlgorithm() async throws {
        let lab = try await Lab()
        let web = RecordSetKey(owner: try #require(DomainName("web1.example.com")), type: .a)
        let keys = RecordSetKey(owner: apex, type: .dnskey)
        _ = try await lab.control.enableSigning(.init(zone: "example.com.", separateKeys: true))
        _ = try await sees("signed", lab, isSigned)
        await #expect(throws: ControlError.self) {
            try await lab.control.rollKey(
                .init(zone: "example.com.", algorithm: .ecdsap256sha256))
        }
        await #expect(throws: ControlError.self) {
            try await lab.control.rollKey(.init(zone: "example.com.", tag: 1, algorithm: .ed25519))
        }
        let begun = try await lab.control.rollKey(
            .init(zone: "example.com.", algorithm: .ed25519))
        let items = try #require(begun.zones.first).keys
        #expect(items.count { $0.algorithm == .ed25519 && $0.stage == .presigning } == 2)
        let both = try await sees("signed by both", lab) { zone in
            zone.sets.values.count { $0.signatures.count == 1 } == 1
        }
        #expect(both.sets[keys]?.data.count == 2 && both.sets[keys]?.signatures.count == 1)
        await #expect(throws: ControlError.self) {
            try await lab.control.rollKey(.init(zone: "example.com."))
        }
        try await lab.pass(3 * 3_600)
        _ = try await sees("published", lab) { $0.sets[keys]?.data.count == 4 }
        #expect(await lab.metric("pipam_zone_key_rollover") == [1])
        try await lab.pass(3 * 3_600)
        _ = try await sees("a task", lab) { _ in lab.office.board.current[apex]?.task != nil }
        let problems = await lab.problems()
        #expect(problems.signing.map(\.isTask) == [true], "\(problems)")
        #expect(problems.signing.first?.report.remedy == lab.office.board.current[apex]?.task)
        #expect(await lab.metric("pipam_zone_key_rollover") == [2])
        _ = try await lab.control.confirmParent(.init(zone: "example.com."))
        try await lab.pass(2 * 86_400)
        let alone = try await sees("the old keys are out", lab) { zone in
            isSigned(zone) && zone.sets[keys]?.data.count == 2
        }
        #expect(alone.keys.count { $0.stage == .fading } == 2)
        #expect(alone.sets[web]?.signatures.count == 2)
        try await lab.pass(3 * 3_600)
        let last = try await sees("the old signatures are gone", lab) { zone in
            zone.keys.count == 2 && isSigned(zone)
                && zone.sets.values.allSatisfy { $0.signatures.count == 1 }
        }
        #expect(last.keys.allSatisfy { $0.algorithm == .ed25519 && $0.stage == .active })
        #expect(await lab.metric("pipam_zone_key_rollover") == [0])
        #expect(await lab.metric("pipam_zone_keys") == [1, 1])
    }

    /// Every node can tell from what is in the zone, without the one that signs.
    @Test func signaturesThatNobodyRenewsAreTold() async throws {
        let lab = try await Lab()
        _ = try await lab.control.enableSigning(.init(zone: "example.com."))
        let zone = try await sees("signed", lab, isSigned)
        #expect(await lab.problems().signing.isEmpty)
        let day: UInt64 = 86_400
        #expect(await lab.problems(after: 8 * day).signing.isEmpty)
        let late = await lab.problems(after: 11 * day).signing
        #expect(late.count == 1 && late[0].report.message.contains("nobody makes them anew"))
        #expect(late[0].isTask == false)
        let over = await lab.problems(after: 15 * day).signing
        #expect(over.count == 1 && over[0].report.message.contains("have ended"))
        // What is told is what counts.
        let name = "pipam_zone_signature_expiry_timestamp_seconds"
        _ = try await sees("it says until when", lab) { _ in
            lab.office.board.current[apex]?.expiresSeconds != nil
        }
        let expiry = try #require(await lab.metric(name).first)
        let standing = try #require(lab.office.board.current[apex]?.expiresSeconds)
        #expect(abs(expiry - Double(standing)) <= 3_600)
        #expect(await lab.metric("pipam_zone_signatures") == [Double(zone.signatureCount)])
        #expect(await lab.metric("pipam_signed_zones") == [1])
        #expect(await lab.metric("pipam_zone_unsigned_sets") == [0])
        let made = try #require(await lab.metric("pipam_zone_signatures_made_total").first)
        #expect(made >= Double(zone.signatureCount))
    }

    @Test func keysAreClosedAnewWithTheNextSecret() async throws {
        let lab = try await Lab()
        _ = try await lab.control.enableSigning(.init(zone: "example.com."))
        let first = try await sees("signed", lab, isSigned)
        lab.office.keys.secrets.add(
            try ClusterSecret(id: 2, octets: Array(repeating: 9, count: 32)))
        lab.office.signal.ring()
        let next = try await sees("closed anew", lab) { $0.version > first.version }
        let (was, key) = (try #require(first.keys.first), try #require(next.keys.first))
        #expect(key.tag == was.tag && key.sealedPrivateKey != was.sealedPrivateKey)
        #expect(ClusterSecret.id(of: key.sealedPrivateKey) == 2)
        // Not in the clear in what is kept.
        let opened = try lab.office.keys.open(next.keys, of: apex)
        let octets = try #require(opened.first).pair.withPrivateKey { $0 }
        let snapshot = await lab.alone.keeper.read { $0.snapshot() }
        #expect(!snapshot.contains(octets))
    }

    @Test func aWrongClockSignsNothing() async throws {
        let lab = try await Lab()
        _ = try await lab.control.enableSigning(.init(zone: "example.com."))
        _ = try await sees("signed", lab, isSigned)
        // Only this host's clock goes on.
        try await lab.passUnnoticed(3_600)
        let end = ContinuousClock.now + .seconds(60)
        while lab.office.board.current[apex]?.problem == nil, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(lab.office.board.current[apex]?.problem?.contains("ahead of") == true)
    }
}
