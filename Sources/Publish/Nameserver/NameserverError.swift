package import Inventory
package import Zones

/// Why the name server could not take data or could not start. After any of them nothing of the
/// refused change is visible and no socket stays open.
package enum NameserverError: Error, Equatable, Sendable {
    /// Record data does not fit its type. The names are those of the record set at fault.
    case invalidData(owner: DomainName, type: RecordType, reason: String)
    /// A record set would not fit into any answer.
    case setTooLarge(owner: DomainName, type: RecordType, sizeOctets: Int, limitOctets: Int)
    /// A record set lies outside the zone it came with.
    case outsideZone(owner: DomainName, apex: DomainName)
    /// One change names the same record set twice.
    case duplicateSet(owner: DomainName, type: RecordType)
    /// A zone has no SOA record at its apex, or would lose it.
    case missingStartOfAuthority(apex: DomainName)
    /// A difference for a zone that is not served.
    case unknownZone(apex: DomainName)
    /// More zones or more data than the table can number.
    case tableFull(limit: String)
    /// A setting out of its range.
    case invalidSettings(reason: String)
    /// Another program listens on this address and port.
    case endpointInUse(Endpoint, transport: Transport)
    /// The process may not listen on this port.
    case endpointForbidden(Endpoint, transport: Transport)
    /// No interface of this host has the address.
    case addressNotHere(Endpoint, transport: Transport)
    /// The kernel refused for another reason.
    case endpointFailed(Endpoint, transport: Transport, reason: String)
    /// A worker could not be started, or stopped by itself.
    case workerFailed(reason: String)
}

extension NameserverError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidData, .setTooLarge, .outsideZone, .duplicateSet, .missingStartOfAuthority,
            .unknownZone, .tableFull:
            descriptionOfData
        case .invalidSettings, .endpointInUse, .endpointForbidden, .addressNotHere,
            .endpointFailed, .workerFailed:
            descriptionOfListening
        }
    }

    private var descriptionOfData: String {
        switch self {
        case .invalidData(let owner, let type, let reason):
            "record set \(owner) \(type) holds invalid data: \(reason); correct the record"
        case .setTooLarge(let owner, let type, let size, let limit):
            "record set \(owner) \(type) takes \(size) octets, an answer holds \(limit); "
                + "spread the records over several names"
        case .outsideZone(let owner, let apex):
            "\(owner) lies outside zone \(apex); publish it with its own zone"
        case .duplicateSet(let owner, let type):
            "record set \(owner) \(type) stands twice in one change; merge the two"
        case .missingStartOfAuthority(let apex):
            "zone \(apex) has no SOA record at its apex; add one"
        case .unknownZone(let apex):
            "zone \(apex) is not served, so it cannot be updated; publish it whole first"
        case .tableFull(let limit):
            "the table of names is full at \(limit); serve fewer zones or names from this host"
        default:
            preconditionFailure("not an error about data")
        }
    }

    private var descriptionOfListening: String {
        switch self {
        case .invalidSettings(let reason):
            "the name server's settings are out of range: \(reason); correct them"
        case .endpointInUse(let endpoint, let transport):
            "\(endpoint) \(transport) is taken by another program; stop that name server "
                + "(ss -lnp shows it) or listen on another address"
        case .endpointForbidden(let endpoint, let transport):
            "\(endpoint) \(transport) needs CAP_NET_BIND_SERVICE; grant it in the unit "
                + "(AmbientCapabilities) or listen on a port above 1023"
        case .addressNotHere(let endpoint, let transport):
            "\(endpoint) \(transport): no interface of this host has the address; "
                + "correct the listen address or bring the interface up first"
        case .endpointFailed(let endpoint, let transport, let reason):
            "\(endpoint) \(transport) cannot be listened on: \(reason); "
                + "check the listen address and the limits of the process"
        case .workerFailed(let reason):
            "a DNS worker failed: \(reason); the service manager should start the agent again"
        default:
            preconditionFailure("not an error about listening")
        }
    }
}
