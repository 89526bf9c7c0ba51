/// The name of a space in which an address means one interface. The same prefix may be used in two
/// SDN zones or VRFs; what has not been told otherwise lies in `global`.
package struct RoutingDomain: Hashable, Sendable {
    /// 1...64 letters, digits, '-', '_' and '.'.
    package let name: String

    /// The domain of every address that was not assigned to another.
    package static let global = RoutingDomain(known: "global")

    /// `nil` for a name that is empty, too long, or has other characters.
    package init?(_ name: some StringProtocol) {
        let isAllowed = name.utf8.allSatisfy { byte in
            byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: ".")
        }
        guard (1...64).contains(name.utf8.count), isAllowed else { return nil }
        self.name = String(name)
    }

    private init(known name: String) {
        self.name = name
    }
}

extension RoutingDomain: CustomStringConvertible {
    package var description: String { name }
}

extension RoutingDomain: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

/// An address together with the space it is unique in. Claims and duplicate checks go by this.
package struct ScopedAddress: Hashable, Sendable {
    /// Where the address means one interface.
    package let routingDomain: RoutingDomain
    /// The address itself.
    package let address: IPAddress

    /// Joins the two.
    package init(_ address: IPAddress, in routingDomain: RoutingDomain = .global) {
        self.address = address
        self.routingDomain = routingDomain
    }
}

extension ScopedAddress: CustomStringConvertible {
    /// The address, with "@domain" behind it outside `global`.
    package var description: String {
        routingDomain == .global ? "\(address)" : "\(address)@\(routingDomain)"
    }
}

extension ScopedAddress: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.routingDomain, left.address) < (right.routingDomain, right.address)
    }
}
