import DNSWire
import ForeignZones
import Inventory
import Planning
import TestSupport
import Testing
import Zones

@testable import DynamicUpdate

/// Names, sets and records of example.net, apart from any server.
enum Sample {
    static let cluster = ClusterID(high: 0x1111_2222_3333_4444, low: 0x5555_6666_7777_8888)
    static let stranger = ClusterID(high: 0xAAAA_BBBB_CCCC_DDDD, low: 1)

    static func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    static func key(_ owner: String, _ type: RecordType) throws -> RecordSetKey {
        RecordSetKey(owner: try name(owner), type: type)
    }

    /// The data of a record: an address, or a name.
    static func data(_ text: String, _ type: RecordType) throws -> [UInt8] {
        switch type {
        case .a, .aaaa: try #require(IPAddress(text)).octets
        case .txt: [UInt8(text.utf8.count)] + Array(text.utf8)
        default: try name(text).wire
        }
    }

    static func set(
        _ owner: String, _ type: RecordType, _ data: String..., ttl: UInt32 = 60
    ) throws -> RecordSet {
        RecordSet(
            owner: try name(owner), type: type, ttlSeconds: ttl,
            data: try data.map { try Self.data($0, type) })
    }

    // MARK: Records of a transfer

    static func record(
        _ owner: String, _ type: RecordType, _ data: String, ttl: UInt32 = 60
    ) throws -> WireRecord {
        WireRecord(
            owner: try name(owner).wire, type: type.rawValue, ttlSeconds: ttl,
            data: try Self.data(data, type))
    }

    static func soa(_ serial: UInt32, of apex: String = "example.net.") throws -> WireRecord {
        let numbers = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: serial >> $0) }
        return WireRecord(
            owner: try name(apex).wire, type: RecordType.soa.rawValue, ttlSeconds: 300,
            data: [0, 0] + numbers + [UInt8](repeating: 1, count: 16))
    }

    /// So many A records h0, h1, ...
    static func hosts(_ numbers: Range<Int>) throws -> [WireRecord] {
        try numbers.map { try record("h\($0).example.net.", .a, "10.0.0.\($0 % 250)") }
    }

    // MARK: Recorded answers

    /// A message that was recorded.
    static func message(_ octets: [UInt8]) throws -> ServerMessage {
        try ServerMessage(octets.span)
    }

    /// The records of all messages that answered.
    static func messages(_ exchange: RecordedExchange) throws -> [[WireRecord]] {
        try exchange.answers.map { try message($0).answers }
    }
}

extension ZoneCopy {
    /// What stands in it, sets with their data in an order of their own.
    var summary: [RecordSetKey: Found] {
        var summary: [RecordSetKey: Found] = [:]
        for owner in owners {
            for (type, found) in sets(at: owner) {
                var found = found
                found.data.sort { $0.lexicographicallyPrecedes($1) }
                summary[RecordSetKey(owner: owner, type: type)] = found
            }
        }
        return summary
    }
}
