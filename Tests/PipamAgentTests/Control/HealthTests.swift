import ClusterState
import Control
import Inventory
import Nameserver
import Planning
import Proxmox
import Testing
import Zones

@testable import PipamAgent

/// What a person is told to do, and whether all is well: the board and the state together.
@Suite struct HealthTests {
    private let now: UInt64 = 1_700_000_000
    private var board: StatusBoard.Values
    private var state = ReplicatedState()

    init() {
        board = StatusBoard.Values(startedSeconds: now)
        board.source.lastSuccessSeconds = now
        board.control.endpoints = ["/run/pipam/control.sock"]
        board.nameserver = .init(endpoints: ["192.0.2.1:53"])
    }

    private var view: StateView { StateView(state, board.providers) }

    private var problems: [ReportedProblem] {
        ProblemList(board, view, nowSeconds: now).all
    }

    private var checks: [HealthAnswer.Check] {
        HealthReport(board, view, nowSeconds: now).checks
    }

    private func check(_ name: String) -> HealthAnswer.Check? { checks.first { $0.name == name } }

    @Test func aSecondaryThatHearsNothingIsTold() throws {
        let address = try #require(IPAddress("192.0.2.53"))
        let zone = try #require(DomainName("example.com"))
        var secondary = SecondaryStanding(endpoint: Endpoint(address: address, port: 53))
        secondary.unheard[zone] = SecondaryStanding.patience - 1
        let report = { (secondary: SecondaryStanding) in
            HealthReport(board, view, secondaries: [secondary], nowSeconds: now).checks
                .first { $0.name == "secondaries" }
        }
        #expect(report(secondary)?.isHealthy == true)
        #expect(check("secondaries") == nil)
        secondary.unheard[zone] = SecondaryStanding.patience
        #expect(report(secondary)?.isHealthy == false)
        let problems = ProblemList(board, view, secondaries: [secondary], nowSeconds: now).all
        let problem = try #require(problems.first { $0.about == "secondary 192.0.2.53:53" })
        #expect(problem.message.contains("1 zone") && problem.remedy.contains("key"))
    }

    @Test mutating func theCertificateOfDNSOverTLSIsTold() throws {
        #expect(check("dns_over_tls") == nil)
        let dates = CertificateDates(
            notBeforeSeconds: Int64(now) - 80 * 86_400, notAfterSeconds: Int64(now) + 10 * 86_400)
        board.certificate = .init(dates: dates)
        let ending = try #require(problems.first { $0.about == "DNS over TLS" })
        #expect(ending.message.contains("in 10 days") && ending.remedy.contains("renew"))
        #expect(check("dns_over_tls")?.isHealthy == false)
        board.certificate = .init(
            dates: CertificateDates(
                notBeforeSeconds: Int64(now), notAfterSeconds: Int64(now) + 80 * 86_400))
        #expect(check("dns_over_tls")?.isHealthy == true)
        #expect(!problems.contains { $0.about == "DNS over TLS" })
        board.certificate?.problem = "x.key is open; chmod"
        let kept = try #require(problems.first { $0.about == "DNS over TLS" })
        #expect(kept.message == "the certificate before is used: x.key is open")
        board.certificate = .init(problem: "x.key is open; chmod")
        #expect(problems.contains { $0.message == "not served: x.key is open" })
    }

    @Test func aZoneThatCannotBeSignedIsTold() throws {
        let zone = try #require(DomainName("example.com"))
        let zones = ZoneProblems(
            SigningOutlook(), told: ["\(zone)": "the clock"], nowSeconds: now)
        let check = HealthReport(board, view, zones: zones, nowSeconds: now).checks
            .first { $0.name == "signing" }
        #expect(check?.isHealthy == false)
        #expect(self.check("signing") == nil)
        let problems = ProblemList(board, view, zones: zones, nowSeconds: now).all
        #expect(problems.map(\.about) == ["zone example.com."])
        #expect(problems[0].message.contains("the clock"))
    }

    /// A zone with a key that is closed with the first secret, in a cluster of three.
    private func signedZone() throws -> ReplicatedState {
        let sample = SampleCluster()
        let zone = try #require(DomainName("example.com"))
        var state = ReplicatedState()
        let key = ZoneKey(
            tag: 7, role: .combined, algorithm: .ed25519,
            publicKey: Array(repeating: 1, count: 32),
            sealedPrivateKey: [SealedForm.number, 0, 0, 0, 0, 0, 0, 0, 1, 9, 9], createdSeconds: 1,
            stage: .active)
        for body: Command.Body in [
            .found(
                sample.id,
                founder: Member(node: NodeID(high: 1, low: 1), replica: 1, name: "pve1")),
            .configure(try sample.settings()),
            .signZone(SigningOrder(zone, policy: SigningPolicy(), keys: [key], base: 0)),
        ] {
            _ = try state.apply(Command(body, atSeconds: now, term: 1))
        }
        return state
    }

    @Test func keysThatTooFewCanOpenAreTold() throws {
        let state = try signedZone()
        let outlook = SigningOutlook(state, nowSeconds: now)
        let unsafe = ZoneProblems(outlook, nowSeconds: now).signing
        #expect(unsafe.count == 1)
        #expect(unsafe.first?.report.message.contains("on 0 of 1 hosts") == true)
        let zones = ZoneProblems(outlook, nowSeconds: now)
        let check = HealthReport(board, view, zones: zones, nowSeconds: now).checks
            .first { $0.name == "signing" }
        #expect(check?.isHealthy == false && check?.remedy?.contains("cluster members") == true)
    }

    @Test func aHostThatCannotOpenKeysSaysSo() throws {
        let outlook = SigningOutlook(
            zones: SigningOutlook(try signedZone(), nowSeconds: now).zones, spreads: [:])
        #expect(ZoneProblems(outlook, knows: { $0 == 1 }, nowSeconds: now).signing.isEmpty)
        let problems = ZoneProblems(outlook, knows: { _ in false }, nowSeconds: now).signing
        #expect(problems.first?.report.message.contains("on this host") == true)
    }

    @Test func zonesThatDifferAreTold() throws {
        let zone = try #require(DomainName("example.com"))
        var standing = ComparisonBoard.Standing()
        let zones = { (standing: ComparisonBoard.Standing) in
            ZoneProblems(SigningOutlook(), comparison: [zone: standing], nowSeconds: now)
        }
        #expect(zones(standing).comparison.isEmpty)
        standing.withheldSerial = SerialNumber(7)
        let check = HealthReport(board, view, zones: zones(standing), nowSeconds: now).checks
            .first { $0.name == "zones" }
        #expect(check?.isHealthy == false)
        let problem = try #require(
            ProblemList(board, view, zones: zones(standing), nowSeconds: now).all.first)
        #expect(problem.about == "zone example.com." && problem.message.contains("serial 7"))
        #expect(problem.remedy.contains("restart the agent"))
        standing = ComparisonBoard.Standing(disputedSerial: SerialNumber(8), strangers: ["pve3"])
        let messages = zones(standing).comparison.map(\.report.message)
        #expect(messages.count == 2 && messages[1].contains("on pve3"))
    }

    /// Lets a request to PowerDNS bring this about one zone.
    private mutating func report(
        _ change: (inout PublishingReport.ZoneReport) throws -> Void
    ) throws {
        var report = PublishingReport(provider: "powerdns")
        var zone = PublishingReport.ZoneReport("example.com.")
        zone.isApproved = true
        try change(&zone)
        report.zones = [zone]
        take(report)
    }

    private mutating func take(_ report: PublishingReport) {
        var standing = ProviderStanding(name: "powerdns")
        standing.take(report, for: PublishingRequest(.show), atSeconds: now)
        board.providers["powerdns"] = standing
    }

    private func key(_ label: String) throws -> RecordSetKey {
        RecordSetKey(owner: try #require(DomainName("\(label).example.com")), type: .a)
    }

    private func plan(removing count: Int, byHand: [String] = []) throws -> RecordPlan {
        var found: [RecordSetKey: FoundEntry<RecordSet>] = [:]
        var desired: [RecordSetKey: RecordSet] = [:]
        for index in 0..<count {
            let key = try key("g\(index)")
            let set = RecordSet(owner: key.owner, type: .a, ttlSeconds: 60, data: [[10, 0, 0, 1]])
            found[key] = FoundEntry(set, .ours(isIntact: true))
        }
        for label in byHand {
            let key = try key(label)
            let set = RecordSet(owner: key.owner, type: .a, ttlSeconds: 60, data: [[10, 0, 0, 1]])
            desired[key] = set
            found[key] = FoundEntry(set, .unmarked)
        }
        return Planner(zone: "example.com.", desired: desired, found: found).plan(.init())
    }

    // MARK: All is well

    @Test func nothingHasToBeDone() {
        #expect(problems.isEmpty)
        let names = ["cluster", "proxmox", "state", "name_server", "brake", "clock"]
        #expect(checks.map(\.name) == names)
        #expect(HealthAnswer(HealthReport(board, view, nowSeconds: now)).isHealthy)
    }

    @Test func whatIsOffIsNotChecked() {
        var board = board
        board.nameserver = nil
        board.metrics = nil
        let names = HealthReport(board, view, nowSeconds: now).checks.map(\.name)
        #expect(names == ["cluster", "proxmox", "state", "brake", "clock"])
    }

    @Test mutating func aProviderInStepIsWell() throws {
        try report { _ in }
        #expect(check("powerdns")?.message == "answers, in step")
        #expect(problems.isEmpty)
    }

    // MARK: The source

    @Test mutating func aSourceThatFailsIsNotWell() {
        board.source.failure = .tokenRefused(token: "pipam@pve!agent")
        #expect(check("proxmox")?.isHealthy == false)
        #expect(check("proxmox")?.remedy?.isEmpty == false)
        #expect(problems.map(\.about) == ["proxmox"])
    }

    @Test mutating func aSourceThatWasNeverReadIsNotWell() {
        board.source.lastSuccessSeconds = nil
        #expect(check("proxmox")?.message == "not read yet")
        #expect(problems.isEmpty)
    }

    @Test mutating func whatTheSourceCannotSeeIsTold() {
        board.source.problems = [
            Problem(scope: .node("pve2"), message: "does not answer", remedy: "look at it")
        ]
        #expect(
            problems == [
                ReportedProblem(
                    about: "proxmox \(Problem.Scope.node("pve2"))", message: "does not answer",
                    remedy: "look at it")
            ])
        #expect(check("proxmox")?.isHealthy == true)
    }

    // MARK: What listens, and the state

    @Test mutating func whatDoesNotListenIsTold() {
        board.nameserver = .init(problem: "192.0.2.1:53: in use; stop the other one")
        board.control = .init(problem: "/run/pipam: no such directory; make it")
        board.metrics = .init(problem: "127.0.0.1:9553: in use")
        #expect(
            problems.map { "\($0.about): \($0.message) -> \($0.remedy)" } == [
                "name server: 192.0.2.1:53: in use -> stop the other one",
                "metrics: 127.0.0.1:9553: in use -> ",
                "control socket: /run/pipam: no such directory -> make it",
            ])
        #expect(check("name_server")?.remedy == "stop the other one")
        #expect(check("metrics")?.isHealthy == false)
    }

    @Test mutating func aStateThatIsNotKeptIsTold() {
        board.keepingProblem = "/var/lib/pipam: no space left on device"
        #expect(problems.map(\.about) == ["state"])
        #expect(check("state")?.isHealthy == false)
    }

    @Test mutating func aClockThatWentBackIsTold() throws {
        try apply(.found(ClusterID(high: 7, low: 7)), atSeconds: now + 61)
        #expect(problems.map(\.about) == ["clock"])
        #expect(check("clock")?.message.hasPrefix("this host's clock is 61 s behind") == true)
        #expect(ProblemList(board, view, nowSeconds: now + 1).all.isEmpty)
    }

    private mutating func apply(_ body: Command.Body, atSeconds seconds: UInt64) throws {
        _ = try state.apply(Command(body, atSeconds: seconds))
    }

    // MARK: Providers

    @Test mutating func aProviderThatDoesNotAnswerIsNotWell() {
        var report = PublishingReport(provider: "powerdns")
        report.failure = ProviderError(.transient, reason: "no answer", remedy: "start it")
        take(report)
        #expect(check("powerdns")?.message == "no answer")
        #expect(check("powerdns")?.remedy == "start it")
        #expect(
            problems == [
                ReportedProblem(about: "powerdns", message: "no answer", remedy: "start it")
            ])
    }

    @Test mutating func aZoneThatCannotBeWrittenIsNotWell() throws {
        try report { $0.obstacle = "the server has no zone example.com.; create it there" }
        #expect(check("powerdns")?.isHealthy == false)
        #expect(check("powerdns")?.remedy == "create it there")
        #expect(problems.map(\.about) == ["powerdns example.com."])
        #expect(problems.map(\.message) == ["the server has no zone example.com."])
    }

    /// Waiting for a person is no illness: nothing is worse than it was.
    @Test mutating func waitingForApprovalIsWellAndTold() throws {
        try report { $0.isApproved = false }
        #expect(check("powerdns")?.isHealthy == true)
        #expect(check("powerdns")?.message == "answers, awaiting approval")
        #expect(
            problems.map(\.remedy) == ["look at pipamctl plan show, then pipamctl plan apply"])
    }

    @Test mutating func whatTheBrakeHoldsIsNotWell() throws {
        let plan = try plan(removing: 6)
        try report { $0.plan = plan }
        #expect(check("powerdns")?.isHealthy == false)
        #expect(check("powerdns")?.remedy?.hasSuffix("pipamctl plan apply --force") == true)
        #expect(problems.count == 1)
        #expect(problems.first?.message.hasPrefix("6 record sets held back by") == true)
    }

    /// Conflicts are told together: a zone made by hand has hundreds of them.
    @Test mutating func conflictsAreToldInOneLine() throws {
        let plan = try plan(removing: 0, byHand: ["c", "a", "b"])
        try report { $0.plan = plan }
        #expect(problems.count == 1)
        #expect(problems.first?.message.hasPrefix("a.example.com. A cannot be written") == true)
        #expect(problems.first?.message.hasSuffix(", and 2 more") == true)
        #expect(problems.first?.remedy == "pipamctl conflicts lists them")
        #expect(check("powerdns")?.isHealthy == true)
    }

    @Test mutating func driftIsTold() throws {
        let drifted: Set = [try key("a"), try key("b")]
        let plan = try plan(removing: 0)
        try report {
            $0.plan = plan
            $0.drifted = drifted
        }
        #expect(problems.count == 1)
        #expect(
            problems.first?.message
                == "changed there behind our back: a.example.com. A and 1 more")
        #expect(check("powerdns")?.message == "answers, behind")
    }

    @Test mutating func warningsAreTold() throws {
        try report { $0.warnings = ["its serial will not move; set soa_edit_api"] }
        #expect(
            problems == [
                ReportedProblem(
                    about: "powerdns example.com.", message: "its serial will not move",
                    remedy: "set soa_edit_api")
            ])
    }

    @Test mutating func aPauseIsTold() throws {
        try apply(.found(ClusterID(high: 7, low: 7)), atSeconds: now)
        try apply(.pausePublishing(true), atSeconds: now)
        try report { _ in }
        #expect(problems.map(\.remedy) == ["pipamctl publish resume"])
        #expect(check("powerdns")?.message == "answers, paused")
    }

    // MARK: Sentences

    @Test(arguments: [
        ("a; b", "a", "b"), ("a", "a", ""), ("a; b; c", "a", "b; c"), ("", "", ""), (";", ";", ""),
    ])
    func aSentenceHasTwoParts(text: String, message: String, remedy: String) {
        let text = ProblemText(text)
        #expect(text.message == message && text.remedy == remedy)
    }
}
