/// One label of a host name: 1...63 letters, digits and hyphens, no hyphen at either end
/// (RFC 952, RFC 1123 section 2.1), in lower case.
package struct HostLabel: Hashable, Sendable {
    /// The label.
    package let text: String

    /// `nil` for anything that is not a legal label; nothing is rewritten but A-Z.
    package init?(_ text: some StringProtocol) {
        let hyphen = UInt8(ascii: "-")
        let octets = Array(text.utf8)
        guard (1...63).contains(octets.count),
            octets.allSatisfy({ $0.isLetterOrDigit || $0 == hyphen }),
            octets.first != hyphen, octets.last != hyphen
        else { return nil }
        self.text = text.asciiLowercased
    }

    /// The nearest legal label to a text, for an operator to consider: every run of other
    /// characters as one hyphen, cut to 63. `nil` if nothing legal is left.
    package static func suggestion(for text: some StringProtocol) -> String? {
        var octets: [UInt8] = []
        for octet in text.utf8.prefix(256) {
            if octet.isLetterOrDigit {
                octets.append(octet.asciiLowercased)
            } else if octets.last != UInt8(ascii: "-"), !octets.isEmpty {
                octets.append(UInt8(ascii: "-"))
            }
        }
        var label = octets.prefix(63)
        while label.last == UInt8(ascii: "-") {
            label.removeLast()
        }
        return label.isEmpty ? nil : String(decoding: label, as: UTF8.self)
    }

    /// This label in front of a domain; `nil` if that is longer than a name may be.
    package func name(in domain: DomainName) -> DomainName? {
        DomainName(label: text.utf8, in: domain)
    }
}

/// A name as a person or a guest gives it: one label, or a whole host name with dots.
package enum GivenName: Hashable, Sendable {
    /// To be completed with the domain of an address.
    case label(HostLabel)
    /// Used as it is.
    case full(DomainName)

    /// Reads a name; a dot anywhere but at the end makes it a full one, whose labels must all be
    /// legal.
    package static func read(_ text: String) -> Result<GivenName, Withholding> {
        let trimmed = text.hasSuffix(".") ? text.dropLast() : text[...]
        guard trimmed.contains(".") else {
            guard let label = HostLabel(trimmed) else { return .failure(illegal(text)) }
            return .success(.label(label))
        }
        let labels = trimmed.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ HostLabel($0) != nil }) else { return .failure(illegal(text)) }
        guard let name = DomainName(trimmed) else {
            return .failure(.tooLong(String(text.prefix(64))))
        }
        return .success(.full(name))
    }

    private static func illegal(_ text: String) -> Withholding {
        let labels = text.split(separator: ".").compactMap(HostLabel.suggestion)
        // What is quoted back is a tenant's text: bounded, and shown with its odd characters
        // escaped.
        let quoted = text.unicodeScalars.prefix(80).map { $0.escaped(asASCII: false) }.joined()
        return .illegalName(
            quoted, suggestion: labels.isEmpty ? nil : labels.joined(separator: "."))
    }
}

extension Withholding: Error {}
