package import Inventory

/// A claim, and since when the guest has made it. The first holder keeps a name or an address.
package struct StampedClaim: Hashable, Sendable {
    /// What is claimed.
    package let claim: Publication.Claim
    /// The index of the command that brought the guest this name.
    package let nameOrder: UInt64
    /// The index of the command that brought the guest this address; 0 for a claim without one.
    package let addressOrder: UInt64

    /// Joins the three.
    package init(_ claim: Publication.Claim, nameOrder: UInt64, addressOrder: UInt64) {
        self.claim = claim
        self.nameOrder = nameOrder
        self.addressOrder = addressOrder
    }
}

/// The claims of all guests, found by guest, by name and by address; and the rules by which one
/// claim gives way to another.
struct ClaimIndex: Sendable {
    private var claims: [GuestID: [StampedClaim]] = [:]
    private var guestsByName: [DomainName: Set<GuestID>] = [:]
    private var guestsByAddress: [ScopedAddress: Set<GuestID>] = [:]
    /// Every routing domain that was ever claimed in, `global` first.
    private(set) var routingDomains: [RoutingDomain] = [.global]

    /// What one guest claims.
    func claims(of guest: GuestID) -> [StampedClaim] { claims[guest] ?? [] }

    /// Who claims a name, in any way.
    func guests(claiming name: DomainName) -> Set<GuestID> { guestsByName[name] ?? [] }

    /// Who claims an address as a host.
    func guests(claiming address: ScopedAddress) -> Set<GuestID> { guestsByAddress[address] ?? [] }

    /// Every name that is claimed.
    var names: some Collection<DomainName> { guestsByName.keys }

    /// Every address that is claimed.
    var addresses: some Collection<ScopedAddress> { guestsByAddress.keys }

    /// Replaces what a guest claims.
    mutating func replace(of guest: GuestID, with new: [StampedClaim]) {
        for claim in claims[guest] ?? [] {
            guestsByName.remove(guest, under: claim.claim.name)
            if let address = claim.hostAddress {
                guestsByAddress.remove(guest, under: address)
            }
        }
        claims[guest] = new.isEmpty ? nil : new
        for claim in new {
            guestsByName[claim.claim.name, default: []].insert(guest)
            if let address = claim.hostAddress {
                guestsByAddress[address, default: []].insert(guest)
                note(address.routingDomain)
            }
        }
    }

    private mutating func note(_ domain: RoutingDomain) {
        guard !routingDomains.contains(domain) else { return }
        routingDomains = [.global] + (routingDomains.dropFirst() + [domain]).sorted()
    }

    /// Who has a name: the guest that claimed it first. Of claims made in one step a guest's own
    /// name comes before what another one's notes ask for.
    func holder(of name: DomainName) -> (guest: GuestID, isService: Bool)? {
        guests(claiming: name).compactMap { guest in
            let own = claims(of: guest).filter { $0.claim.name == name }
            return own.map { ($0.nameOrder, $0.claim.rank) }.min(by: <).map { order, rank in
                Holding(
                    order: order, rank: rank, guest: guest,
                    isService: own.contains { $0.claim.isService })
            }
        }
        .min { ($0.order, $0.rank, $0.guest) < ($1.order, $1.rank, $1.guest) }
        .map { ($0.guest, $0.isService) }
    }

    /// Why a guest that claims an address as a host cannot have it; `nil` if it can.
    ///
    /// A clone carries the original's hardware address: the first one keeps the address. A guest
    /// that runs with an address shows that one that was stopped has lost it. Among guests that run
    /// the first holder keeps it: no tenant takes another's record away by taking its address. Of
    /// guests that appeared with it together the one has it that the operator configured so; if
    /// there is none, it is a floating address.
    func objection(to guest: GuestID, having address: ScopedAddress) -> Withholding? {
        let rivals = guests(claiming: address)
        guard rivals.count > 1 else { return nil }
        let claimants = rivals.compactMap { rival in
            claims(of: rival).first { $0.hostAddress == address }.flatMap { claim in
                claim.evidence.map {
                    Claimant(guest: rival, evidence: $0, order: claim.addressOrder)
                }
            }
        }
        guard let winner = Claimant.winner(among: claimants) else { return .seenOnSeveralGuests }
        return winner == guest ? nil : .addressHeld(by: winner)
    }
}

/// How strong one guest's hold on a name is.
private struct Holding {
    let order: UInt64
    let rank: Int
    let guest: GuestID
    let isService: Bool
}

/// One of several guests that claim one address.
private struct Claimant {
    let guest: GuestID
    let evidence: Publication.Evidence
    let order: UInt64

    static func winner(among claimants: [Claimant]) -> GuestID? {
        let macs = Set(claimants.map(\.evidence.mac))
        if macs.count == 1, macs.first != .some(nil) { return first(of: claimants) }
        var rest = claimants.filter(\.evidence.isRunning)
        if rest.isEmpty { rest = claimants }
        let first = rest.map(\.order).min()
        let together = rest.filter { $0.order == first }
        if together.count == 1 { return together[0].guest }
        let configured = together.filter(\.evidence.isConfigured)
        return configured.count == 1 ? configured[0].guest : nil
    }

    private static func first(of claimants: [Claimant]) -> GuestID? {
        claimants.min { ($0.order, $0.guest) < ($1.order, $1.guest) }?.guest
    }
}

extension StampedClaim {
    /// The address, if it is claimed as the guest's own.
    var hostAddress: ScopedAddress? {
        guard case .host(_, let address, _, _) = claim else { return nil }
        return address
    }

    /// What supports a claim to an address as the guest's own.
    var evidence: Publication.Evidence? {
        guard case .host(_, _, _, let evidence) = claim else { return nil }
        return evidence
    }
}

extension Publication.Claim {
    /// Own names first, then what the notes ask for.
    fileprivate var rank: Int {
        switch self {
        case .host: 0
        case .service: 1
        case .alias: 2
        }
    }

    /// The name is shared.
    var isService: Bool {
        guard case .service = self else { return false }
        return true
    }
}

extension Dictionary where Value == Set<GuestID> {
    /// Takes a guest out of a set, and the set with its last guest.
    fileprivate mutating func remove(_ guest: GuestID, under key: Key) {
        self[key]?.remove(guest)
        if self[key]?.isEmpty ?? false {
            self[key] = nil
        }
    }
}
