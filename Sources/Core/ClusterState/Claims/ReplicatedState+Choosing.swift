import Inventory
import Zones

/// Either, without an error that is thrown.
enum Choice {
    case success(IPAddress)
    case failure(Refusal)
}

extension ReplicatedState {
    /// Why a wish makes no sense, or may not be granted here.
    func objection(to request: ClaimRequest) -> Refusal? {
        let subnet = request.pool.subnet
        if case .token(let token) = request.key,
            !(1...ClaimKey.tokenLimitOctets).contains(token.utf8.count)
        {
            return Refusal(.unusableClaim, "a token has 1 to 128 octets")
        }
        if case .mac(let mac) = request.key, mac.isMulticast || mac.bits == 0 {
            return Refusal(.unusableClaim, "\(mac) is no hardware address of one interface")
        }
        guard (1...ClaimRequest.lifeLimitSeconds).contains(request.lifeSeconds) else {
            return Refusal(.unusableClaim, "a claim lives 1 second to 30 days")
        }
        guard request.excluded.count <= ClaimRequest.excludedLimit else {
            return Refusal(.unusableClaim, "too many ranges are left out")
        }
        if case .outside(let candidates) = request.strategy,
            candidates.count > ClaimRequest.excludedLimit
        {
            return Refusal(.unusableClaim, "too many addresses are named")
        }
        if let range = request.range, !subnet.contains(range.first) || !subnet.contains(range.last)
        {
            return Refusal(.unusableClaim, "the range does not lie in \(subnet)")
        }
        if settings.restrictsClaims, !settings.subnets.contains(where: { $0.pool == request.pool })
        {
            return Refusal(.unknownSubnet, "\(request.pool)")
        }
        return nil
    }

    /// The address that a wish comes to.
    func choice(for request: ClaimRequest) -> Choice {
        let space = AddressSpace(
            request.pool.routingDomain, bitWidth: request.pool.subnet.network.bitWidth)
        switch request.strategy {
        case .onlyHeld: return .failure(Refusal(.noClaim, "\(request.key)"))
        case .exactly(let address): return choice(of: [address], for: request)
        case .outside(let candidates): return choice(of: candidates, for: request)
        case .interfaceIdentifier:
            guard let mac = request.key.mac, case .v6(let network) = request.pool.subnet.network,
                request.pool.subnet.prefixLength == 64
            else {
                return .failure(
                    Refusal(.unusableClaim, "needs a hardware address and an IPv6 /64"))
            }
            let address = IPv6Address(high: network.high, low: mac.modifiedEUI64)
            return choice(of: [.v6(address)], for: request)
        case .sequential:
            return own(for: request) ?? search(request, space, startingAt: [])
        case .random(let seed):
            return own(for: request) ?? search(request, space, startingAt: [seed])
        }
    }

    /// The first candidate that can be had, or what stands in the way of the last one.
    private func choice(of candidates: [IPAddress], for request: ClaimRequest) -> Choice {
        var refusal = Refusal(.subnetFull, "\(request.pool)")
        for candidate in candidates {
            guard let objection = objection(to: candidate, for: request) else {
                return .success(candidate)
            }
            refusal = objection
        }
        return .failure(refusal)
    }

    /// What stands in the way of one address; `nil` if nothing does.
    private func objection(to address: IPAddress, for request: ClaimRequest) -> Refusal? {
        guard request.pool.subnet.contains(address) else {
            return Refusal(.outsideRange, "\(address)")
        }
        if let range = request.range, !range.contains(address) {
            return Refusal(.outsideRange, "\(address)")
        }
        let isExcluded = excluded(for: request).contains { $0.contains(address.number) }
        guard !isExcluded, request.pool.subnet.hostNumbers.contains(address.number) else {
            return Refusal(.excluded, "\(address)")
        }
        let scoped = ScopedAddress(address, in: request.pool.routingDomain)
        if let claim = claimBook.claim(on: scoped),
            claim.key != request.key || claim.pool != request.pool
        {
            return Refusal(.held, "\(claim.key)")
        }
        let users = claimBook.users(of: scoped)
        if let other = users.first(where: { !has($0, request.key.mac, at: scoped) }) {
            return Refusal(.inUse, "\(other)")
        }
        return nil
    }

    /// A guest has the hardware address on an interface that carries the address.
    private func has(_ guest: GuestID, _ mac: MACAddress?, at address: ScopedAddress) -> Bool {
        guard let mac else { return false }
        return guests[guest]?.guest.interfaces.contains { interface in
            interface.mac == mac && interface.routingDomain == address.routingDomain
                && interface.addresses.contains { $0.address.address == address.address }
        } ?? false
    }

    /// The address that the guest with this hardware address has in the pool, if it may claim it.
    private func own(for request: ClaimRequest) -> Choice? {
        guard let mac = request.key.mac else { return nil }
        let guests = guestsByMAC[mac] ?? []
        let addresses = guests.sorted().flatMap { id in
            (self.guests[id]?.guest.interfaces ?? []).filter {
                $0.mac == mac && $0.routingDomain == request.pool.routingDomain
            }.flatMap { $0.addresses.map(\.address.address) }
        }
        let usable = addresses.filter { objection(to: $0, for: request) == nil }
        return usable.min().map(Choice.success)
    }

    /// Numbers that are never given, whatever is free.
    private func excluded(for request: ClaimRequest) -> [ClosedRange<UInt128>] {
        let subnet = request.pool.subnet
        let known = settings.subnets.filter { $0.pool == request.pool }.flatMap(\.excluded)
        let hosts = request.pool.routingDomain == .global ? hosts.flatMap(\.addresses) : []
        let servers =
            request.pool.routingDomain == .global
            ? settings.zones.nameServers.flatMap(\.addresses) : []
        return (request.excluded + known).filter { $0.first.bitWidth == subnet.network.bitWidth }
            .map(\.numbers)
            + (hosts + servers).filter(subnet.contains).map { $0.number...$0.number }
    }
}

// MARK: - Search

extension ReplicatedState {
    /// How many numbers are drawn before the next free one after the last of them is taken.
    private static let draws = 16

    /// The lowest free address; or by chance, if there is a seed.
    private func search(
        _ request: ClaimRequest, _ space: AddressSpace, startingAt seeds: [UInt64]
    ) -> Choice {
        let hosts = request.pool.subnet.hostNumbers
        let wanted = request.range?.numbers ?? hosts
        guard wanted.overlaps(hosts) else { return .failure(full(request)) }
        let range = wanted.clamped(to: hosts)
        let excluded = excluded(for: request).sorted { $0.lowerBound < $1.lowerBound }
        var start = range.lowerBound
        for seed in seeds {
            var random = SplitMix(seed: seed)
            for _ in 0..<Self.draws {
                start = random.number(in: range)
                if firstFree(in: start...start, excluded, space) != nil { break }
            }
        }
        let found =
            firstFree(in: start...range.upperBound, excluded, space)
            ?? firstFree(in: range.lowerBound...start, excluded, space)
        return found.map { .success(space.address($0)) } ?? .failure(full(request))
    }

    private func full(_ request: ClaimRequest) -> Refusal {
        let range = request.range.map { ", \($0.first) to \($0.last)" } ?? ""
        return Refusal(.subnetFull, "\(request.pool)\(range)")
    }

    /// The first number of a range that nobody has and that is not excluded.
    ///
    /// - `excluded`: sorted by their first number.
    private func firstFree(
        in range: ClosedRange<UInt128>, _ excluded: [ClosedRange<UInt128>], _ space: AddressSpace
    ) -> UInt128? {
        var candidate = claimBook.firstFree(from: range.lowerBound, in: space)
        for gap in excluded {
            guard let number = candidate, number <= range.upperBound else { return nil }
            guard gap.contains(number) else { continue }
            guard gap.upperBound < range.upperBound else { return nil }
            candidate = claimBook.firstFree(from: gap.upperBound + 1, in: space)
        }
        return candidate.flatMap { $0 <= range.upperBound ? $0 : nil }
    }
}

/// Numbers that follow from a seed (SplitMix64, Steele, Lea and Flood 2014): the same on every
/// node.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Slightly uneven where the size is no power of two, which does not matter here.
    mutating func number(in range: ClosedRange<UInt128>) -> UInt128 {
        let wide = UInt128(next()) << 64 | UInt128(next())
        let size = range.upperBound - range.lowerBound
        return range.lowerBound + (size == .max ? wide : wide % (size + 1))
    }
}
