package import Inventory

/// Where addresses are given: a network within a routing domain.
package struct ClaimPool: Hashable, Sendable {
    /// The space in which an address means one interface.
    package let routingDomain: RoutingDomain
    /// The network.
    package let subnet: CIDR

    /// Joins the two.
    package init(_ subnet: CIDR, in routingDomain: RoutingDomain = .global) {
        self.subnet = subnet
        self.routingDomain = routingDomain
    }
}

extension ClaimPool: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.routingDomain, left.subnet) < (right.routingDomain, right.subnet)
    }
}

extension ClaimPool: CustomStringConvertible {
    /// The network, with "@domain" behind it outside `global`.
    package var description: String {
        routingDomain == .global ? "\(subnet)" : "\(subnet)@\(routingDomain)"
    }
}

/// Who holds an address.
package enum ClaimKey: Hashable, Sendable {
    /// Whoever has this hardware address.
    case mac(MACAddress)
    /// Whoever knows this text: 1...`tokenLimitOctets` octets.
    case token(String)

    /// Longer tokens are refused.
    package static let tokenLimitOctets = 128

    /// The hardware address, if it is one.
    package var mac: MACAddress? {
        guard case .mac(let mac) = self else { return nil }
        return mac
    }
}

extension ClaimKey: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.mac(let left), .mac(let right)): left < right
        case (.token(let left), .token(let right)):
            left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.mac, .token): true
        case (.token, .mac): false
        }
    }
}

extension ClaimKey: CustomStringConvertible {
    package var description: String {
        switch self {
        case .mac(let mac): "\(mac)"
        case .token(let token): token
        }
    }
}

/// How an address is chosen. Whatever chance or the outside world decides stands in the command.
package enum ClaimStrategy: Hashable, Sendable {
    /// None is: what the key holds already, or nothing.
    case onlyHeld
    /// The lowest one that is free.
    case sequential
    /// One that is free, by a number that was drawn when the command was made.
    case random(seed: UInt64)
    /// The one that the hardware address makes in an IPv6 /64 (RFC 4291 appendix A).
    case interfaceIdentifier
    /// This one.
    case exactly(IPAddress)
    /// The first of these that can be had, as somebody outside named them.
    case outside([IPAddress])
}

/// Addresses from the first to the last one, both included.
package struct AddressRange: Hashable, Sendable {
    /// The first.
    package let first: IPAddress
    /// The last.
    package let last: IPAddress

    /// `nil` if the last one comes before the first, or they are of two families.
    package init?(first: IPAddress, last: IPAddress) {
        guard first.bitWidth == last.bitWidth, first <= last else { return nil }
        self.first = first
        self.last = last
    }

    /// One address.
    package init(_ address: IPAddress) {
        first = address
        last = address
    }

    /// The address lies in it.
    package func contains(_ address: IPAddress) -> Bool {
        first.bitWidth == address.bitWidth && first <= address && address <= last
    }
}

/// A wish for an address.
package struct ClaimRequest: Hashable, Sendable {
    /// Where.
    package let pool: ClaimPool
    /// For whom. A key holds one address of a pool at a time: whoever asks again gets the same.
    package let key: ClaimKey
    /// Which addresses may be given; `nil` for all but the network's own and the broadcast one.
    package let range: AddressRange?
    /// Addresses that may not be given: the gateway's, one's own; at most `excludedLimit`.
    package let excluded: [AddressRange]
    /// How it is chosen.
    package let strategy: ClaimStrategy
    /// How long it is kept before it is confirmed; 1...`lifeLimitSeconds`.
    package let lifeSeconds: UInt64

    /// How many ranges may be left out, and how many addresses named from outside.
    package static let excludedLimit = 256
    /// Nobody waits longer for a confirmation.
    package static let lifeLimitSeconds: UInt64 = 30 * 86_400

    /// Joins the six.
    package init(
        pool: ClaimPool, key: ClaimKey, range: AddressRange? = nil,
        excluded: [AddressRange] = [], strategy: ClaimStrategy, lifeSeconds: UInt64 = 1_800
    ) {
        self.pool = pool
        self.key = key
        self.range = range
        self.excluded = excluded
        self.strategy = strategy
        self.lifeSeconds = lifeSeconds
    }
}

/// What becomes of a claim.
package struct ClaimSettlement: Hashable, Sendable {
    /// What to do.
    package enum Action: Hashable, Sendable {
        /// It is in use: it does not expire any more.
        case confirm
        /// It is free again.
        case release
    }

    /// Where.
    package let pool: ClaimPool
    /// Whose.
    package let key: ClaimKey
    /// The index that granted it, as the claim says; another grant under the same key is left
    /// alone. `nil` if any will do.
    package let grantedAtIndex: UInt64?
    /// What to do.
    package let action: Action

    /// Joins the four.
    package init(
        _ action: Action, pool: ClaimPool, key: ClaimKey, grantedAtIndex: UInt64? = nil
    ) {
        self.action = action
        self.pool = pool
        self.key = key
        self.grantedAtIndex = grantedAtIndex
    }
}

/// An address that somebody holds.
package struct Claim: Hashable, Sendable {
    /// Where.
    package let pool: ClaimPool
    /// Who.
    package let key: ClaimKey
    /// What.
    package let address: IPAddress
    /// The index of the command that granted it.
    package let grantedAtIndex: UInt64
    /// The time of that command, in seconds since 1970.
    package let grantedAtSeconds: UInt64
    /// When it is free again unless it is confirmed; `nil` once it was.
    package internal(set) var expiresAtSeconds: UInt64?

    /// The address in its space.
    package var scopedAddress: ScopedAddress {
        ScopedAddress(address, in: pool.routingDomain)
    }
}
