import Inventory
import Testing
import Zones

/// Names and sets, apart from any server.
enum Sample {
    static let cluster = ClusterID(high: 0x1111_2222_3333_4444, low: 0x5555_6666_7777_8888)
    static let stranger = ClusterID(high: 0xAAAA_BBBB_CCCC_DDDD, low: 1)

    static func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    static func key(_ owner: String, _ type: RecordType) throws -> RecordSetKey {
        RecordSetKey(owner: try name(owner), type: type)
    }

    /// "a.example.net." A 192.0.2.1 and the like.
    static func set(
        _ owner: String, _ type: RecordType, _ data: String..., ttl: UInt32 = 60
    ) throws -> RecordSet {
        RecordSet(
            owner: try name(owner), type: type, ttlSeconds: ttl,
            data: try data.map {
                type == .a || type == .aaaa
                    ? try #require(IPAddress($0)).octets : try name($0).wire
            })
    }
}
