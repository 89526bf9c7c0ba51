/// What `POST /v1/addresses/claim` takes: a wish for an address. Asked again with the same key it
/// gives the same address, so that it can be repeated when the outcome is unknown.
package struct AddressClaimRequest: Encodable, Hashable, Sendable {
    /// The network: "10.0.0.0/24".
    package let subnet: String
    /// For whom: a MAC address, or any text of 1...128 visible ASCII characters.
    package let key: String
    /// How it is chosen.
    package let strategy: AddressStrategy
    /// The one wanted; with the strategy `exact` and no other.
    package let address: String?
    /// Only these; missing for all of the network.
    package let range: AddressBounds?
    /// The space in which the address means one interface; missing for "global".
    package let routingDomain: String?
    /// How long it is kept before it is confirmed.
    package let ttlSeconds: UInt64

    /// Long enough to install a machine.
    package static let defaultLifeSeconds: UInt64 = 1_800
    /// Nobody waits longer for a confirmation than 30 days.
    package static let lifeSecondsBounds: ClosedRange<UInt64> = 1...2_592_000
    /// The longest key.
    package static let maximumKeyOctets = 128

    /// Joins the parts; what can be missing is unless given.
    package init(
        subnet: String, key: String, strategy: AddressStrategy = .sequential,
        address: String? = nil, range: AddressBounds? = nil, routingDomain: String? = nil,
        ttlSeconds: UInt64 = defaultLifeSeconds
    ) {
        self.subnet = subnet
        self.key = key
        self.strategy = strategy
        self.address = address
        self.range = range
        self.routingDomain = routingDomain
        self.ttlSeconds = ttlSeconds
    }
}

/// How an address is chosen.
package enum AddressStrategy: String, Codable, Hashable, Sendable, CaseIterable {
    /// None is: what the key holds already, or nothing.
    case heldOnly = "none"
    /// The lowest one that is free.
    case sequential
    /// Any that is free.
    case random
    /// The one that the MAC address makes (RFC 4291 appendix A).
    case eui64
    /// The one named.
    case exact
}

/// Addresses from the first to the last one, both included.
package struct AddressBounds: Codable, Hashable, Sendable {
    /// The first.
    package let first: String
    /// The last.
    package let last: String

    /// Joins the two.
    package init(first: String, last: String) {
        self.first = first
        self.last = last
    }
}

/// What `POST /v1/addresses/confirm` and `.../release` take. A key holds one address of a subnet at
/// a time, so the two name it.
package struct AddressSettleRequest: Encodable, Hashable, Sendable {
    /// The network.
    package let subnet: String
    /// Whose.
    package let key: String
    /// Refused if the key holds another one.
    package let address: String?
    /// Refused if the key's address was granted at another index.
    package let fence: UInt64?
    /// The space; missing for "global".
    package let routingDomain: String?

    /// Joins the parts; what can be missing is unless given.
    package init(
        subnet: String, key: String, address: String? = nil, fence: UInt64? = nil,
        routingDomain: String? = nil
    ) {
        self.subnet = subnet
        self.key = key
        self.address = address
        self.fence = fence
        self.routingDomain = routingDomain
    }
}

/// An address that somebody holds.
package struct AddressClaim: Codable, Hashable, Sendable {
    /// The address, without prefix length.
    package let address: String
    /// The network that it was given from.
    package let subnet: String
    /// The space; "global" unless told otherwise.
    package let routingDomain: String
    /// Who holds it.
    package let key: String
    /// Whether it is for good.
    package let state: State
    /// The index that granted it: who settles it says so, and whoever got the address since is left
    /// alone.
    package let fence: UInt64
    /// When it was granted, in seconds since 1970.
    package let grantedAt: UInt64
    /// When it is free again unless it is confirmed, in seconds since 1970; missing once it was.
    package let expiresAt: UInt64?

    /// Joins the parts.
    package init(
        address: String, subnet: String, routingDomain: String = "global", key: String,
        state: State, fence: UInt64, grantedAt: UInt64, expiresAt: UInt64? = nil
    ) {
        self.address = address
        self.subnet = subnet
        self.routingDomain = routingDomain
        self.key = key
        self.state = state
        self.fence = fence
        self.grantedAt = grantedAt
        self.expiresAt = expiresAt
    }
}

extension AddressClaim {
    /// Whether it is for good.
    package enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// It expires unless it is confirmed.
        case held
        /// It is in use.
        case confirmed
    }
}

/// What `POST /v1/addresses/claim` and `.../confirm` answer.
package struct AddressAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// The agent's clock, in seconds since 1970.
    package let time: UInt64
    /// The address and who holds it.
    package let claim: AddressClaim

    /// Joins the three.
    package init(index: UInt64, time: UInt64, claim: AddressClaim) {
        self.index = index
        self.time = time
        self.claim = claim
    }
}

/// What `POST /v1/addresses/release` answers.
package struct AddressReleaseAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// The network.
    package let subnet: String
    /// The space.
    package let routingDomain: String
    /// Who held it.
    package let key: String
    /// What is free again; missing if the key held nothing.
    package let address: String?

    /// Joins the parts.
    package init(
        index: UInt64, subnet: String, routingDomain: String = "global", key: String,
        address: String? = nil
    ) {
        self.index = index
        self.subnet = subnet
        self.routingDomain = routingDomain
        self.key = key
        self.address = address
    }
}

/// Who holds which addresses: what `GET /v1/addresses` answers.
package struct AddressListAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// The agent's clock, in seconds since 1970.
    package let time: UInt64
    /// Sorted by routing domain, subnet and address.
    package let claims: [AddressClaim]

    /// Joins the three.
    package init(index: UInt64, time: UInt64, claims: [AddressClaim] = []) {
        self.index = index
        self.time = time
        self.claims = claims
    }
}

/// Which addresses are asked for; what is missing does not narrow.
package struct AddressQuery: Hashable, Sendable {
    /// The network.
    package let subnet: String?
    /// The space.
    package let routingDomain: String?

    /// Joins the two.
    package init(subnet: String? = nil, routingDomain: String? = nil) {
        self.subnet = subnet
        self.routingDomain = routingDomain
    }
}

/// Why an address could not be had.
package struct AddressConflict: Codable, Hashable, Sendable {
    /// The kind.
    package let reason: Reason
    /// Who or what holds it: a key, "guest 101"; missing where nobody does.
    package let holder: String?

    /// Joins the two.
    package init(_ reason: Reason, holder: String? = nil) {
        self.reason = reason
        self.holder = holder
    }
}

extension AddressConflict {
    /// What may stand in the way.
    package enum Reason: String, Codable, Hashable, Sendable, CaseIterable {
        /// Another key holds it.
        case held
        /// A guest uses it.
        case inUse = "in_use"
        /// It is never given.
        case excluded
        /// It lies outside of the range or the network.
        case outsideRange = "outside_range"
        /// None is free.
        case subnetFull = "subnet_full"
        /// The key holds none there.
        case noClaim = "no_claim"
        /// The key's address is another one, or was granted at another index.
        case otherGrant = "other_grant"
        /// The cluster keeps no more.
        case claimsFull = "claims_full"
    }
}
