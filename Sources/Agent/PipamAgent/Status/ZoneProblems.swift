import Control
import Inventory
import Signing
import Zones

/// What is amiss with zones on any node: how they are signed, and whether all nodes have the same.
struct ZoneProblems: Sendable {
    /// One of them.
    struct Problem: Sendable {
        /// How it is told.
        let report: ReportedProblem
        /// Somebody has to do something, and nothing is amiss.
        var isTask = false
    }

    /// Zones are signed.
    private(set) var isSigning = false
    /// About signatures and keys, by zone.
    private(set) var signing: [Problem] = []
    /// About zones that differ between hosts.
    private(set) var comparison: [Problem] = []

    /// No zone has any.
    init() {}

    /// - `told`: why zones are not signed as they should be, as whoever signs says.
    /// - `knows`: this node can open what is closed with a secret.
    init(
        _ outlook: SigningOutlook, told: [String: String] = [:],
        comparison standings: [DomainName: ComparisonBoard.Standing] = [:],
        knows: (UInt64) -> Bool = { _ in true }, nowSeconds: UInt64
    ) {
        isSigning = !outlook.zones.isEmpty || !told.isEmpty
        for (zone, problem) in told.sorted(by: { $0.key < $1.key }) {
            addSigning(
                zone, "not signed as it should be: \(problem)",
                "see pipamctl zone dnssec status \(zone)")
        }
        for zone in outlook.zones {
            add(zone, nowSeconds: nowSeconds)
            addSecrets(of: zone, outlook.spreads, knows)
        }
        for (apex, standing) in standings.sorted(by: { $0.key < $1.key }) { add(standing, apex) }
    }

    private mutating func addSigning(
        _ zone: String, _ message: String, _ remedy: String, isTask: Bool = false
    ) {
        signing.append(
            Problem(
                report: ReportedProblem(
                    about: "zone \(zone)", message: message, remedy: remedy), isTask: isTask))
    }

    // MARK: Signing

    private mutating func add(_ zone: SigningOutlook.Zone, nowSeconds: UInt64) {
        let name = "\(zone.apex)"
        if let tag = zone.parentTag {
            addSigning(
                name, "a new key waits for the parent zone",
                KeyPlan.parentTask(of: tag, in: zone.apex), isTask: true)
        }
        guard zone.isServed, let expires = zone.expiresSeconds else { return }
        if expires <= nowSeconds {
            addSigning(
                name, "signatures have ended: whoever checks them gets no answer",
                "see pipamctl zone dnssec status \(name), and pipamctl cluster status")
        } else if expires - nowSeconds < UInt64(zone.policy.refreshSeconds) / 2 {
            // Whoever signs would have made them anew long ago.
            addSigning(
                name, "signatures end at \(Wording.time(expires)), and nobody makes them anew",
                "see pipamctl cluster status: without a majority nothing is signed; then pipamctl "
                    + "zone dnssec status \(name)")
        }
    }

    private mutating func addSecrets(
        of zone: SigningOutlook.Zone, _ spreads: [UInt64: SecretSpread],
        _ knows: (UInt64) -> Bool
    ) {
        let name = "\(zone.apex)"
        let unsafe = zone.secrets.compactMap { spreads[$0] }.filter { !$0.isSafe }
        if let spread = unsafe.min(by: { $0.holders < $1.holders }) {
            addSigning(
                name,
                "its keys can be opened on \(spread.holders) of \(spread.members) hosts: if those "
                    + "are lost, so are the keys",
                "start the other hosts: pipamctl cluster members shows who is down")
        } else if !zone.secrets.allSatisfy(knows) {
            addSigning(
                name, "its keys cannot be opened on this host, which could not sign if it led",
                "wait some seconds for another host to hand over the secret; if it stays, restart "
                    + "the agent")
        }
    }

    // MARK: Comparison

    private mutating func add(_ standing: ComparisonBoard.Standing, _ apex: DomainName) {
        if let serial = standing.withheldSerial {
            addComparison(
                apex,
                "not what most voters have at serial \(serial.number): secondaries get nothing of "
                    + "it from this host",
                "restart the agent; if it stays, take this host out with pipamctl cluster remove, "
                    + "empty its data_dir, and have it join anew")
        }
        if let serial = standing.disputedSerial {
            addComparison(
                apex,
                "hosts have different content at serial \(serial.number), and no majority says "
                    + "what is right",
                "compare pipamctl zone show --zonefile \(apex) on the hosts, and restart the agent "
                    + "of the one that is wrong")
        }
        if !standing.strangers.isEmpty {
            let names = standing.strangers.joined(separator: ", ")
            addComparison(
                apex, "on \(names) not what most voters have: secondaries get it from the others",
                "see pipamctl status there")
        }
    }

    private mutating func addComparison(
        _ apex: DomainName, _ message: String, _ remedy: String
    ) {
        comparison.append(
            Problem(
                report: ReportedProblem(
                    about: "zone \(apex)", message: message, remedy: remedy)))
    }
}
