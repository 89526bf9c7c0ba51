package import Inventory
import Zones

/// A guest in the replicated state, with what it holds and since when.
package struct GuestEntry: Hashable, Sendable {
    /// Since when a guest has had an address or a name.
    package struct Stamp: Hashable, Sendable {
        /// The index of the command that brought it.
        package var order: UInt64
        /// The time of that command, in seconds since 1970.
        package var seconds: UInt64

        /// Joins the two.
        package init(order: UInt64, seconds: UInt64) {
            self.order = order
            self.seconds = seconds
        }
    }

    /// The guest as last known.
    package internal(set) var guest: Guest
    /// The names it claims.
    package internal(set) var nameStamps: [DomainName: Stamp] = [:]
    /// The addresses on its interfaces.
    package internal(set) var addressStamps: [ScopedAddress: Stamp] = [:]
    /// When it was proven to be destroyed; `nil` as long as it lives.
    package internal(set) var goneAtSeconds: UInt64?
    /// The time that the claims were last worked out for; they hold until the next time.
    package internal(set) var derivedAtSeconds: UInt64 = 0
    /// When time alone changes what it claims; derived, not kept.
    var reviewAtSeconds: UInt64?
    /// The hash of everything that is kept.
    var digest = Digest128()

    init(_ guest: Guest) {
        self.guest = guest
    }

    /// The addresses on its interfaces, as they are on the wire.
    var usedAddresses: Set<ScopedAddress> {
        guest.interfaces.reduce(into: []) { addresses, interface in
            for found in interface.addresses {
                addresses.insert(
                    ScopedAddress(found.address.address, in: interface.routingDomain))
            }
        }
    }

    /// What the guest claims, seen by itself.
    func publication(under policy: NamingPolicy, _ rules: DerivationRules) -> Publication {
        let publication = Naming.publication(
            of: guest, under: policy, nowSeconds: derivedAtSeconds
        ) { address in
            addressStamps[address]?.seconds ?? derivedAtSeconds
        }
        return rules.revised(publication)
    }

    /// Brings the stamps up to date and returns the claims with them.
    mutating func derive(
        under policy: NamingPolicy, _ rules: DerivationRules, nowSeconds: UInt64,
        commandIndex: UInt64
    ) -> [StampedClaim] {
        derivedAtSeconds = nowSeconds
        stampAddresses(under: policy, nowSeconds: nowSeconds, commandIndex: commandIndex)
        let publication = publication(under: policy, rules)
        reviewAtSeconds = publication.reviewAtSeconds
        let names = Set(publication.claims.map(\.name))
        let former = nameStamps
        nameStamps = names.reduce(into: [:]) {
            $0[$1] = former[$1] ?? Stamp(order: commandIndex, seconds: nowSeconds)
        }
        return publication.claims.map { claim in
            StampedClaim(
                claim, nameOrder: nameStamps[claim.name]?.order ?? commandIndex,
                addressOrder: claim.address.flatMap { addressStamps[$0]?.order } ?? 0)
        }
    }

    private mutating func stampAddresses(
        under policy: NamingPolicy, nowSeconds: UInt64, commandIndex: UInt64
    ) {
        let former = addressStamps
        addressStamps = [:]
        for interface in guest.interfaces {
            for found in interface.addresses {
                let address = ScopedAddress(
                    policy.selection.published(for: found.address.address),
                    in: interface.routingDomain)
                addressStamps[address] =
                    former[address] ?? Stamp(order: commandIndex, seconds: nowSeconds)
            }
        }
    }
}
