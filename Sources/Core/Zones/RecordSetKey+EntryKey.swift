package import Inventory
import Planning

/// Record sets are planned by their owner's name: a CNAME stands alone there (RFC 1034 section
/// 3.6.2), but for what DNSSEC puts beside it (RFC 4034 section 3).
extension RecordSetKey: EntryKey {
    /// The owner's name.
    package var place: DomainName { owner }

    /// One of the two is a CNAME, at one name.
    package func excludes(_ other: RecordSetKey) -> Bool {
        owner == other.owner && type != other.type && (type == .cname || other.type == .cname)
    }
}

extension RecordSetKey: CustomStringConvertible {
    /// "vm1.example.com. A"
    package var description: String { "\(owner) \(type)" }
}
