package import Inventory
package import Zones

/// The data of an RRSIG record (RFC 4034 section 3.1).
package struct SignatureRecord: Hashable, Sendable {
    /// The type of the set that is signed.
    package let type: RecordType
    /// The algorithm's number.
    package let algorithm: UInt8
    /// Labels of the owner, without the root's and without the asterisk of a wildcard.
    package let labels: UInt8
    /// The set's time to live in the zone, in seconds.
    package let originalTTLSeconds: UInt32
    /// Until when it is good, in seconds since 1970, modulo 2^32.
    package let expiration: UInt32
    /// Since when.
    package let inception: UInt32
    /// The tag of the key that made it.
    package let tag: UInt16
    /// The zone that the key belongs to.
    package let signer: DomainName
    /// The signature itself.
    package var signature: [UInt8] = []

    private static let fixedOctets = 18

    /// Everything but the signature.
    init(
        of set: RecordSet, inception: UInt32, expiration: UInt32, tag: UInt16,
        algorithm: SigningPolicy.Algorithm, signer: DomainName
    ) {
        let owner = set.key.owner
        type = set.key.type
        self.algorithm = algorithm.rawValue
        labels = UInt8(owner.labelCount - (owner.isWildcard ? 1 : 0))
        originalTTLSeconds = set.ttlSeconds
        self.expiration = expiration
        self.inception = inception
        self.tag = tag
        self.signer = signer
    }

    /// Reads record data; `nil` if it is none of an RRSIG record.
    package init?(_ data: [UInt8]) {
        guard data.count > Self.fixedOctets else { return nil }
        var end = Self.fixedOctets
        while end < data.count, data[end] != 0 { end += 1 + Int(data[end]) }
        guard end < data.count, let signer = DomainName(wire: data[Self.fixedOctets...end]) else {
            return nil
        }
        type = RecordType(rawValue: UInt16(networkOctets: data[0..<2]))
        algorithm = data[2]
        labels = data[3]
        originalTTLSeconds = UInt32(networkOctets: data[4..<8])
        expiration = UInt32(networkOctets: data[8..<12])
        inception = UInt32(networkOctets: data[12..<16])
        tag = UInt16(networkOctets: data[16..<18])
        self.signer = signer
        signature = Array(data[(end + 1)...])
    }

    /// Record data without the signature, which is what is signed first.
    var prefix: [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(Self.fixedOctets + signer.wire.count + 64)
        octets.append(number: type.rawValue)
        octets.append(algorithm)
        octets.append(labels)
        octets.append(number: originalTTLSeconds)
        octets.append(number: expiration)
        octets.append(number: inception)
        octets.append(number: tag)
        octets += signer.wire
        return octets
    }

    /// The record's data.
    package var data: [UInt8] { prefix + signature }

    /// What is signed of a set (RFC 4034 section 3.1.8.1).
    package func input(for set: RecordSet) -> [UInt8] {
        var head = set.key.owner.wire
        head.append(number: set.key.type.rawValue)
        head.append(number: UInt16(1))
        head.append(number: originalTTLSeconds)
        let records = CanonicalData.records(of: set)
        var octets = prefix
        octets.reserveCapacity(
            octets.count + records.reduce(0) { $0 + head.count + 2 + $1.count })
        for record in records {
            octets += head
            octets.append(number: UInt16(record.count))
            octets += record
        }
        return octets
    }
}

/// The parts of an RRSIG record's data that are asked for often, without reading all of it.
struct SignatureHead {
    /// The tag of the key that made it.
    let tag: UInt16
    /// Until when it is good, in seconds since 1970, modulo 2^32.
    let expiration: UInt32
    /// Since when.
    let inception: UInt32

    /// `nil` if the data are too short for an RRSIG record's.
    init?(_ data: [UInt8]) {
        guard data.count > 18 else { return nil }
        let number = { (place: Int) in
            UInt32(data[place]) << 24 | UInt32(data[place + 1]) << 16
                | UInt32(data[place + 2]) << 8 | UInt32(data[place + 3])
        }
        expiration = number(8)
        inception = number(12)
        tag = UInt16(data[16]) << 8 | UInt16(data[17])
    }
}
