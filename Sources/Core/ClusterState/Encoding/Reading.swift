import ClusterMessages
import Inventory
import Zones

/// Reads typed values out of text fields, naming the field that holds nonsense.
enum Reading {
    static func name(_ text: String, _ field: String) throws(ClusterStateError) -> DomainName {
        guard let name = DomainName(text) else { throw .meaningless(field: field) }
        return name
    }

    static func address(_ text: String, _ field: String) throws(ClusterStateError) -> IPAddress {
        guard let address = IPAddress(text) else { throw .meaningless(field: field) }
        return address
    }

    static func network(_ text: String, _ field: String) throws(ClusterStateError) -> CIDR {
        guard let network = CIDR(text) else { throw .meaningless(field: field) }
        return network
    }

    static func mac(_ bits: UInt64, _ field: String) throws(ClusterStateError) -> MACAddress {
        guard let mac = MACAddress(bits: bits) else { throw .meaningless(field: field) }
        return mac
    }

    static func key(
        _ message: MessageRecordSetKey, _ field: String
    ) throws(ClusterStateError) -> RecordSetKey {
        guard let type = UInt16(exactly: message.type) else { throw .meaningless(field: field) }
        return RecordSetKey(
            owner: try name(message.owner, field), type: RecordType(rawValue: type))
    }

    static func keys(
        _ messages: [MessageRecordSetKey], _ field: String
    ) throws(ClusterStateError) -> [RecordSetKey] {
        var keys: [RecordSetKey] = []
        for message in messages {
            keys.append(try key(message, field))
        }
        return keys
    }

    /// The generated code's type for octets, without its name: Core knows no Foundation.
    static func bytes<Bytes: RangeReplaceableCollection<UInt8>>(_ octets: [UInt8]) -> Bytes {
        Bytes(octets)
    }

    /// An empty text is the global one.
    static func routingDomain(
        _ text: String, _ field: String
    ) throws(ClusterStateError) -> RoutingDomain {
        guard !text.isEmpty else { return .global }
        guard let domain = RoutingDomain(text) else { throw .meaningless(field: field) }
        return domain
    }
}

extension RoutingDomain {
    /// The text of a field: empty for the global one.
    var fieldText: String { self == .global ? "" : name }
}

extension RecordSetKey {
    var message: MessageRecordSetKey {
        var message = MessageRecordSetKey()
        message.owner = owner.description
        message.type = UInt32(type.rawValue)
        return message
    }
}

extension ClusterID {
    init(_ message: MessageFound) {
        self.init(high: message.clusterHigh, low: message.clusterLow)
    }

    var message: MessageFound {
        var message = MessageFound()
        message.clusterHigh = high
        message.clusterLow = low
        return message
    }
}

extension Host {
    init(_ message: MessageHost) throws(ClusterStateError) {
        var addresses: [IPAddress] = []
        for text in message.addresses {
            addresses.append(try Reading.address(text, "host.addresses"))
        }
        self.init(name: message.name, addresses: addresses)
    }

    var message: MessageHost {
        var message = MessageHost()
        message.name = name
        message.addresses = addresses.map(\.description)
        return message
    }
}
