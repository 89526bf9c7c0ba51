package import Inventory

/// A record type by number (RFC 1035 section 3.2.2 and the IANA registry).
package struct RecordType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// IPv4 address, RFC 1035 section 3.4.1.
    package static let a = RecordType(rawValue: 1)
    /// Name server, RFC 1035 section 3.3.11.
    package static let ns = RecordType(rawValue: 2)
    /// Alias, RFC 1035 section 3.3.1.
    package static let cname = RecordType(rawValue: 5)
    /// Start of authority, RFC 1035 section 3.3.13.
    package static let soa = RecordType(rawValue: 6)
    /// Name of an address, RFC 1035 section 3.3.12.
    package static let ptr = RecordType(rawValue: 12)
    /// Mail exchange, RFC 1035 section 3.3.9.
    package static let mx = RecordType(rawValue: 15)
    /// Text, RFC 1035 section 3.3.14.
    package static let txt = RecordType(rawValue: 16)
    /// IPv6 address, RFC 3596 section 2.1.
    package static let aaaa = RecordType(rawValue: 28)
    /// Service, RFC 2782.
    package static let srv = RecordType(rawValue: 33)
    /// Delegation signer, RFC 4034 section 5.
    package static let ds = RecordType(rawValue: 43)
    /// Signature of a record set, RFC 4034 section 3. No record set has this type: signatures
    /// belong to the set that they sign.
    package static let rrsig = RecordType(rawValue: 46)
    /// The next name and the types of this one, RFC 4034 section 4.
    package static let nsec = RecordType(rawValue: 47)
    /// A zone's public key, RFC 4034 section 2.
    package static let dnskey = RecordType(rawValue: 48)
    /// The next hashed name and the types of this one, RFC 5155 section 3.
    package static let nsec3 = RecordType(rawValue: 50)
    /// How the names of a zone are hashed, RFC 5155 section 4.
    package static let nsec3param = RecordType(rawValue: 51)
    /// What the parent should have as DS, RFC 7344 section 3.1.
    package static let cds = RecordType(rawValue: 59)
    /// What the parent should make DS of, RFC 7344 section 3.2.
    package static let cdnskey = RecordType(rawValue: 60)
    /// Service binding, RFC 9460.
    package static let svcb = RecordType(rawValue: 64)
    /// Service binding for HTTP, RFC 9460.
    package static let https = RecordType(rawValue: 65)

    /// The types that guests have, which are written to other servers too: addresses, aliases and
    /// names of addresses.
    package static let published: [RecordType] = [.a, .aaaa, .cname, .ptr]

    /// SOA or NS: it says who answers for a zone, which every server that has the zone says for
    /// itself.
    package var isAuthority: Bool { self == .soa || self == .ns }
}

extension RecordType: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Which record set of a zone: its owner's name and its type.
package struct RecordSetKey: Hashable, Sendable {
    /// The owner's name.
    package let owner: DomainName
    /// The type.
    package let type: RecordType

    /// Joins the two.
    package init(owner: DomainName, type: RecordType) {
        self.owner = owner
        self.type = type
    }
}

extension RecordSetKey: Comparable {
    /// Canonical order of names, then by type.
    package static func < (left: Self, right: Self) -> Bool {
        left.owner == right.owner ? left.type < right.type : left.owner < right.owner
    }
}

/// All records of one name and type (RFC 2181 section 5). Class is always IN.
package struct RecordSet: Hashable, Sendable {
    /// Owner and type.
    package let key: RecordSetKey
    /// One time to live for the whole set, in seconds.
    package let ttlSeconds: UInt32
    /// Record data in wire form, names in them uncompressed and in lower case; at least one, none
    /// longer than 65,535 octets, in canonical order (RFC 4034 section 6.3), no duplicates.
    package let data: [[UInt8]]
    /// The data of the RRSIG records over the set, in canonical order; empty where nothing is
    /// signed. They have the set's time to live (RFC 4034 section 3).
    package let signatures: [[UInt8]]

    /// No record's data is longer: its length has 16 bits (RFC 1035 section 3.2.1).
    package static let dataLimitOctets = 65_535

    /// Sorts the data and drops duplicates. `data` must not be empty.
    package init(
        owner: DomainName, type: RecordType, ttlSeconds: UInt32, data: some Sequence<[UInt8]>,
        signatures: [[UInt8]] = []
    ) {
        key = RecordSetKey(owner: owner, type: type)
        self.ttlSeconds = ttlSeconds
        let data = Array(data)
        self.data =
            data.count == 1 ? data : Set(data).sorted { $0.lexicographicallyPrecedes($1) }
        self.signatures =
            signatures.count <= 1
            ? signatures : Set(signatures).sorted { $0.lexicographicallyPrecedes($1) }
        precondition(!self.data.isEmpty, "a record set without records at \(owner) \(type)")
        precondition(
            self.data.allSatisfy { $0.count <= Self.dataLimitOctets },
            "oversized data at \(owner) \(type)")
    }

    private init(_ set: RecordSet, signatures: [[UInt8]]) {
        (key, ttlSeconds, data) = (set.key, set.ttlSeconds, set.data)
        self.signatures = signatures.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The same records with these signatures and no others.
    package func signed(with signatures: [[UInt8]]) -> RecordSet {
        RecordSet(self, signatures: signatures)
    }

    /// The same records without signatures.
    package var unsigned: RecordSet { signatures.isEmpty ? self : RecordSet(self, signatures: []) }
}

extension RecordSet {
    /// The hash of everything in it: owner in wire form, type, time to live, each record's length
    /// and data, and the same of each signature.
    var digest: Digest128 {
        let owner = key.owner.wire
        var octets: [UInt8] = []
        octets.reserveCapacity(owner.count + 6 + data.reduce(0) { $0 + 2 + $1.count })
        octets += owner
        octets += [UInt8(key.type.rawValue >> 8), UInt8(truncatingIfNeeded: key.type.rawValue)]
        octets += ttlSeconds.networkOctets
        for record in data + signatures {
            octets += [UInt8(record.count >> 8), UInt8(truncatingIfNeeded: record.count)]
            octets += record
        }
        return Digest128(hashing: octets)
    }
}
