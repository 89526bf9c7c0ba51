package import Inventory
import OpenSSL
package import Zones

/// A key in the records that tell of it (RFC 4034 sections 2 and 5).
package enum KeyRecord {
    /// How a DS record tells a key.
    package enum DigestType: UInt8, Hashable, Sendable, CaseIterable {
        /// What everybody takes (RFC 4509).
        case sha256 = 2
        /// RFC 6605 section 2.
        case sha384 = 4
    }

    private static let zoneKeyFlag: UInt16 = 0x0100
    private static let entryPointFlag: UInt16 = 0x0001
    private static let protocolNumber: UInt8 = 3

    /// The data of a DNSKEY record, and of a CDNSKEY record.
    package static func data(
        role: ZoneKey.Role, algorithm: SigningPolicy.Algorithm, publicKey: [UInt8]
    ) -> [UInt8] {
        let flags = zoneKeyFlag | (role.signsKeys ? entryPointFlag : 0)
        return flags.networkOctets + [protocolNumber, algorithm.rawValue] + publicKey
    }

    /// The data of a key's DNSKEY record.
    package static func data(of key: ZoneKey) -> [UInt8] {
        data(role: key.role, algorithm: key.algorithm, publicKey: key.publicKey)
    }

    /// The tag of a key by the data of its DNSKEY record (RFC 4034 appendix B).
    package static func tag(of data: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for (index, octet) in data.enumerated() {
            sum &+= index & 1 == 0 ? UInt32(octet) << 8 : UInt32(octet)
        }
        sum &+= sum >> 16 & 0xFFFF
        return UInt16(truncatingIfNeeded: sum)
    }

    /// The data of a DS record, and of a CDS record (RFC 4034 section 5.1).
    package static func delegation(
        of key: ZoneKey, apex: DomainName, digest: DigestType = .sha256
    ) -> [UInt8] {
        let input = apex.wire + data(of: key)
        let hash =
            switch digest {
            case .sha256: SHA256Digest.of(input)
            case .sha384: SHA384Digest.of(input)
            }
        return key.tag.networkOctets + [key.algorithm.rawValue, digest.rawValue] + hash
    }

    /// The data of a CDS record that asks the parent to remove all DS records (RFC 8078 section 4).
    package static let deletingDelegation: [UInt8] = [0, 0, 0, 0, 0]
    /// The data of a CDNSKEY record that asks the same.
    package static let deletingKey: [UInt8] = [0, 0, 3, 0, 0]
}

// MARK: - For people

extension KeyRecord {
    /// The DS record for the parent, as zone files have it: `example. IN DS 12345 13 2 AB12...`.
    package static func delegationText(
        of key: ZoneKey, apex: DomainName, digest: DigestType = .sha256
    ) -> String {
        let data = delegation(of: key, apex: apex, digest: digest)
        let digits = data.dropFirst(4).map { octet in
            (octet < 16 ? "0" : "") + String(octet, radix: 16, uppercase: true)
        }
        return "\(apex) IN DS \(key.tag) \(key.algorithm.rawValue) \(digest.rawValue) "
            + digits.joined()
    }

    /// The DNSKEY record, as zone files have it: `example. IN DNSKEY 257 3 13 mdss...`.
    package static func text(of key: ZoneKey, apex: DomainName) -> String {
        let data = data(of: key)
        return "\(apex) IN DNSKEY \(UInt16(networkOctets: data[0..<2])) \(data[2]) \(data[3]) "
            + base64(key.publicKey)
    }

    private static let base64Digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648 section 4.
    static func base64(_ octets: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            let bits =
                group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(24 - 8 * group.count)
            for digit in 0..<4 {
                text.append(
                    digit <= group.count
                        ? base64Digits[Int(bits >> UInt32(18 - 6 * digit) & 63)]
                        : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
