package import Inventory

/// How much of the cluster a collection looks at.
package enum CollectionDepth: Hashable, Sendable {
    /// The cluster's list of guests, and those guests that changed or are due. One request when
    /// nothing happened.
    case changes
    /// Besides: hosts, networks, a share of the configurations, and proof of what is gone.
    case full
}

/// Which part of the cluster a collection is about: with an agent on each host, each looks at its
/// own guests.
package struct CollectionScope: Hashable, Sendable {
    private enum Nodes: Hashable {
        case only(Set<String>)
        case allBut(Set<String>)
    }

    private let nodes: Nodes
    /// The addresses of all hosts are asked for too.
    package let includesHosts: Bool

    /// Everything.
    package static let cluster = CollectionScope(.allBut([]), includesHosts: true)

    /// The guests of these nodes.
    package static func only(_ nodes: Set<String>) -> CollectionScope {
        CollectionScope(.only(nodes), includesHosts: false)
    }

    /// The hosts, and the guests of all nodes but these, also of nodes that nobody has heard of
    /// yet.
    package static func allBut(_ nodes: Set<String>) -> CollectionScope {
        CollectionScope(.allBut(nodes), includesHosts: true)
    }

    private init(_ nodes: Nodes, includesHosts: Bool) {
        self.nodes = nodes
        self.includesHosts = includesHosts
    }

    /// A node's guests are looked at.
    package func contains(_ node: String) -> Bool {
        switch nodes {
        case .only(let names): names.contains(node)
        case .allBut(let names): !names.contains(node)
        }
    }
}

/// Where a guest was when it was last seen.
package struct GuestPlace: Hashable, Sendable {
    /// Its number.
    package let vmid: UInt32
    /// Virtual machine or container.
    package let kind: Guest.Kind
    /// The node that owns it.
    package let node: String

    /// Joins the three.
    package init(vmid: UInt32, kind: Guest.Kind, node: String) {
        self.vmid = vmid
        self.kind = kind
        self.node = node
    }

    /// Where a guest is.
    package init(_ guest: Guest) {
        self.init(vmid: guest.id.vmid, kind: guest.kind, node: guest.node)
    }
}

/// What one collection brought. What is not in it is as it was.
package struct Collection: Sendable {
    /// The cluster's hosts, sorted by name; empty until a full collection found them.
    package var hosts: [Host] = []
    /// The guests looked at, sorted by their ids.
    package var reports: [GuestReport] = []
    /// What Proxmox's own networking publishes; `nil` until it could be read.
    package var sdnPublishing: SDNPublishing?
    /// Known guests that are proven to exist no more, sorted.
    package var gone: [GuestID] = []
    /// What could not be seen and why, sorted, no duplicates.
    package var problems: [Problem] = []
    /// Guests whose agent or interfaces are still being asked; their reports follow in a later
    /// collection.
    package var pendingGuests = 0
}

/// Something that an operator should know of.
package struct Problem: Hashable, Sendable {
    /// What it is about.
    package enum Scope: Hashable, Sendable {
        /// The API as a whole, the token included.
        case api
        /// One node.
        case node(String)
        /// One guest, by its number.
        case guest(UInt32)
    }

    /// What it is about.
    package let scope: Scope
    /// What is the matter, and what goes unseen by it.
    package let message: String
    /// What can be done; empty when nothing but wait.
    package let remedy: String

    /// Joins the three.
    package init(scope: Scope, message: String, remedy: String) {
        self.scope = scope
        self.message = message
        self.remedy = remedy
    }

    /// Clocks that differ by more than this are told of: grace times, serials and the times that
    /// guests hold addresses for are compared among hosts.
    private static let tolerableSeconds = 30

    /// A clock that is off; `nil` if it is not.
    init?(clockOffsetSeconds: Int?) {
        guard let offset = clockOffsetSeconds, abs(offset) > Self.tolerableSeconds else {
            return nil
        }
        // To the minute, so that the same difference is the same problem.
        let minutes = max(1, (abs(offset) + 30) / 60)
        self.init(
            scope: .api,
            message: "the clock of this host is about \(minutes) min "
                + "\(offset > 0 ? "behind" : "ahead of") that of the Proxmox host",
            remedy: "have both set by NTP: chronyc tracking, or timedatectl, shows how they stand")
    }

    /// An error as a problem.
    init(_ scope: Scope, _ error: ProxmoxError) {
        self.init(scope: scope, message: "\(error)", remedy: error.remedy)
    }
}

extension Problem: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.scope.rank, left.message, left.remedy)
            < (right.scope.rank, right.message, right.remedy)
    }
}

extension Problem.Scope: CustomStringConvertible {
    package var description: String {
        switch self {
        case .api: "api"
        case .node(let name): "node \(name)"
        case .guest(let vmid): "guest \(vmid)"
        }
    }

    /// The API first, then nodes by name, then guests by number.
    fileprivate var rank: RankedScope {
        switch self {
        case .api: RankedScope(kind: 0, name: "", number: 0)
        case .node(let name): RankedScope(kind: 1, name: name, number: 0)
        case .guest(let vmid): RankedScope(kind: 2, name: "", number: vmid)
        }
    }
}

/// A scope in the order in which problems are listed.
private struct RankedScope: Comparable {
    let kind: Int
    let name: String
    let number: UInt32

    static func < (left: Self, right: Self) -> Bool {
        (left.kind, left.name, left.number) < (right.kind, right.name, right.number)
    }
}
