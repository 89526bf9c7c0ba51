package import ClusterState
package import Inventory
package import OpenSSL

/// What stands in a document as one text that it is read from again.
package protocol WrittenAsText: Codable, CustomStringConvertible {
    /// Reads what `description` wrote; `nil` for anything else.
    init?(written text: String)
}

extension WrittenAsText {
    /// Reads a text.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(written: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a \(Self.self)")
        }
        self = value
    }

    /// Writes a text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension ClusterID: WrittenAsText {
    /// Reads what `description` wrote.
    package init?(written text: String) { self.init(text) }
}

extension NodeID: WrittenAsText {
    /// Reads what `description` wrote.
    package init?(written text: String) { self.init(text) }
}

extension CertificateFingerprint: WrittenAsText {
    /// Reads what `description` wrote.
    package init?(written text: String) { self.init(text) }
}

extension MemberAddress: WrittenAsText {
    /// Reads what `description` wrote.
    package init?(written text: String) { self.init(text) }
}

/// The number by which the log knows a replica: not 0 and never used again. A text in documents,
/// since JSON's numbers are not exact beyond 2^53.
package struct ReplicaNumber: Hashable, Sendable {
    /// Not 0.
    package let number: UInt64

    /// `nil` for 0, which means nobody.
    package init?(_ number: UInt64) {
        guard number != 0 else { return nil }
        self.number = number
    }

    /// A number that no other replica has ever had, as far as 64 random bits can tell.
    package static func random() -> ReplicaNumber {
        while true {
            let octets = RandomOctets.make(8)
            let number = octets.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if let replica = ReplicaNumber(number) { return replica }
        }
    }
}

extension ReplicaNumber: WrittenAsText {
    /// Reads what `description` wrote.
    package init?(written text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isDigit), let number = UInt64(text) else {
            return nil
        }
        self.init(number)
    }

    package var description: String { String(number) }
}
