package import Control

/// One subnet, in which two addresses are held.
extension FakeService {
    package func claimAddress(
        _ request: AddressClaimRequest
    ) async throws(ControlError) -> AddressAnswer {
        guard !faults.isSilent else { throw Self.silence }
        try Self.requireSubnet(request.subnet)
        let address = request.address ?? "10.0.0.20"
        guard address != "10.0.0.1" else {
            throw .addressConflict(
                "10.0.0.1 is used by guest 101", remedy: "ask for another address",
                AddressConflict(.inUse, holder: "guest 101"))
        }
        return AddressAnswer(
            index: 43, time: time,
            claim: AddressClaim(
                address: address, subnet: request.subnet,
                routingDomain: request.routingDomain ?? "global", key: request.key, state: .held,
                fence: 43, grantedAt: time, expiresAt: time + request.ttlSeconds))
    }

    static let silence = ControlError.unknownOutcome(
        "the cluster did not answer within 30 s: it may have happened",
        remedy: "ask again with the same key")

    package func confirmAddress(
        _ request: AddressSettleRequest
    ) async throws(ControlError) -> AddressAnswer {
        let claim = try held(request)
        return AddressAnswer(
            index: 44, time: time,
            claim: AddressClaim(
                address: claim.address, subnet: claim.subnet, routingDomain: claim.routingDomain,
                key: claim.key, state: .confirmed, fence: claim.fence,
                grantedAt: claim.grantedAt))
    }

    package func releaseAddress(
        _ request: AddressSettleRequest
    ) async throws(ControlError) -> AddressReleaseAnswer {
        let claim = try held(request)
        return AddressReleaseAnswer(
            index: 45, subnet: claim.subnet, routingDomain: claim.routingDomain, key: claim.key,
            address: claim.address)
    }

    package func addresses(
        _ query: AddressQuery
    ) async throws(ControlError) -> AddressListAnswer {
        if let subnet = query.subnet { try Self.requireSubnet(subnet) }
        return AddressListAnswer(
            index: 42, time: time,
            claims: claims.filter {
                (query.subnet ?? $0.subnet) == $0.subnet
                    && (query.routingDomain ?? $0.routingDomain) == $0.routingDomain
            })
    }

    private var claims: [AddressClaim] {
        [
            AddressClaim(
                address: "10.0.0.10", subnet: "10.0.0.0/24", key: "bc:24:11:00:00:01",
                state: .confirmed, fence: 17, grantedAt: time - 86_400),
            AddressClaim(
                address: "10.0.0.11", subnet: "10.0.0.0/24", key: "order-4711", state: .held,
                fence: 41, grantedAt: time - 60, expiresAt: time + 1740),
        ]
    }

    private func held(_ request: AddressSettleRequest) throws(ControlError) -> AddressClaim {
        guard !faults.isSilent else { throw Self.silence }
        try Self.requireSubnet(request.subnet)
        guard let claim = claims.first(where: { $0.key == request.key }) else {
            throw .addressConflict(
                "\(request.key) holds no address there", remedy: "see pipamctl address list",
                AddressConflict(.noClaim))
        }
        guard (request.address ?? claim.address) == claim.address,
            (request.fence ?? claim.fence) == claim.fence
        else {
            throw .addressConflict(
                "\(request.key) holds \(claim.address), granted at \(claim.fence)",
                remedy: "see pipamctl address list",
                AddressConflict(.otherGrant, holder: claim.key))
        }
        return claim
    }

    private static func requireSubnet(_ subnet: String) throws(ControlError) {
        guard subnet == "10.0.0.0/24" else {
            throw .notFound(
                "\(subnet) is none of the subnets in the settings",
                remedy: "see pipamctl config diff")
        }
    }
}
