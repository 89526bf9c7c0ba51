import Proxmox

/// Which part of the Proxmox cluster this node looks at and speaks of: its own guests, and if it
/// leads also the hosts, and the guests of hosts that cannot speak for themselves.
struct WatchDuty: Hashable, Sendable {
    /// What is looked at.
    let scope: CollectionScope
    /// Other members whose guests are looked at, since they are silent.
    let covered: [String]
    /// It speaks of what concerns the whole cluster.
    let isLeader: Bool

    /// All of it: nobody else is there.
    static let everything = WatchDuty(scope: .cluster, covered: [], isLeader: true)

    /// Works it out.
    ///
    /// - `node`: the host's name among the nodes.
    /// - `others`: the names of the other members that collect.
    /// - `silent`: those of them that have not been heard of for a while.
    init(node: String, others: Set<String>, silent: Set<String>, isLeader: Bool) {
        self.isLeader = isLeader
        guard isLeader else {
            scope = .only([node])
            covered = []
            return
        }
        let absent = others.intersection(silent)
        scope = .allBut(others.subtracting(absent))
        covered = absent.sorted()
    }

    private init(scope: CollectionScope, covered: [String], isLeader: Bool) {
        self.scope = scope
        self.covered = covered
        self.isLeader = isLeader
    }
}
