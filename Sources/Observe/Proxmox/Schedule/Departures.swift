import Inventory

/// Proof that guests are gone. A guest that is not listed may be hidden by a lost privilege, by a
/// node that is cut off, or by a list made too early; it is gone when all of this holds:
///
///     the list is complete -> the token lost no privilege -> the cluster is quorate
///         -> its last node is online -> that node answers "does not exist"
struct Departures {
    /// Known guests that are not listed, each with where it was last.
    private(set) var absent: [GuestID: GuestPlace] = [:]
    /// Proven.
    private(set) var gone: Set<GuestID> = []

    /// Proofs begun in one collection; the rest wait for the next.
    static let maximumProofs = 64

    /// The known guests that a complete list does not hold.
    init(known: [GuestID: GuestPlace], listed: ResourceList) {
        guard listed.isComplete else { return }
        absent = known.filter { listed.entries[$0.key.vmid] == nil }
    }

    /// Nobody is missing.
    init() {}

    /// What to ask next, if nothing speaks against a proof; `nil` where something does, with the
    /// reason.
    func proofs(
        status: ClusterStatus, permissions: Permissions, baseline: Permissions
    ) -> (calls: [Call], problems: [Problem]) {
        guard !absent.isEmpty else { return ([], []) }
        if let lost = permissions.firstLoss(since: baseline) {
            let problem = Problem(
                scope: .api,
                message: "the token has lost \(lost): guests may be hidden, none is taken for gone",
                remedy: "grant the privilege again, or start anew to accept its absence")
            return ([], [problem])
        }
        guard status.isQuorate else { return ([], []) }
        var calls: [Call] = []
        var problems: [Problem] = []
        for (id, place) in absent.sorted(by: { $0.key < $1.key }).prefix(Self.maximumProofs) {
            if status.nodes[place.node]?.isOnline == true {
                calls.append(.presence(place))
            } else {
                problems.append(Self.unproven(id, place, isMember: status.nodes[place.node] != nil))
            }
        }
        return (calls, problems)
    }

    private static func unproven(_ id: GuestID, _ place: GuestPlace, isMember: Bool) -> Problem {
        let state = isMember ? "is offline" : "is no member of the cluster any more"
        return Problem(
            scope: .guest(id.vmid),
            message: "not listed, and node \(place.node), where it was last, \(state): it is kept",
            remedy: "bring the node back, or remove the guest by hand if it is gone for good")
    }

    /// The node answered that the guest has no configuration there.
    mutating func prove(_ place: GuestPlace) {
        gone.formUnion(absent.filter { $0.value == place }.keys)
    }

    /// The guests of this number with another incarnation than the one that was read are gone.
    mutating func supersede(vmid: UInt32, by incarnation: String, known: [GuestID]) {
        gone.formUnion(known.filter { $0.vmid == vmid && $0.incarnation != incarnation })
    }
}
