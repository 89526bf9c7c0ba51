/// An address of either family. Ordered: IPv4 first, then by number.
package enum IPAddress: Hashable, Sendable {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Reads IPv4 or IPv6 text; `nil` if it is neither.
    package init?(_ text: some StringProtocol) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// 4 or 16 octets in network order; `nil` for any other count.
    package init?(octets: some Collection<UInt8>) {
        if octets.count == 4 {
            self = .v4(IPv4Address(bits: octets.reduce(0) { $0 << 8 | UInt32($1) }))
        } else if let address = IPv6Address(octets: octets) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// 32 or 128.
    package var bitWidth: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// 4 or 16 octets in network order.
    package var octets: [UInt8] {
        switch self {
        case .v4(let address): address.octets
        case .v6(let address): address.octets
        }
    }

    /// The first `length` bits kept, the rest zero. `length` is 0...`bitWidth`.
    package func masked(to length: Int) -> IPAddress {
        precondition((0...bitWidth).contains(length), "prefix length \(length) of \(self)")
        switch self {
        case .v4(let address):
            // A shift by the full width gives zero: Swift's smart shift does not trap.
            return .v4(IPv4Address(bits: address.bits & (UInt32.max << (32 - length))))
        case .v6(let address):
            let high = UInt64.max << UInt64(max(0, 64 - length))
            let low = UInt64.max << UInt64(min(64, 128 - length))
            return .v6(IPv6Address(high: address.high & high, low: address.low & low))
        }
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}

extension IPAddress: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.v4(let left), .v4(let right)): left < right
        case (.v6(let left), .v6(let right)): left < right
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }
}
