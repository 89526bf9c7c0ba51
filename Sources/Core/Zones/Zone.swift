package import Inventory

/// One zone with everything in it, at one serial.
package struct Zone: Hashable, Sendable {
    /// The zone's name.
    package let apex: DomainName
    /// The version.
    package internal(set) var serial: SerialNumber
    /// The SOA but for its serial.
    private var authority: Authority
    private var content = ZoneContent()

    /// The fixed part of the SOA record (RFC 1035 section 3.3.13).
    package struct Authority: Hashable, Sendable {
        /// The first name server.
        package var primary: DomainName
        /// The mail address of whoever is responsible, as a name.
        package var contact: DomainName
        /// Times.
        package var times: ZoneSettings.Times

        /// Joins the three.
        package init(primary: DomainName, contact: DomainName, times: ZoneSettings.Times) {
            self.primary = primary
            self.contact = contact
            self.times = times
        }
    }

    init(apex: DomainName, serial: SerialNumber, authority: Authority) {
        self.apex = apex
        self.serial = serial
        self.authority = authority
    }

    /// Every set but the SOA.
    var sets: [RecordSetKey: RecordSet] { content.sets }

    /// The SOA record set at the present serial.
    package var soa: RecordSet { soa(at: serial) }

    /// The SOA record set as it would be at a serial.
    package func soa(at serial: SerialNumber) -> RecordSet {
        let times = authority.times
        let numbers = [serial.number, times.refresh, times.retry, times.expire, times.negative]
        return RecordSet(
            owner: apex, type: .soa, ttlSeconds: times.negative,
            data: [
                authority.primary.wire + authority.contact.wire
                    + numbers.flatMap(\.networkOctets)
            ])
    }

    /// Every set in canonical order, the SOA included.
    package var allSets: [RecordSet] {
        (sets.values + [soa]).sorted { $0.key < $1.key }
    }

    /// The set of one name and type.
    package func set(_ key: RecordSetKey) -> RecordSet? {
        key == RecordSetKey(owner: apex, type: .soa) ? soa : sets[key]
    }

    /// Puts a set in its place, or takes it away. `false` if that changes nothing.
    mutating func replace(_ key: RecordSetKey, with set: RecordSet?) -> Bool {
        content.replace(key, with: set, in: apex) != set
    }

    /// What the zone holds, in short: equal for equal record sets, whatever led to them. The serial
    /// is no part of it, the rest of the SOA is.
    package var digest: Digest128 {
        var digest = content.digest
        digest.add(soa(at: SerialNumber(1)).digest)
        return digest
    }

    /// Every set that is not the same in an earlier version, with those that stood in it alone
    /// at the end; the SOA is left out.
    package func keys(differentFrom earlier: Zone?) -> [RecordSetKey] {
        let former = earlier?.sets ?? [:]
        return sets.filter { former[$0.key] != $0.value }.map(\.key).sorted()
            + former.keys.filter { sets[$0] == nil }.sorted()
    }

    /// The names that have something else than SOA and NS.
    package var names: Set<DomainName> {
        sets.keys.reduce(into: []) { names, key in
            if !key.type.isAuthority { names.insert(key.owner) }
        }
    }

    /// There is such a name.
    package var hasNames: Bool { sets.keys.contains { !$0.type.isAuthority } }

    /// About what a transfer of the whole zone takes, in octets.
    var transferOctets: Int { content.octets + 2 * TransferForm.sizeOctets(of: soa, in: apex) }

    /// How many sets there are beside the SOA.
    package var count: Int { sets.count }
}

extension UInt32 {
    /// Four octets, most significant first.
    var networkOctets: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) }
    }
}
