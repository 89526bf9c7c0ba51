import Inventory
import Zones

/// Who holds which address, by pool and key and by address; and which addresses are taken, by
/// claims and by guests.
struct ClaimBook: Sendable {
    /// A key in a pool.
    struct Slot: Hashable, Sendable, Comparable {
        let pool: ClaimPool
        let key: ClaimKey

        static func < (left: Self, right: Self) -> Bool {
            (left.pool, left.key) < (right.pool, right.key)
        }
    }

    /// More claims are refused: they must fit into memory on every node.
    static let limit = 1_000_000

    private(set) var claims: [Slot: Claim] = [:]
    private var slotsByAddress: [ScopedAddress: Slot] = [:]
    /// Guests that have an address on an interface.
    private var users: [ScopedAddress: [GuestID]] = [:]
    /// Numbers that a claim or a guest has.
    private var taken: [AddressSpace: NumberRuns] = [:]
    /// Claims that wait to be confirmed, in the order in which they expire.
    private var expiries = ExpiryQueue()
    /// The sum of all claims' hashes.
    private(set) var digest = Digest128()

    /// When the next claim expires, in seconds since 1970.
    var nextExpirySeconds: UInt64? { expiries.nextSeconds }

    /// The claim on an address.
    func claim(on address: ScopedAddress) -> Claim? {
        slotsByAddress[address].flatMap { claims[$0] }
    }

    /// The guests that have an address, sorted.
    func users(of address: ScopedAddress) -> [GuestID] { users[address] ?? [] }

    /// The first free number from `number` on.
    func firstFree(from number: UInt128, in space: AddressSpace) -> UInt128? {
        guard let runs = taken[space] else { return number }
        return runs.firstFree(from: number)
    }
}

// MARK: - Changes

extension ClaimBook {
    /// Puts a claim in, in place of the one that its key had in the pool.
    mutating func put(_ claim: Claim) {
        let slot = Slot(pool: claim.pool, key: claim.key)
        remove(slot)
        claims[slot] = claim
        digest.add(claim.digest)
        slotsByAddress[claim.scopedAddress] = slot
        take(claim.scopedAddress)
        if let expiry = claim.expiresAtSeconds { expiries.insert(slot, at: expiry) }
    }

    /// Takes a claim out.
    mutating func remove(_ slot: Slot) {
        guard let claim = claims.removeValue(forKey: slot) else { return }
        digest.subtract(claim.digest)
        slotsByAddress[claim.scopedAddress] = nil
        if let expiry = claim.expiresAtSeconds { expiries.remove(slot, at: expiry) }
        freeIfUnused(claim.scopedAddress)
    }

    /// Takes out what was not confirmed in time.
    mutating func expire(atSeconds seconds: UInt64) {
        while let slot = expiries.first(until: seconds) {
            remove(slot)
        }
    }

    /// A guest has other addresses than before.
    mutating func setUse(
        by guest: GuestID, from before: Set<ScopedAddress>, to after: Set<ScopedAddress>
    ) {
        for address in before where !after.contains(address) {
            users[address]?.removeAll { $0 == guest }
            if users[address]?.isEmpty ?? false { users[address] = nil }
            freeIfUnused(address)
        }
        for address in after where !before.contains(address) {
            users[address] = (users(of: address) + [guest]).sorted()
            take(address)
        }
    }

    private mutating func take(_ address: ScopedAddress) {
        taken[AddressSpace(address), default: NumberRuns()].insert(address.address.number)
    }

    private mutating func freeIfUnused(_ address: ScopedAddress) {
        guard slotsByAddress[address] == nil, users[address] == nil else { return }
        taken[AddressSpace(address)]?.remove(address.address.number)
    }
}

/// Slots by the time at which they expire.
struct ExpiryQueue: Sendable {
    private var slots: [UInt64: Set<ClaimBook.Slot>] = [:]
    /// The times, as a set of numbers: the first one is found without looking at all.
    private var times: [UInt64] = []

    var nextSeconds: UInt64? { times.last }

    mutating func insert(_ slot: ClaimBook.Slot, at seconds: UInt64) {
        if slots[seconds] == nil { times.insert(seconds, at: place(of: seconds)) }
        slots[seconds, default: []].insert(slot)
    }

    mutating func remove(_ slot: ClaimBook.Slot, at seconds: UInt64) {
        slots[seconds]?.remove(slot)
        guard slots[seconds]?.isEmpty ?? false else { return }
        slots[seconds] = nil
        let place = place(of: seconds)
        if place < times.count, times[place] == seconds { times.remove(at: place) }
    }

    /// One that has expired; which one of those of the same second does not matter, since all go.
    func first(until seconds: UInt64) -> ClaimBook.Slot? {
        guard let next = times.last, next <= seconds else { return nil }
        return slots[next]?.first
    }

    /// Where a time stands or would stand; the latest comes first, so that the next is the last.
    private func place(of seconds: UInt64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] > seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
