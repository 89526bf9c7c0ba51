import Inventory

/// A family of addresses within a routing domain: what one line of numbers stands for.
struct AddressSpace: Hashable, Sendable {
    let routingDomain: RoutingDomain
    /// 32 or 128.
    let bitWidth: Int

    init(_ routingDomain: RoutingDomain, bitWidth: Int) {
        self.routingDomain = routingDomain
        self.bitWidth = bitWidth
    }

    init(_ address: ScopedAddress) {
        self.init(address.routingDomain, bitWidth: address.address.bitWidth)
    }

    /// The address that a number stands for.
    func address(_ number: UInt128) -> IPAddress {
        bitWidth == 32
            ? .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: number)))
            : .v6(
                IPv6Address(
                    high: UInt64(truncatingIfNeeded: number >> 64),
                    low: UInt64(truncatingIfNeeded: number)))
    }
}

extension IPAddress {
    /// The address as a number, within its family.
    var number: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.bits)
        case .v6(let address): UInt128(address.high) << 64 | UInt128(address.low)
        }
    }
}

extension AddressRange {
    var numbers: ClosedRange<UInt128> { first.number...last.number }
}

extension CIDR {
    /// Every number of the network.
    var numbers: ClosedRange<UInt128> {
        let bits = network.bitWidth - prefixLength
        let size = bits == 128 ? UInt128.max : (UInt128(1) << UInt128(bits)) - 1
        return network.number...network.number + size
    }

    /// The numbers that hosts may have: for IPv4 not the network's own and not the broadcast
    /// address, but in a /31 (RFC 3021) and a /32; for IPv6 not the routers' anycast address (RFC
    /// 4291 section 2.6.1), but in a /127 (RFC 6164) and a /128.
    var hostNumbers: ClosedRange<UInt128> {
        let all = numbers
        guard network.bitWidth - prefixLength > 1 else { return all }
        return all.lowerBound + 1...all.upperBound - (network.bitWidth == 32 ? 1 : 0)
    }
}

extension UInt64 {
    /// The sum, or the largest number there is: times come from other nodes.
    func adding(_ other: UInt64) -> UInt64 {
        let (sum, isOver) = addingReportingOverflow(other)
        return isOver ? .max : sum
    }
}
