import ClusterState
import Inventory
import Proxmox

/// What a collection brought that the state does not say already.
struct News: Sendable {
    /// To be proposed, in this order.
    private(set) var bodies: [Command.Body] = []
    /// Guests that are new or not as they were.
    let changed: [GuestID]
    /// Guests that were destroyed, with their names.
    let gone: [(id: GuestID, name: String?)]

    /// - `reports`: those of the collection, with what the guests' notes ask for.
    /// - `fallbackHosts`: the hosts when Proxmox shows none.
    init(
        _ collection: Collection, reports: [GuestReport], fallbackHosts: [Host] = [],
        state: borrowing ReplicatedState, nowSeconds: UInt64
    ) {
        // A look that shows no hosts is silence, not absence.
        let isFirst = collection.hosts.isEmpty && state.hosts.isEmpty
        let hosts = isFirst ? fallbackHosts : collection.hosts
        let guests = state.guests
        var new: [GuestReport] = []
        for report in reports where state.isNews(report) { new.append(report) }
        changed = new.map(\.guest.id)
        gone = collection.gone.filter { guests[$0]?.goneAtSeconds == nil }
            .map { ($0, guests[$0]?.guest.name) }
        if !hosts.isEmpty, state.isNews(hosts) { bodies.append(.reportHosts(hosts)) }
        if let publishing = collection.sdnPublishing, publishing != state.sdnPublishing {
            bodies.append(.reportSDN(publishing))
        }
        if !new.isEmpty { bodies.append(.reportGuests(new)) }
        if !gone.isEmpty { bodies.append(.reportGone(gone.map(\.id))) }
        if let due = state.nextDueSeconds, due <= nowSeconds { bodies.append(.advance) }
    }
}
