package import Inventory
import Planning

/// Record sets are planned by their owner's name: a CNAME stands alone there (RFC 1034 section
/// 3.6.2), but for what DNSSEC puts beside it (RFC 4034 section 3). PowerDNS's own types ALIAS and
/// LUA give addresses that are worked out elsewhere, so that none of ours may stand beside them.
extension RecordSetKey: EntryKey {
    /// The owner's name.
    package var place: DomainName { owner }

    /// One of the two is a CNAME, at one name.
    package func excludes(_ other: RecordSetKey) -> Bool {
        guard owner == other.owner, type != other.type else { return false }
        return type == .cname || other.type == .cname || type.standsFor(other.type)
            || other.type.standsFor(type)
    }
}

extension RecordType {
    /// PowerDNS's ALIAS and LUA, which answer for addresses.
    private var isComputed: Bool { rawValue == 65_401 || rawValue == 65_402 }

    /// Sets of the type answer questions about another one.
    fileprivate func standsFor(_ other: RecordType) -> Bool {
        isComputed && (other == .a || other == .aaaa)
    }
}

extension RecordSetKey: CustomStringConvertible {
    /// "vm1.example.com. A"
    package var description: String { "\(owner) \(type)" }
}
