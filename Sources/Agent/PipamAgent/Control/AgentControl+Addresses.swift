import ClusterState
import Control
import Inventory

/// Addresses that are given out.
extension AgentControl {
    func claimAddress(
        _ request: AddressClaimRequest
    ) async throws(ControlError) -> AddressAnswer {
        let pool = try Self.pool(request.subnet, request.routingDomain)
        let claim = ClaimRequest(
            pool: pool, key: try Self.key(request.key), range: try Self.range(request.range),
            strategy: try Self.strategy(request), lifeSeconds: request.ttlSeconds)
        return try await answer(.claim(claim))
    }

    func confirmAddress(
        _ request: AddressSettleRequest
    ) async throws(ControlError) -> AddressAnswer {
        try await answer(.settleClaim(try await settlement(.confirm, request)))
    }

    func releaseAddress(
        _ request: AddressSettleRequest
    ) async throws(ControlError) -> AddressReleaseAnswer {
        let settlement = try await settlement(.release, request)
        let receipt = try await submit(.settleClaim(settlement))
        let released: Claim?
        switch receipt.outcomes.first {
        case .claimed(let claim): released = claim
        // Whoever asks again because the answer got lost has what it wanted.
        case .refused(let refusal) where refusal.reason == .noClaim: released = nil
        case .refused(let refusal): throw Self.error(refusal)
        default: throw .broken("a release came to nothing", remedy: "")
        }
        return AddressReleaseAnswer(
            index: receipt.index, subnet: request.subnet,
            routingDomain: "\(settlement.pool.routingDomain)", key: request.key,
            address: released?.address.description)
    }

    func addresses(_ query: AddressQuery) async throws(ControlError) -> AddressListAnswer {
        let subnet = try query.subnet.map(Self.subnet)
        let domain = try query.routingDomain.map(Self.routingDomain)
        let (index, claims) = await keeper.read { state in
            (
                state.index,
                state.claims.filter { claim in
                    (subnet == nil || claim.pool.subnet == subnet)
                        && (domain == nil || claim.pool.routingDomain == domain)
                }
            )
        }
        return AddressListAnswer(
            index: index, time: WallClock.nowSeconds(),
            claims: claims.sorted { ($0.pool, $0.address) < ($1.pool, $1.address) }
                .map(AddressClaim.init))
    }

    // MARK: Asking the cluster

    /// Has one command agreed on. Told apart for whoever asks: that it was not done, and that it
    /// may have been.
    func submit(_ body: Command.Body) async throws(ControlError) -> Receipt {
        do {
            return try await keeper.submit([body], atSeconds: WallClock.nowSeconds())
        } catch {
            throw .init(error)
        }
    }

    private func answer(_ body: Command.Body) async throws(ControlError) -> AddressAnswer {
        let receipt = try await submit(body)
        switch receipt.outcomes.first {
        case .claimed(let claim):
            return AddressAnswer(
                index: receipt.index, time: WallClock.nowSeconds(), claim: AddressClaim(claim))
        case .refused(let refusal): throw Self.error(refusal)
        default: throw .broken("a claim came to nothing", remedy: "")
        }
    }

    private func settlement(
        _ action: ClaimSettlement.Action, _ request: AddressSettleRequest
    ) async throws(ControlError) -> ClaimSettlement {
        let pool = try Self.pool(request.subnet, request.routingDomain)
        let key = try Self.key(request.key)
        var fence = request.fence
        if let text = request.address {
            guard let address = IPAddress(text) else { throw Self.invalid("address", text) }
            // The grant that has this address is settled, and none that came after it.
            try await catchUp()
            let held = await keeper.read { $0.claim(of: key, in: pool) }
            if let held, held.address != address {
                throw .addressConflict(
                    "\(key) holds \(held.address) there", remedy: "pipamctl address list",
                    AddressConflict(.otherGrant))
            }
            fence = fence ?? held?.grantedAtIndex
        }
        return ClaimSettlement(action, pool: pool, key: key, grantedAtIndex: fence)
    }

    // MARK: Reading requests

    private static func invalid(_ field: String, _ text: String) -> ControlError {
        .invalid("\(field): \"\(text)\" is none", remedy: "pipamctl address claim --help")
    }

    private static func subnet(_ text: String) throws(ControlError) -> CIDR {
        guard let subnet = CIDR(text) else { throw invalid("subnet", text) }
        return subnet
    }

    private static func routingDomain(_ text: String) throws(ControlError) -> RoutingDomain {
        guard let domain = RoutingDomain(text) else { throw invalid("routing_domain", text) }
        return domain
    }

    private static func pool(
        _ subnet: String, _ domain: String?
    ) throws(ControlError) -> ClaimPool {
        ClaimPool(try self.subnet(subnet), in: try domain.map(routingDomain) ?? .global)
    }

    private static func key(_ text: String) throws(ControlError) -> ClaimKey {
        if let mac = MACAddress(text) { return .mac(mac) }
        guard (1...ClaimKey.tokenLimitOctets).contains(text.utf8.count) else {
            throw invalid("key", text)
        }
        return .token(text)
    }

    private static func range(
        _ bounds: AddressBounds?
    ) throws(ControlError) -> AddressRange? {
        guard let bounds else { return nil }
        guard let first = IPAddress(bounds.first), let last = IPAddress(bounds.last),
            let range = AddressRange(first: first, last: last)
        else { throw invalid("range", "\(bounds.first)-\(bounds.last)") }
        return range
    }

    private static func strategy(
        _ request: AddressClaimRequest
    ) throws(ControlError) -> ClaimStrategy {
        switch request.strategy {
        case .heldOnly: return .onlyHeld
        case .sequential: return .sequential
        case .random: return .random(seed: .random(in: .min ... .max))
        case .eui64: return .interfaceIdentifier
        case .exact:
            guard let address = request.address.flatMap({ IPAddress($0) }) else {
                throw invalid("address", request.address ?? "")
            }
            return .exactly(address)
        }
    }

    private static func error(_ refusal: Refusal) -> ControlError {
        let kind: AddressConflict.Reason
        switch refusal.reason {
        case .held: kind = .held
        case .inUse: kind = .inUse
        case .excluded: kind = .excluded
        case .outsideRange: kind = .outsideRange
        case .subnetFull: kind = .subnetFull
        case .noClaim: kind = .noClaim
        case .otherGrant: kind = .otherGrant
        case .claimsFull: kind = .claimsFull
        case .unknownSubnet:
            return .notFound("\(refusal)", remedy: "name the subnet in the settings")
        default: return .invalid("\(refusal)", remedy: "pipamctl address claim --help")
        }
        let holder = kind == .held || kind == .inUse ? refusal.detail : nil
        return .addressConflict(
            "\(refusal)", remedy: "pipamctl address list", AddressConflict(kind, holder: holder))
    }
}

extension AddressClaim {
    /// As people read it.
    init(_ claim: Claim) {
        self.init(
            address: claim.address.description, subnet: claim.pool.subnet.description,
            routingDomain: claim.pool.routingDomain.description, key: claim.key.description,
            state: claim.expiresAtSeconds == nil ? .confirmed : .held,
            fence: claim.grantedAtIndex, grantedAt: claim.grantedAtSeconds,
            expiresAt: claim.expiresAtSeconds)
    }
}
