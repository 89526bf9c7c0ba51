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
    /// Gives a key an address, or says why not.
    mutating func take(_ request: ClaimRequest) -> Outcome {
        if let refusal = objection(to: request) { return .refused(refusal) }
        let slot = ClaimBook.Slot(pool: request.pool, key: request.key)
        if let held = claimBook.claims[slot], let kept = renewed(held, by: request) {
            claimBook.put(kept)
            return .claimed(kept)
        }
        guard claimBook.claims[slot] != nil || claimBook.claims.count < ClaimBook.limit else {
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

    /// The claim that a key holds already, kept for longer; `nil` if another address is asked for.
    private func renewed(_ held: Claim, by request: ClaimRequest) -> Claim? {
        if case .exactly(let address) = request.strategy, address != held.address { return nil }
        if let range = request.range, !range.contains(held.address) { return nil }
        var kept = held
        if let expiry = held.expiresAtSeconds {
            kept.expiresAtSeconds = max(expiry, clockSeconds.adding(request.lifeSeconds))
        }
        return kept
    }
}
