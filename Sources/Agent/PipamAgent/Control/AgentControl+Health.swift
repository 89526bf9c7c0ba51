import Control
import Inventory
import Nameserver
import Planning
import Proxmox

extension AgentControl {
    func health() async throws(ControlError) -> HealthAnswer {
        var silent: Set<String> = []
        for publisher in publishers.current where await !answers(publisher) {
            silent.insert(publisher.name)
        }
        let now = WallClock.nowSeconds()
        let board = board.current
        let view = await keeper.read { StateView($0, board.providers) }
        return HealthAnswer(
            HealthReport(
                board, view, cluster: await clusterProblem(), isWitness: isWitness,
                silent: silent, secondaries: transfers()?.secondaries ?? [],
                zones: await zoneProblems(nowSeconds: now), nowSeconds: now))
    }

    /// A provider that has not answered by then is not well; whoever asks has a deadline too.
    private static let patience = Duration.seconds(10)

    /// Whether a provider answers is asked, not remembered. What it answers is on the board then.
    private func answers(_ publisher: any ProviderPublisher) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = await publisher.perform(PublishingRequest(.show, .owed))
                return true
            }
            group.addTask {
                // Cancelled when the answer came.
                try? await Task.sleep(for: Self.patience)
                return false
            }
            let isAnswered = await group.next() ?? false
            group.cancelAll()
            return isAnswered
        }
    }
}

/// Whether all is well, check by check.
struct HealthReport {
    private(set) var checks: [HealthAnswer.Check] = []

    /// - `silent`: providers that did not answer when they were asked just now.
    init(
        _ board: StatusBoard.Values, _ view: StateView, cluster: ProblemText? = nil,
        isWitness: Bool = false, silent: Set<String> = [],
        secondaries: [SecondaryStanding] = [],
        zones: ZoneProblems = ZoneProblems(), nowSeconds: UInt64
    ) {
        check("cluster", cluster, well: "agrees")
        if !isWitness { checkSource(board.source) }
        check("state", board.keepingProblem.map(ProblemText.init), well: "kept")
        checkListener("name_server", board.nameserver)
        if let certificate = board.certificate {
            check(
                "dns_over_tls", certificate.problem(atSeconds: nowSeconds),
                well: certificate.dates.map {
                    "its certificate ends on \(CertificateDates.text($0.notAfterSeconds))"
                } ?? "has no certificate yet")
        }
        checkListener("metrics", board.metrics)
        check(secondaries)
        check(zones)
        let braked = view.braked.map { "\($0.zone) \($0.reason)" }.joined(separator: ", ")
        check(
            "brake",
            braked.isEmpty
                ? nil
                : ProblemText(
                    "held back in our own zones: \(braked); look at pipamctl plan show, then "
                        + "pipamctl plan apply --force"), well: "holds nothing back")
        for standing in board.providers.values.sorted(by: { $0.name < $1.name }) {
            if silent.contains(standing.name) {
                check(
                    standing.name, ProblemText("does not answer; see pipamctl status"), well: "")
            } else {
                checkProvider(standing, view)
            }
        }
        let clock = ProblemList(board, view, nowSeconds: nowSeconds).all.first {
            $0.about == "clock" || $0.message.hasPrefix("the clock of this host")
        }
        check(
            "clock", clock.map { ProblemText("\($0.message); \($0.remedy)") }, well: "plausible")
    }

    private mutating func check(_ name: String, _ problem: ProblemText?, well: String) {
        checks.append(
            HealthAnswer.Check(
                name: name, isHealthy: problem == nil, message: problem?.message ?? well,
                remedy: problem?.remedy))
    }

    private mutating func checkSource(_ source: StatusBoard.Source) {
        let failure =
            source.failure.map { ProblemText("\($0); \($0.remedy)") }
            ?? source.gaps.first.map { ProblemText("\($0.message); \($0.remedy)") }
        let unread =
            source.lastSuccessSeconds == nil
            ? ProblemText("not read yet; wait for the first collection") : nil
        check("proxmox", failure ?? unread, well: "answers")
    }

    private mutating func checkListener(_ name: String, _ listener: StatusBoard.Listener?) {
        guard let listener else { return }
        check(
            name, listener.problem.map(ProblemText.init),
            well: "answers at \(listener.endpoints.joined(separator: ", "))")
    }

    private mutating func check(_ zones: ZoneProblems) {
        if let difference = zones.comparison.first {
            check("zones", difference.report.text, well: "")
        }
        guard zones.isSigning else { return }
        // What waits for a person is as it should be.
        let problem = zones.signing.first { !$0.isTask }
        check("signing", problem?.report.text, well: "in step")
    }

    private mutating func check(_ secondaries: [SecondaryStanding]) {
        guard !secondaries.isEmpty else { return }
        let silent = secondaries.filter(\.isSilent).map { "\($0.endpoint)" }
        check(
            "secondaries",
            silent.isEmpty
                ? nil
                : ProblemText(
                    "\(silent.joined(separator: ", ")) answers no notices; "
                        + SecondaryStanding.remedy),
            well: "hear of changes")
    }

    private mutating func checkProvider(_ standing: ProviderStanding, _ view: StateView) {
        let name = standing.name
        if let failure = standing.failure {
            return check(name, ProblemText("\(failure)"), well: "")
        }
        for (zone, state) in standing.zones.sorted(by: { $0.key < $1.key }) {
            if let obstacle = state.obstacle {
                return check(name, ProblemText("\(zone): \(obstacle)"), well: "")
            }
        }
        if let held = standing.open.values.first(where: { $0.cause == .held }) {
            return check(
                name,
                ProblemText(
                    "\(held.zone ?? ""): \(held.reason); look at pipamctl plan show, then "
                        + "pipamctl plan apply --force"), well: "")
        }
        let state = standing.state(view)
        check(name, nil, well: "answers, \(state.rawValue.replacing("_", with: " "))")
    }
}

extension SecondaryStanding {
    /// What to look at where one is silent.
    static let remedy =
        "see whether it runs, knows our address as its primary's, and has the same key"
}

extension HealthAnswer {
    /// The answer to a report.
    init(_ report: HealthReport) {
        self.init(isHealthy: report.checks.allSatisfy(\.isHealthy), checks: report.checks)
    }
}

extension ReportedProblem {
    /// All of it in one sentence.
    fileprivate var text: ProblemText { ProblemText("\(about): \(message); \(remedy)") }
}
