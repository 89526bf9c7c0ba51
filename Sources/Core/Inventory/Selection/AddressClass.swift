/// What an address is by its number alone (RFC 6890, RFC 4291).
package enum AddressClass {
    /// Why an address can never be published, `nil` if it can.
    package static func rejection(of address: IPAddress) -> Withholding? {
        switch address {
        case .v4(let address): rejection(of: address)
        case .v6(let address): rejection(of: address)
        }
    }

    private static func rejection(of address: IPv4Address) -> Withholding? {
        switch address.bits >> 24 {
        case 0, 127, 224...255: .notRoutable
        case 169 where address.bits >> 16 == 0xA9FE: .selfAssigned
        default: nil
        }
    }

    private static func rejection(of address: IPv6Address) -> Withholding? {
        if address.high == 0 { return .notRoutable }  // unspecified, loopback, IPv4-mapped
        if address.high >> 56 == 0xFF { return .notRoutable }  // multicast
        if address.high >> 54 == 0xFE80 >> 6 { return .notRoutable }  // link-local
        if address.high >> 32 == 0x2001_0000 { return .tunnel }  // RFC 4380
        return nil
    }

    /// RFC 1918 and unique local addresses (RFC 4193): not for a public zone.
    package static func isPrivate(_ address: IPAddress) -> Bool {
        switch address {
        case .v4(let address):
            address.bits >> 24 == 10 || address.bits >> 20 == 0xAC1
                || address.bits >> 16 == 0xC0A8
        case .v6: isUniqueLocal(address)
        }
    }

    /// fc00::/7 (RFC 4193).
    package static func isUniqueLocal(_ address: IPAddress) -> Bool {
        guard case .v6(let address) = address else { return false }
        return address.high >> 57 == 0xFC >> 1
    }

    /// The first or last address of an IPv4 subnet, which no host can have; subnets of one or two
    /// addresses have none such (RFC 3021).
    static func isNetworkOrBroadcast(_ address: InterfaceAddress) -> Bool {
        guard case .v4(let host) = address.address, address.prefixLength <= 30 else { return false }
        let hostBits = UInt32.max >> UInt32(address.prefixLength)
        return host.bits & hostBits == 0 || host.bits & hostBits == hostBits
    }

    /// An IPv6 address that its form shows to have been given out, not grown: a lease (DHCPv6 hands
    /// out single addresses, /128), or an interface identifier below 2^32, which somebody typed
    /// or a pool counted up to; a random one has that form once in four thousand million.
    static func isStable(_ address: IPv6Address, prefixLength: Int) -> Bool {
        prefixLength == 128 || address.low >> 32 == 0
    }
}
