/// Decides which addresses of one guest count. What depends on other guests is decided later,
/// where all claims meet.
package struct AddressSelection {
    /// An IPv6 address that may be a temporary one (RFC 8981: preferred for a day) counts once it
    /// stayed for this long.
    package static let maturitySeconds: UInt64 = 25 * 3600

    private let guest: Guest
    private let rules: SelectionRules
    private let nowSeconds: UInt64
    private let firstSeen: (ScopedAddress) -> UInt64

    /// Prepares for one guest.
    ///
    /// - `nowSeconds`: the time of the command that asks, in seconds since 1970.
    /// - `firstSeen`: since when the guest has had an address, likewise.
    package init(
        of guest: Guest, rules: SelectionRules, nowSeconds: UInt64,
        firstSeen: @escaping (ScopedAddress) -> UInt64
    ) {
        self.guest = guest
        self.rules = rules
        self.nowSeconds = nowSeconds
        self.firstSeen = firstSeen
    }

    /// A verdict for each address, by interface and then by address; an address that was found in
    /// several ways counts once per interface.
    package func verdicts() -> [AddressVerdict] {
        guest.interfaces.flatMap(verdicts)
    }

    private func verdicts(on interface: GuestInterface) -> [AddressVerdict] {
        var found: [IPAddress: GuestAddress] = [:]
        for candidate in interface.addresses {
            let known = found[candidate.address.address]
            if known.map({ $0.origin < candidate.origin }) ?? true {
                found[candidate.address.address] = candidate
            }
        }
        let candidates = found.values.sorted()
        let unspoilt = candidates.filter { rejection(of: $0, on: interface) == nil }
        let grown = grownIPv6(among: unspoilt, on: interface)
        return candidates.map { candidate in
            AddressVerdict(
                interface: interface.key, found: candidate,
                address: scoped(candidate, on: interface),
                outcome: outcome(
                    of: candidate, on: interface, beside: unspoilt, grown: grown))
        }
    }

    private func scoped(_ candidate: GuestAddress, on interface: GuestInterface) -> ScopedAddress {
        ScopedAddress(
            rules.published(for: candidate.address.address), in: interface.routingDomain)
    }

    private func outcome(
        of candidate: GuestAddress, on interface: GuestInterface, beside others: [GuestAddress],
        grown: [IPAddress: Withholding]
    ) -> AddressVerdict.Outcome {
        if let reason = rejection(of: candidate, on: interface) {
            return .withheld(reason)
        }
        if let mac = candidate.deviceMAC, mac.isVirtualRouter {
            return .floating(.virtualRouter(mac))
        }
        if isHostRoute(candidate, beside: others) {
            return .floating(.hostRoute)
        }
        if let reason = grown[candidate.address.address] {
            return .withheld(reason)
        }
        return .accepted
    }

    /// What speaks against an address whatever else the interface carries.
    private func rejection(
        of candidate: GuestAddress, on interface: GuestInterface
    ) -> Withholding? {
        let address = candidate.address.address
        if let reason = AddressClass.rejection(of: address) { return reason }
        if AddressClass.isNetworkOrBroadcast(candidate.address) { return .notRoutable }
        if let network = rules.skipped.first(where: { $0.contains(address) }) {
            return .skipped(by: network)
        }
        if interface.bridge == nil { return .notAttached }
        if let primary = guest.settings.primaryMAC, interface.mac != primary {
            return .notPrimary(primary)
        }
        if guest.hasBeenObserved, !candidate.origin.isObserved { return .notInUse }
        return nil
    }

    /// A /32 or /128 beside an address with a real prefix was put there by something that moves it
    /// about, as keepalived does. Alone it is how routed hosting and DHCPv6 hand out addresses.
    private func isHostRoute(_ candidate: GuestAddress, beside others: [GuestAddress]) -> Bool {
        let address = candidate.address
        guard candidate.origin.isObserved, address.prefixLength == address.address.bitWidth else {
            return false
        }
        return others.contains { other in
            other.address.address.bitWidth == address.address.bitWidth
                && other.address.prefixLength < address.prefixLength
        }
    }

    /// The IPv6 addresses that neither configuration nor form explain, with what to say of each;
    /// the one that stands for its prefix is not among them.
    private func grownIPv6(
        among candidates: [GuestAddress], on interface: GuestInterface
    ) -> [IPAddress: Withholding] {
        let configured = Set(
            interface.addresses.filter { !$0.origin.isObserved }.map(\.address.address))
        var kept: [CIDR: IPAddress] = [:]
        var open: [GuestAddress] = []
        for candidate in candidates {
            guard case .v6(let address) = candidate.address.address else { continue }
            let isExplained =
                configured.contains(candidate.address.address)
                || AddressClass.isStable(address, prefixLength: candidate.address.prefixLength)
                || interface.mac.map(address.isEUI64) ?? false
            if isExplained {
                kept[candidate.address.network] = candidate.address.address
            } else {
                open.append(candidate)
            }
        }
        return judge(open, on: interface, kept: &kept)
    }

    /// The oldest grown address of a prefix stands for it once it matured, unless another does.
    private func judge(
        _ open: [GuestAddress], on interface: GuestInterface, kept: inout [CIDR: IPAddress]
    ) -> [IPAddress: Withholding] {
        let byAge = open.map { (since: firstSeen(scoped($0, on: interface)), candidate: $0) }
            .sorted { ($0.since, $0.candidate) < ($1.since, $1.candidate) }
        var verdicts: [IPAddress: Withholding] = [:]
        for (since, candidate) in byAge {
            let address = candidate.address.address
            let matureAt = since + Self.maturitySeconds
            if let standing = kept[candidate.address.network] {
                verdicts[address] = .onePerPrefix(kept: standing)
            } else if matureAt > nowSeconds {
                verdicts[address] = .maturing(untilSeconds: matureAt)
            } else {
                kept[candidate.address.network] = address
            }
        }
        return verdicts
    }
}
