import HTTPClient
import Inventory

/// `/nodes/{node}/network`: a node's interfaces as configured. Bridges are missing without
/// SDN.Audit or SDN.Use on them, without a word.
struct NodeNetwork: Hashable {
    /// The VLAN that a bridge's untagged traffic leaves the node in, where one of its ports is a
    /// VLAN of a card or bond (eno2.50). Absent: untagged.
    let uplinkVLANs: [String: VLANID]
    /// The addresses of the interfaces that lead to the default gateways, sorted.
    let gatewayAddresses: [IPAddress]
    /// All addresses, by the interface that has them.
    let addresses: [String: [IPAddress]]

    /// `nil` if the answer is no list.
    init?(_ data: JSONValue) {
        guard let items = data.elements else { return nil }
        let interfaces = items.compactMap { item in
            item["iface"]?.text.map { (name: $0.bounded(to: Bounds.text), item: item) }
        }
        let vlans = Self.vlans(interfaces)
        var uplinks: [String: VLANID] = [:]
        var addresses: [String: [IPAddress]] = [:]
        var gateways: [IPAddress] = []
        for (name, item) in interfaces {
            let ports = (item["bridge_ports"] ?? item["ovs_ports"])?.text ?? ""
            // Two ports in different VLANs join them: no single id is right.
            let ids = Set(ports.split(separator: " ").map { vlans[String($0)] ?? Self.suffix($0) })
            if ids.count == 1, let id = ids.first { uplinks[name] = id }
            for (key, gateway) in [("address", "gateway"), ("address6", "gateway6")] {
                guard let address = item[key]?.text.flatMap({ IPAddress($0) }) else { continue }
                addresses[name, default: []].append(address)
                if item[gateway] != nil { gateways.append(address) }
            }
        }
        uplinkVLANs = uplinks
        gatewayAddresses = gateways.sorted()
        self.addresses = addresses
    }

    private static func vlans(_ items: [(name: String, item: JSONValue)]) -> [String: VLANID] {
        var vlans: [String: VLANID] = [:]
        for (name, item) in items where item["type"]?.text == "vlan" {
            vlans[name] = item["vlan-id"]?.integer.flatMap { VLANID($0) } ?? suffix(name)
        }
        return vlans
    }

    /// A port may be named `eno2.50` without an entry of its own.
    private static func suffix(_ name: some StringProtocol) -> VLANID? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        return Int(name[name.index(after: dot)...]).flatMap { VLANID($0) }
    }
}
