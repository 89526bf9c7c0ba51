package import Inventory
import OpenSSL
import Synchronization

/// The hash of a name by which NSEC3 records deny it (RFC 5155 section 5): SHA-1, once, without
/// salt, as RFC 9276 section 3.1 wants it.
package struct NameHash: Hashable, Sendable {
    // 160 bits in network order.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt32

    /// The length in octets.
    package static let count = 20
    /// What its text takes as a label of a name, in octets.
    static let labelOctets = 33
    private static let digits = Array("0123456789abcdefghijklmnopqrstuv".utf8)

    init(_ name: DomainName, _ hasher: inout SHA1Hasher) {
        (first, second, third) = hasher.digest(of: name.wire)
    }

    /// Hashes one name.
    package init(_ name: DomainName) {
        var hasher = SHA1Hasher()
        self.init(name, &hasher)
    }

    /// The hash that the owner of an NSEC3 set stands for; `nil` if its first label is none.
    package init?(owner: DomainName) {
        guard owner.wire[0] == 32 else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(Self.count)
        var bits: UInt64 = 0
        for (index, digit) in owner.wire[1...32].enumerated() {
            switch digit {
            case 0x30...0x39: bits = bits << 5 | UInt64(digit - 0x30)
            case 0x61...0x76: bits = bits << 5 | UInt64(digit - 0x61 + 10)
            default: return nil
            }
            // Eight digits are five octets.
            if index & 7 == 7 {
                for shift in [32, 24, 16, 8, 0] as [UInt64] {
                    octets.append(UInt8(truncatingIfNeeded: bits >> shift))
                }
                bits = 0
            }
        }
        first = UInt64(networkOctets: octets[0..<8])
        second = UInt64(networkOctets: octets[8..<16])
        third = UInt32(networkOctets: octets[16..<20])
    }

    /// 20 octets.
    package var octets: [UInt8] {
        first.networkOctets + second.networkOctets + third.networkOctets
    }

    /// The owner of the NSEC3 set: the hash in base32 with extended hex alphabet (RFC 4648 section
    /// 7), in lower case, in front of the zone's name. `nil` if that is longer than a name may be.
    package func owner(in apex: DomainName) -> DomainName? {
        let octets = octets
        var label: [UInt8] = []
        label.reserveCapacity(32)
        for start in stride(from: 0, to: Self.count, by: 5) {
            let bits = octets[start..<start + 5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            for shift in stride(from: UInt64(35), through: 0, by: -5) {
                label.append(Self.digits[Int(bits >> shift & 31)])
            }
        }
        return DomainName(label: label, in: apex)
    }
}

extension NameHash: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        return left.third < right.third
    }
}

/// Hashes names of a zone, with a context that is made once.
final class NameHasher: Sendable {
    private let hasher: Mutex<SHA1Hasher>

    init() {
        hasher = Mutex(SHA1Hasher())
    }

    func hash(_ name: DomainName) -> NameHash {
        hasher.withLock { hasher in NameHash(name, &hasher) }
    }
}
