import ClusterState
import Inventory
import Proxmox

/// What a collection brought that the state does not say already.
struct News: Sendable {
    /// Guests of one proposal: some kilobytes each at most, and an entry of the log holds so much.
    private static let portionGuests = 64

    /// To be proposed, in this order.
    private(set) var bodies: [Command.Body] = []
    /// Guests that are new or not as they were.
    let changed: [GuestID]
    /// Guests that were destroyed, with their names.
    let gone: [(id: GuestID, name: String?)]

    /// - `duty`: what this node looks at and speaks of.
    /// - `reports`: those of the collection, with what the guests' notes ask for.
    /// - `fallbackHosts`: the hosts when Proxmox shows none.
    init(
        _ collection: Collection, reports: [GuestReport], fallbackHosts: [Host] = [],
        duty: WatchDuty, state: borrowing ReplicatedState
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
        if duty.isLeader, !hosts.isEmpty, state.isNews(hosts) {
            bodies.append(.reportHosts(hosts))
        }
        if duty.isLeader, let publishing = collection.sdnPublishing,
            publishing != state.sdnPublishing
        {
            bodies.append(.reportSDN(publishing))
        }
        if !new.isEmpty { bodies.append(.reportGuests(new)) }
        if !gone.isEmpty { bodies.append(.reportGone(gone.map(\.id))) }
    }

    /// The bodies in portions that fit an entry of the log each.
    var portions: [[Command.Body]] {
        var portions: [[Command.Body]] = [[]]
        for body in bodies {
            guard case .reportGuests(let reports) = body else {
                portions[portions.count - 1].append(body)
                continue
            }
            for start in stride(from: 0, to: reports.count, by: Self.portionGuests) {
                let end = min(start + Self.portionGuests, reports.count)
                if start > 0 { portions.append([]) }
                portions[portions.count - 1].append(.reportGuests(Array(reports[start..<end])))
            }
        }
        return portions
    }
}
