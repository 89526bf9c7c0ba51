import HTTPClient
import Inventory

/// The software-defined networks as they run: `/cluster/sdn/vnets` and `/cluster/sdn/zones`, both
/// asked with `running=1`, since they list what is not applied yet otherwise.
struct SDN: Hashable {
    struct VNet: Hashable {
        let zone: String
        /// A VLAN's id or a VXLAN's number: the zone's type tells which.
        let tag: Int?
    }

    /// By name.
    var vnets: [String: VNet] = [:]
    /// The types, by name.
    var zoneTypes: [String: String] = [:]
    /// What the zones' DNS plugins write; `nil` before the zones were read.
    private(set) var publishing: SDNPublishing?

    /// Takes over the vnets. False if the answer is no list; what was known stays.
    mutating func takeVNets(_ data: JSONValue) -> Bool {
        guard let items = data.elements else { return false }
        vnets = [:]
        for item in items {
            guard let name = item["vnet"]?.text, let zone = item["zone"]?.text else { continue }
            vnets[name] = VNet(zone: zone, tag: item["tag"]?.integer)
        }
        return true
    }

    /// Takes over the zones. False if the answer is no list; what was known stays.
    mutating func takeZones(_ data: JSONValue) -> Bool {
        guard let items = data.elements else { return false }
        zoneTypes = [:]
        for item in items {
            guard let name = item["zone"]?.text else { continue }
            zoneTypes[name] = item["type"]?.text ?? ""
        }
        publishing = SDNPublishing(
            zones: items.filter { $0["dns"]?.text?.isEmpty == false }
                .compactMap { $0["dnszone"]?.text.flatMap { DomainName($0) } },
            hasReverse: items.contains { $0["reversedns"]?.text?.isEmpty == false })
        return true
    }

    /// The VLAN that a vnet is, if it is one.
    func vlan(ofVNet name: String) -> VLANID? {
        guard let vnet = vnets[name], zoneTypes[vnet.zone] == "vlan" else { return nil }
        return vnet.tag.flatMap { VLANID($0) }
    }
}
