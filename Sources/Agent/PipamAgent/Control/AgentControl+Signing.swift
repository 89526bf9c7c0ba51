import ClusterState
import Control
import Inventory
import Signing
import Zones

/// Zones that are signed: asked about, begun, and ended on whoever leads, who does it.
extension AgentControl {
    /// So often a change is tried that the agent's own came before.
    private static let attempts = 3
    private static let secretPatience = Duration.seconds(15)

    func signing(of zone: String?) async throws(ControlError) -> SigningListAnswer {
        guard await keeper.lead.leader != nil else { return try await ownSigning(of: zone) }
        return try await onLeader(.signing(of: zone)) { () throws(ControlError) in
            try await ownSigning(of: zone)
        }
    }

    /// The signed zones as this node knows them.
    private func ownSigning(of zone: String?) async throws(ControlError) -> SigningListAnswer {
        let now = WallClock.nowSeconds()
        let standings = office.board.current
        let (index, zones) = await keeper.read { state in
            let names = state.zones.signed.keys.filter { zone == nil || "\($0)" == zone }
            return (
                state.index,
                names.sorted().map {
                    SigningStanding($0, in: state.zones, standing: standings[$0])
                }
            )
        }
        guard let zone, zones.isEmpty else {
            return SigningListAnswer(index: index, time: now, zones: zones)
        }
        throw .notFound(
            "\(zone) is not signed", remedy: "pipamctl zone dnssec enable \(zone)")
    }

    func enableSigning(
        _ request: SigningEnableRequest
    ) async throws(ControlError) -> SigningListAnswer {
        try await onLeader(try .enableSigning(request)) { () throws(ControlError) in
            try await catchUp()
            let apex = try await zone(called: request.zone)
            let policy = SigningPolicy(request)
            if let reason = policy.objection(in: apex) {
                throw .invalid(reason, remedy: "leave --denial out")
            }
            if let refusal = KeySchedule.objection(to: policy) {
                throw .invalid("\(refusal)", remedy: "give other times")
            }
            try await waitForSecret()
            let now = WallClock.nowSeconds()
            var keys: [ZoneKey] = []
            for role in KeySchedule.firstRoles(policy) {
                keys.append(
                    try key(role, policy, of: apex, beside: keys, stage: .active, now))
            }
            try await propose(
                SigningOrder(apex, policy: policy, keys: keys, base: 0),
                ifSigned: .conflict(
                    "\(apex) is signed already",
                    remedy: "pipamctl zone dnssec roll replaces a key, with --algorithm all keys"))
            return try await ownSigning(of: request.zone)
        }
    }

    func rollKey(_ request: SigningRollRequest) async throws(ControlError) -> SigningListAnswer {
        guard request.tag == nil || request.algorithm == nil else {
            throw .invalid("all keys get another algorithm together", remedy: "give no tag")
        }
        if await keeper.lead.isOurs { try await waitForSecret() }
        let call = try ControlCall.rollKey(request)
        return try await change(request.zone, call) { apex, signed throws(ControlError) in
            if let algorithm = request.algorithm {
                return try otherKeys(.init(algorithm), apex, signed)
            }
            let old = try Self.key(request.tag, of: apex, signed) { $0.stage == .active }
            if let refusal = KeySchedule.objection(
                toReplacing: old.role, signed.policy, signed.keys)
            {
                throw Self.keyError(refusal)
            }
            let new = try key(
                old.role, signed.policy, of: apex, beside: signed.keys, stage: .published,
                WallClock.nowSeconds())
            return (signed.policy, signed.keys + [new])
        }
    }

    /// Policy and keys with which all keys begin to be replaced by those of another algorithm.
    private func otherKeys(
        _ algorithm: SigningPolicy.Algorithm, _ apex: DomainName, _ signed: Signed
    ) throws(ControlError) -> (SigningPolicy, [ZoneKey]) {
        if let refusal = KeySchedule.objection(to: algorithm, signed.policy, signed.keys) {
            throw Self.keyError(refusal)
        }
        guard signed.isServed else {
            throw .conflict("\(apex) is not served signed yet", remedy: "wait until it is")
        }
        var policy = signed.policy
        policy.algorithm = algorithm
        var keys = signed.keys
        for role in KeySchedule.firstRoles(policy) {
            keys.append(
                try key(
                    role, policy, of: apex, beside: keys, stage: .presigning,
                    WallClock.nowSeconds()))
        }
        return (policy, keys)
    }

    private static func keyError(_ refusal: KeyRefusal) -> ControlError {
        .conflict("\(refusal)", remedy: "pipamctl zone dnssec status tells what it waits for")
    }

    func confirmParent(
        _ request: SigningKeyRequest
    ) async throws(ControlError) -> SigningListAnswer {
        let call = try ControlCall.confirmParent(request)
        return try await change(request.zone, call) { apex, signed throws(ControlError) in
            let seen = try Self.key(request.tag, of: apex, signed) {
                $0.stage == .published || $0.stage == .active
            }
            guard seen.role.signsKeys else {
                throw .invalid(
                    "the parent need not know key \(seen.tag)",
                    remedy: "pipamctl zone dnssec status shows DS records")
            }
            let keys = signed.keys.map { key in
                var key = key
                if key.tag == seen.tag, key.parentSinceSeconds == 0 {
                    key.parentSinceSeconds = WallClock.nowSeconds()
                }
                return key
            }
            return (signed.policy, keys)
        }
    }

    func disableSigning(
        _ request: SigningDisableRequest
    ) async throws(ControlError) -> SigningListAnswer {
        let call = try ControlCall.disableSigning(request)
        guard request.parentRemoved else {
            return try await change(request.zone, call) { _, signed in
                var policy = signed.policy
                policy.isLeaving = true
                return (policy, signed.keys)
            }
        }
        return try await onLeader(call) { () throws(ControlError) in
            try await catchUp()
            let (apex, signed) = try await signedZone(called: request.zone)
            guard signed.policy.isLeaving || !signed.isServed else {
                throw .conflict(
                    "the parent of \(apex) was not told to remove its DS records",
                    remedy: "pipamctl zone dnssec disable \(apex), then wait until they are gone")
            }
            let receipt = try await submit(.unsignZone(apex, base: signed.version))
            if let refusal = receipt.outcomes.first?.refusal { throw Self.signingError(refusal) }
            return SigningListAnswer(index: receipt.index, time: WallClock.nowSeconds())
        }
    }
}

// MARK: - Changes

extension AgentControl {
    /// What changes of keys look at.
    private struct Signed: Sendable {
        let policy: SigningPolicy
        let keys: [ZoneKey]
        let version: UInt64
        let isServed: Bool
    }

    /// Changes policy and keys of a zone, on the leader.
    private func change(
        _ zone: String, _ call: ControlCall<SigningListAnswer>,
        _ make: (DomainName, Signed) throws(ControlError) -> (SigningPolicy, [ZoneKey])
    ) async throws(ControlError) -> SigningListAnswer {
        try await onLeader(call) { () throws(ControlError) in
            try await catchUp()
            for attempt in 1... {
                let (apex, signed) = try await signedZone(called: zone)
                let (policy, keys) = try make(apex, signed)
                let order = SigningOrder(
                    apex, policy: policy, keys: keys, base: signed.version)
                let receipt = try await submit(.signZone(order))
                guard let refusal = receipt.outcomes.first?.refusal else { break }
                // Keys went on in their lives meanwhile.
                guard refusal.reason == .signingChanged, attempt < Self.attempts else {
                    throw Self.signingError(refusal)
                }
            }
            return try await ownSigning(of: zone)
        }
    }

    private func propose(
        _ order: SigningOrder, ifSigned conflict: ControlError
    ) async throws(ControlError) {
        let receipt = try await submit(.signZone(order))
        guard let refusal = receipt.outcomes.first?.refusal else { return }
        throw refusal.reason == .signingChanged ? conflict : Self.signingError(refusal)
    }

    private static func signingError(_ refusal: Refusal) -> ControlError {
        switch refusal.reason {
        case .noSuchZone, .notSigned:
            .notFound("\(refusal)", remedy: "pipamctl zone list shows the zones")
        case .signingChanged:
            .conflict("\(refusal)", remedy: "look at pipamctl zone dnssec status; try again")
        default: .invalid("\(refusal)", remedy: "correct it")
        }
    }

    private func zone(called name: String) async throws(ControlError) -> DomainName {
        guard let apex = DomainName(name), await keeper.read({ $0.zones.zones[apex] != nil })
        else {
            throw .notFound(
                "there is no zone \(name)", remedy: "pipamctl zone list shows the zones")
        }
        return apex
    }

    private func signedZone(
        called name: String
    ) async throws(ControlError) -> (DomainName, Signed) {
        let apex = try await zone(called: name)
        let signed = await keeper.read { state in
            state.zones.signed[apex].map {
                Signed(
                    policy: $0.policy, keys: $0.keys, version: $0.version, isServed: $0.isServed)
            }
        }
        guard let signed else {
            throw .notFound(
                "\(apex) is not signed", remedy: "pipamctl zone dnssec enable \(apex)")
        }
        return (apex, signed)
    }

    /// A key by its tag; without one the newest of those that sign keys.
    private static func key(
        _ tag: UInt16?, of apex: DomainName, _ signed: Signed,
        where isUsable: (ZoneKey) -> Bool
    ) throws(ControlError) -> ZoneKey {
        let usable = signed.keys.filter { isUsable($0) && (tag == nil || $0.tag == tag) }
        let found = usable.filter { tag != nil || $0.role.signsKeys }
            .max {
                // Of two that were made at once, the one that is still on its way.
                ($0.createdSeconds, $0.stage == .published ? 1 : 0)
                    < ($1.createdSeconds, $1.stage == .published ? 1 : 0)
            }
        guard let found else {
            throw .notFound(
                tag.map { "\(apex) has no key \($0) that this could be done with" }
                    ?? "\(apex) has no key that this could be done with",
                remedy: "pipamctl zone dnssec status \(apex) shows its keys")
        }
        return found
    }

    /// Waits until the hosts can open what is sealed: the cluster's secret is made some seconds
    /// after the cluster itself, and each host that joins gets it some seconds later. A key that
    /// one host alone can open would be lost with it.
    private func waitForSecret() async throws(ControlError) {
        let end = ContinuousClock.now + Self.secretPatience
        while true {
            let spread = await keeper.read { SecretSpread($0) }
            let isKnown = office.keys.secrets.current != nil
            if isKnown, spread.isEverywhere { return }
            guard ContinuousClock.now < end, !Task.isCancelled else {
                if isKnown, spread.isSafe { return }
                throw .unavailable(
                    "the cluster's secret is on \(spread.holders) of \(spread.members) hosts",
                    remedy: "pipamctl cluster members shows who is down; try again")
            }
            do { try await Task.sleep(for: .milliseconds(100)) } catch { continue }
        }
    }

    private func key(
        _ role: ZoneKey.Role, _ policy: SigningPolicy, of apex: DomainName,
        beside keys: [ZoneKey], stage: ZoneKey.Stage, _ seconds: UInt64
    ) throws(ControlError) -> ZoneKey {
        do {
            return try office.keys.make(
                role, policy, of: apex, beside: keys, stage: stage, atSeconds: seconds)
        } catch {
            throw .unavailable("\(error)", remedy: "try again in some seconds")
        }
    }
}
