import Control
import Inventory
import Nameserver
import Planning
import Proxmox

/// Everything that a person has to do something about, from all parts of the agent.
struct ProblemList {
    /// A state's clock that is further ahead than this means that ours went back.
    private static let tolerableSeconds: UInt64 = 60

    /// Sorted by what they are about.
    private(set) var all: [ReportedProblem] = []

    /// - `cluster`: what has to be seen to about the cluster.
    /// - `isWitness`: it has nothing to look at.
    /// - `secondaries`: who is told of changes.
    /// - `zones`: what is amiss with signatures and with zones that differ between hosts.
    init(
        _ board: StatusBoard.Values, _ view: StateView, cluster: [ProblemText] = [],
        isWitness: Bool = false, secondaries: [SecondaryStanding] = [],
        zones: ZoneProblems = ZoneProblems(), nowSeconds: UInt64
    ) {
        for problem in cluster { add("cluster", problem.message, problem.remedy) }
        addSource(board.source)
        addListener("name server", board.nameserver)
        if let problem = board.certificate?.problem(atSeconds: nowSeconds) {
            add("DNS over TLS", problem.message, problem.remedy)
        }
        addListener("metrics", board.metrics)
        for secondary in secondaries where secondary.isSilent {
            add(
                "secondary \(secondary.endpoint)",
                "does not answer notices of changes in "
                    + Wording.count(secondary.unheard.count, "zone"), SecondaryStanding.remedy)
        }
        addListener("control socket", board.control)
        for standing in board.providers.values.sorted(by: { $0.name < $1.name }) {
            add(standing)
            addFormerZones(of: standing.name, view.former[standing.name] ?? [])
        }
        for zone in view.braked {
            add(
                "zone \(zone.zone)",
                "\(Wording.count(zone.count, "record set")) held back: \(zone.reason)",
                "look at pipamctl plan show; if it is right, pipamctl plan apply --force")
        }
        all += (zones.comparison + zones.signing).map(\.report)
        if view.isPaused {
            add("publishing", "paused: nothing is written to providers", "pipamctl publish resume")
        }
        if let problem = board.keepingProblem { add("state", problem, "") }
        if view.clockSeconds > nowSeconds + Self.tolerableSeconds {
            add(
                "clock",
                "this host's clock is \(view.clockSeconds - nowSeconds) s behind the last "
                    + "command's time",
                "have it set by NTP: chronyc tracking, or timedatectl, shows how it stands")
        }
    }

    private mutating func add(_ about: String, _ message: String, _ remedy: String) {
        all.append(ReportedProblem(about: about, message: message, remedy: remedy))
    }

    private mutating func addSource(_ source: StatusBoard.Source) {
        if let failure = source.failure { add("proxmox", "\(failure)", failure.remedy) }
        for problem in source.gaps + source.problems {
            add("proxmox \(problem.scope)", problem.message, problem.remedy)
        }
    }

    private mutating func addListener(_ about: String, _ listener: StatusBoard.Listener?) {
        guard let problem = listener?.problem.map(ProblemText.init) else { return }
        add(about, problem.message, problem.remedy)
    }

    /// Zones that left the settings: nothing is removed there because of that, so somebody has to.
    private mutating func addFormerZones(of provider: String, _ zones: Set<String>) {
        for zone in zones.sorted() {
            add(
                "\(provider) \(zone)",
                "written to before, and no zone of ours any more: what is ours there stays",
                "list it in dns.zones again, or have pipam clean take everything of ours away")
        }
    }

    private mutating func add(_ standing: ProviderStanding) {
        if let failure = standing.failure { add(standing.name, failure.reason, failure.remedy) }
        let held = Dictionary(grouping: standing.open.values.filter { $0.cause == .held }) {
            $0.zone ?? ""
        }
        for (name, zone) in standing.zones.sorted(by: { $0.key < $1.key }) {
            let about = "\(standing.name) \(name)"
            if let obstacle = zone.obstacle.map(ProblemText.init) {
                add(about, obstacle.message, obstacle.remedy)
            } else if !zone.isApproved {
                add(
                    about, "nothing was written yet: the zone waits for its first approval",
                    "look at pipamctl plan show, then pipamctl plan apply")
            }
            if let sets = held[name] {
                add(
                    about, "\(Wording.count(sets.count, "record set")) \(sets[0].reason)",
                    "look at pipamctl plan show; if it is right, pipamctl plan apply --force")
            }
            for warning in zone.warnings.map(ProblemText.init) {
                add(about, warning.message, warning.remedy)
            }
        }
        addConflicts(standing)
        addDrift(standing)
    }

    private mutating func addDrift(_ standing: ProviderStanding) {
        let drifted = standing.open.filter { $0.value.cause == .drifted }
        guard let first = drifted.keys.min() else { return }
        let others = drifted.count > 1 ? " and \(drifted.count - 1) more" : ""
        add(
            standing.name, "changed there behind our back: \(first)\(others)",
            "look at pipamctl plan show; pipam reconcile puts it right")
    }

    private mutating func addConflicts(_ standing: ProviderStanding) {
        let conflicts = standing.open.filter { $0.value.cause == .conflict }
        guard let first = conflicts.min(by: { $0.key < $1.key }) else { return }
        let others = conflicts.count > 1 ? ", and \(conflicts.count - 1) more" : ""
        add(
            standing.name, "\(first.key) cannot be written: \(first.value.reason)\(others)",
            "pipamctl conflicts lists them")
    }
}

/// A sentence of the form "what is wrong; what to do", in its two parts.
struct ProblemText {
    let message: String
    let remedy: String

    init(_ text: String) {
        let halves = text.split(separator: ";", maxSplits: 1)
        message = halves.first.map(String.init) ?? text
        remedy = halves.count > 1 ? String(halves[1].drop { $0 == " " }) : ""
    }
}
