/// The operator's rules on which addresses count.
package struct SelectionRules: Hashable, Sendable {
    /// One network that is published as another of the same size, host part kept: a network behind
    /// one-to-one address translation.
    package struct Translation: Hashable, Sendable {
        /// The addresses that the guests see.
        package let seen: CIDR
        /// The addresses that everybody else sees.
        package let published: CIDR

        /// `nil` unless both are of one family and one prefix length.
        package init?(seen: CIDR, published: CIDR) {
            guard seen.prefixLength == published.prefixLength,
                seen.network.bitWidth == published.network.bitWidth
            else { return nil }
            self.seen = seen
            self.published = published
        }

        /// The published address for one that was seen; `nil` if it lies elsewhere.
        package func translate(_ address: IPAddress) -> IPAddress? {
            guard seen.contains(address) else { return nil }
            let hostBits = zip(address.octets, seen.network.octets).map { $0 ^ $1 }
            return IPAddress(octets: zip(hostBits, published.network.octets).map { $0 | $1 })
        }
    }

    /// Addresses in these networks are passed over, by the address seen.
    package var skipped: [CIDR] = []
    /// The longest matching `seen` prefix counts.
    package var translations: [Translation] = []

    /// No rules.
    package init() {}

    /// The address to publish for one that was seen.
    package func published(for address: IPAddress) -> IPAddress {
        let translation = translations.filter { $0.seen.contains(address) }
            .max { $0.seen.prefixLength < $1.seen.prefixLength }
        return translation?.translate(address) ?? address
    }
}
