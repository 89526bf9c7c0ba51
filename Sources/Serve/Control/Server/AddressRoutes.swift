extension Route {
    static let addressRoutes = [
        Route(.question, "/v1/addresses", reading: .linearizable, isForwardable: true) {
            arguments, service throws(ControlError) in
            let query = AddressQuery(
                subnet: try arguments.query.subnet()?.text,
                routingDomain: try arguments.query.routingDomain())
            try arguments.finish()
            return try json(await service.addresses(query))
        },
        Route(.action, "/v1/addresses/claim", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = try arguments.body.claim()
            try arguments.finish()
            return try json(await service.claimAddress(request))
        },
        Route(.action, "/v1/addresses/confirm", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = try arguments.body.settlement()
            try arguments.finish()
            return try json(await service.confirmAddress(request))
        },
        Route(.action, "/v1/addresses/release", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = try arguments.body.settlement()
            try arguments.finish()
            return try json(await service.releaseAddress(request))
        },
    ]
}

extension RequestFields {
    fileprivate mutating func routingDomain() throws(ControlError) -> String? {
        try text("routing_domain", maximumOctets: Self.maximumRoutingDomainOctets)
    }

    private mutating func key() throws(ControlError) -> String {
        try requiredText("key", maximumOctets: AddressClaimRequest.maximumKeyOctets)
    }

    fileprivate mutating func claim() throws(ControlError) -> AddressClaimRequest {
        let subnet = try requiredSubnet()
        let key = try key()
        let strategy = try word("strategy", of: AddressStrategy.self) ?? .sequential
        let address = try address("address", in: subnet)
        guard (address != nil) == (strategy == .exact) else {
            throw .invalid(
                "address and strategy do not fit",
                remedy: "give an address with the strategy exact, and with no other")
        }
        if strategy == .eui64 { try Self.checkInterfaceIdentifier(key, subnet) }
        return AddressClaimRequest(
            subnet: subnet.text, key: key, strategy: strategy, address: address?.text,
            range: try range(in: subnet), routingDomain: try routingDomain(),
            ttlSeconds: try integer("ttl_seconds", in: AddressClaimRequest.lifeSecondsBounds)
                ?? AddressClaimRequest.defaultLifeSeconds)
    }

    /// RFC 4291 appendix A makes an address of a prefix of 64 bits and a MAC address.
    private static func checkInterfaceIdentifier(
        _ key: String, _ subnet: SubnetText
    ) throws(ControlError) {
        guard subnet.base.bitWidth == 128, subnet.bits == 64 else {
            throw .invalid("subnet is no IPv6 /64, as eui64 needs", remedy: "name another strategy")
        }
        guard key.wholeMatch(of: #/[0-9A-Fa-f]{2}([:\-][0-9A-Fa-f]{2}){5}/#) != nil else {
            throw .invalid("key is no MAC address, as eui64 needs", remedy: "give one")
        }
    }

    fileprivate mutating func settlement() throws(ControlError) -> AddressSettleRequest {
        let subnet = try requiredSubnet()
        return AddressSettleRequest(
            subnet: subnet.text, key: try key(), address: try address("address", in: subnet)?.text,
            fence: try integer("fence", in: 0...UInt64(Int64.max)),
            routingDomain: try routingDomain())
    }
}
