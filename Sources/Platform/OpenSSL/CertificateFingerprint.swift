/// The SHA-256 of a certificate in DER form: what Proxmox shows as a node's fingerprint.
package struct CertificateFingerprint: Hashable, Sendable {
    /// 32 octets.
    package let octets: [UInt8]

    private static let octetCount = 32

    /// `nil` unless there are 32 octets.
    package init?(octets: some Collection<UInt8>) {
        guard octets.count == Self.octetCount else { return nil }
        self.octets = Array(octets)
    }

    /// Reads `AA:BB:...` as Proxmox prints it and 64 plain hexadecimal digits, in either case.
    /// `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let digits: String
        if text.contains(":") {
            let groups = text.split(separator: ":", omittingEmptySubsequences: false)
            guard groups.allSatisfy({ $0.utf8.count == 2 }) else { return nil }
            digits = groups.joined()
        } else {
            digits = String(text)
        }
        guard digits.utf8.count == 2 * Self.octetCount,
            digits.allSatisfy({ $0.isASCII && $0.isHexDigit })
        else { return nil }
        let nibbles = digits.compactMap(\.hexDigitValue)
        octets = (0..<Self.octetCount).map { UInt8(nibbles[2 * $0] << 4 | nibbles[2 * $0 + 1]) }
    }
}

extension CertificateFingerprint: CustomStringConvertible {
    /// Upper case with colons, as Proxmox prints it.
    package var description: String {
        octets.map { octet in
            let digits = String(octet, radix: 16, uppercase: true)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined(separator: ":")
    }
}
