import ClusterState

/// On how many hosts a secret of the cluster's is.
struct SecretSpread: Sendable {
    /// Those that can open it.
    let holders: Int
    /// The hosts that serve; those that vote alone get no secret.
    let members: Int

    /// Of the latest secret, or of an earlier one.
    init(_ state: borrowing ReplicatedState, id: UInt64? = nil) {
        // Copies first: looking into the lent one ends the optimising compiler (Swift 6.3.1).
        let list = state.memberList
        let secrets = state.secrets
        let secret = id.map { id in secrets.first { $0.id == id } } ?? secrets.last
        let copies = secret?.copies ?? [:]
        let full = list.filter { $0.kind == .full && $0.successor == nil }
        members = full.count
        holders = full.count { copies[$0.node] != nil }
    }

    /// Nobody lacks it.
    var isEverywhere: Bool { holders == members }
    /// More than half: whoever is left of a majority has it.
    var isSafe: Bool { members == 0 || holders > members / 2 }
}
