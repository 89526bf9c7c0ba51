package import Inventory

// MARK: - What people ask

extension ReplicatedState {
    /// Every claim, in no particular order.
    package var claims: some Collection<Claim> { claimBook.claims.values }

    /// What a key holds in a pool.
    package func claim(of key: ClaimKey, in pool: ClaimPool) -> Claim? {
        claimBook.claims[ClaimBook.Slot(pool: pool, key: key)]
    }

    /// Who holds an address.
    package func claim(on address: ScopedAddress) -> Claim? { claimBook.claim(on: address) }

    /// The guests that have an address on an interface, sorted.
    package func guests(using address: ScopedAddress) -> [GuestID] {
        claimBook.users(of: address)
    }
}

// MARK: - Commands

extension ReplicatedState {
    /// Gives a key an address, or says why not. Whoever holds one gets the same: another one only
    /// if the first was never confirmed and is not what is asked for now.
    mutating func take(_ request: ClaimRequest) -> Outcome {
        if let refusal = objection(to: request) { return .refused(refusal) }
        let slot = ClaimBook.Slot(pool: request.pool, key: request.key)
        if let held = claimBook.claims[slot] {
            let isWanted = request.accepts(held.address)
            if isWanted || held.expiresAtSeconds == nil {
                guard isWanted else {
                    return .refused(Refusal(.held, "\(request.key) at \(held.address)"))
                }
                let kept = renewed(held, for: request.lifeSeconds)
                claimBook.put(kept)
                return .claimed(kept)
            }
        } else if claimBook.claims.count >= ClaimBook.limit {
            return .refused(Refusal(.claimsFull, "\(ClaimBook.limit)"))
        }
        switch choice(for: request) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let address):
            let claim = Claim(
                pool: request.pool, key: request.key, address: address, grantedAtIndex: index,
                grantedAtSeconds: clockSeconds,
                expiresAtSeconds: clockSeconds.adding(request.lifeSeconds))
            claimBook.put(claim)
            return .claimed(claim)
        }
    }

    /// The claim, kept for longer if it was not confirmed.
    private func renewed(_ held: Claim, for lifeSeconds: UInt64) -> Claim {
        var kept = held
        if let expiry = held.expiresAtSeconds {
            kept.expiresAtSeconds = max(expiry, clockSeconds.adding(lifeSeconds))
        }
        return kept
    }

    /// Confirms or releases what a key holds.
    mutating func take(_ settlement: ClaimSettlement) -> Outcome {
        let slot = ClaimBook.Slot(pool: settlement.pool, key: settlement.key)
        guard var claim = claimBook.claims[slot] else {
            return .refused(Refusal(.noClaim, "\(settlement.key)"))
        }
        if let index = settlement.grantedAtIndex, index != claim.grantedAtIndex {
            return .refused(Refusal(.otherGrant, "\(claim.grantedAtIndex)"))
        }
        switch settlement.action {
        case .release: claimBook.remove(slot)
        case .confirm:
            claim.expiresAtSeconds = nil
            claimBook.put(claim)
        }
        return .claimed(claim)
    }
}

extension ClaimRequest {
    /// An address that the key holds already will do.
    fileprivate func accepts(_ address: IPAddress) -> Bool {
        if let range, !range.contains(address) { return false }
        guard case .exactly(let wanted) = strategy else { return true }
        return wanted == address
    }
}
