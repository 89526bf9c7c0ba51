import HTTPClient
import Inventory

/// `/cluster/status`: who belongs to the cluster and whether it may decide. A host on its own sends
/// no element for the cluster.
struct ClusterStatus: Hashable {
    struct Node: Hashable {
        let isOnline: Bool
        /// The address that the node's name stands for; `nil` when pmxcfs does not know it.
        let address: IPAddress?
    }

    /// `nil` for a host on its own.
    let name: String?
    /// By name.
    let nodes: [String: Node]
    /// The majority is there, or there is nobody to agree with.
    let isQuorate: Bool

    /// `nil` if no node is listed, which no host answers that works.
    init?(_ data: JSONValue) {
        guard let items = data.elements else { return nil }
        var nodes: [String: Node] = [:]
        for item in items where item["type"]?.text == "node" {
            guard let name = item["name"]?.text, NodeName.isLegal(name) else { return nil }
            nodes[name] = Node(
                isOnline: item["online"]?.flag ?? false,
                address: item["ip"]?.text.flatMap { IPAddress($0) })
        }
        guard !nodes.isEmpty else { return nil }
        let cluster = items.first { $0["type"]?.text == "cluster" }
        self.nodes = nodes
        name = cluster?["name"]?.text?.bounded(to: Bounds.text)
        isQuorate = cluster.map { $0["quorate"]?.flag ?? false } ?? (nodes.count == 1)
    }
}
