/// A network: an address whose bits after the prefix are all zero, and the prefix's length.
package struct CIDR: Hashable, Sendable {
    /// The first address of the network.
    package let network: IPAddress
    /// 0...32 or 0...128.
    package let prefixLength: Int

    /// The network that an address lies in. `nil` if the length does not fit the family.
    package init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.bitWidth).contains(prefixLength) else { return nil }
        network = address.masked(to: prefixLength)
        self.prefixLength = prefixLength
    }

    /// Reads `address/length`. Host bits may be set and are dropped ("10.0.5.7/24" is
    /// 10.0.5.0/24), as in pipam's ancestor. `nil` for anything else, a missing length included.
    package init?(_ text: some StringProtocol) {
        guard let parsed = InterfaceAddress(text) else { return nil }
        self = parsed.network
    }

    /// The address lies in this network. Addresses of the other family never do; an IPv4-mapped
    /// IPv6 address is IPv6.
    package func contains(_ address: IPAddress) -> Bool {
        address.bitWidth == network.bitWidth && address.masked(to: prefixLength) == network
    }

    /// Every address of `other` lies in this network.
    package func contains(_ other: CIDR) -> Bool {
        other.prefixLength >= prefixLength && contains(other.network)
    }
}

extension CIDR: CustomStringConvertible {
    package var description: String { "\(network)/\(prefixLength)" }
}

extension CIDR: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.network, left.prefixLength) < (right.network, right.prefixLength)
    }
}

/// An address as an interface carries it: the address itself and the length of its on-link prefix.
package struct InterfaceAddress: Hashable, Sendable {
    /// The address, host bits kept.
    package let address: IPAddress
    /// 0...32 or 0...128.
    package let prefixLength: Int

    /// `nil` if the length does not fit the family.
    package init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.bitWidth).contains(prefixLength) else { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// Reads `address/length`, the length in decimal without sign or leading zeros.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(parts[1]),
            String(length) == parts[1]
        else { return nil }
        self.init(address, prefixLength: length)
    }

    /// The network that the address lies in.
    package var network: CIDR {
        guard let network = CIDR(address, prefixLength: prefixLength) else {
            preconditionFailure("the initialisers let no such length pass: \(self)")
        }
        return network
    }
}

extension InterfaceAddress: CustomStringConvertible {
    package var description: String { "\(address)/\(prefixLength)" }
}

extension InterfaceAddress: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.address, left.prefixLength) < (right.address, right.prefixLength)
    }
}
