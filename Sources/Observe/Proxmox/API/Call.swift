import Inventory

/// One question to the API, all of them GET below `/api2/json`.
enum Call: Hashable, Sendable {
    case version
    case permissions
    case resources
    case clusterStatus
    case network(node: String)
    case vnets
    case zones
    case configuration(GuestPlace)
    /// A configuration again, asked only to know whether it exists.
    case presence(GuestPlace)
    case containerInterfaces(GuestPlace)
    case agentInterfaces(GuestPlace)
    case agentHostName(GuestPlace)

    /// Without the prefix; the query included.
    var path: String {
        switch self {
        case .version: "/version"
        case .permissions: "/access/permissions"
        case .resources: "/cluster/resources?type=vm"
        case .clusterStatus: "/cluster/status"
        case .network(let node): "/nodes/\(node)/network"
        case .vnets: "/cluster/sdn/vnets?running=1"
        case .zones: "/cluster/sdn/zones?running=1"
        // Without current=1, changes that wait for a restart are merged in.
        case .configuration(let place), .presence(let place):
            "\(Self.path(of: place))/config?current=1"
        case .containerInterfaces(let place): "\(Self.path(of: place))/interfaces"
        case .agentInterfaces(let place):
            "\(Self.path(of: place))/agent/network-get-interfaces"
        case .agentHostName(let place): "\(Self.path(of: place))/agent/get-host-name"
        }
    }

    private static func path(of place: GuestPlace) -> String {
        "/nodes/\(place.node)/\(place.kind.rawValue)/\(place.vmid)"
    }

    /// The guest that it is about; `nil` for a question about more.
    var guest: UInt32? { place?.vmid }

    /// The node that has to answer; `nil` when the API's own host can.
    var node: String? {
        switch self {
        case .network(let node): node
        case .version, .permissions, .resources, .clusterStatus, .vnets, .zones: nil
        case .configuration, .presence, .containerInterfaces, .agentInterfaces, .agentHostName:
            place?.node
        }
    }

    private var place: GuestPlace? {
        switch self {
        case .version, .permissions, .resources, .clusterStatus, .network, .vnets, .zones: nil
        case .configuration(let place), .presence(let place), .containerInterfaces(let place),
            .agentInterfaces(let place), .agentHostName(let place):
            place
        }
    }

    /// It waits for software inside a guest, and holds a worker on the node meanwhile.
    var isAgent: Bool {
        switch self {
        case .agentInterfaces, .agentHostName: true
        case .version, .permissions, .resources, .clusterStatus, .network, .vnets, .zones,
            .configuration, .presence, .containerInterfaces:
            false
        }
    }

    /// Something inside a guest can make it slow.
    var waitsForGuest: Bool {
        if case .containerInterfaces = self { true } else { isAgent }
    }

    /// The longest answer that is read, in octets.
    var maximumOctets: Int {
        switch self {
        case .resources: 64 << 20
        case .permissions, .vnets, .zones: 16 << 20
        case .agentInterfaces, .containerInterfaces, .network: 8 << 20
        // pmxcfs holds no file above 1 MiB, which JSON's escapes may make longer.
        case .configuration, .presence: 8 << 20
        case .version, .clusterStatus, .agentHostName: 1 << 20
        }
    }
}
