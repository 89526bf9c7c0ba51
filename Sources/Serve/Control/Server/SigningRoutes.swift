extension Route {
    static let signingRoutes = [
        Route(.question, "/v1/signing", reading: .linearizable, isForwardable: true) {
            arguments, service throws(ControlError) in
            let zone = try arguments.query.domainName("zone")
            try arguments.finish()
            return try json(await service.signing(of: zone))
        },
        Route(.action, "/v1/signing/enable", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = try arguments.body.signingOrder()
            try arguments.finish()
            return try json(await service.enableSigning(request))
        },
        Route(.action, "/v1/signing/roll", isForwardable: true) {
            arguments, service throws(ControlError) in
            let key = try arguments.body.signingKey()
            let request = SigningRollRequest(
                zone: key.zone, tag: key.tag,
                algorithm: try arguments.body.word("algorithm", of: SigningAlgorithm.self))
            try arguments.finish()
            return try json(await service.rollKey(request))
        },
        Route(.action, "/v1/signing/parent", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = try arguments.body.signingKey()
            try arguments.finish()
            return try json(await service.confirmParent(request))
        },
        Route(.action, "/v1/signing/disable", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = SigningDisableRequest(
                zone: try arguments.body.requiredDomainName("zone"),
                parentRemoved: try arguments.body.flag("parent_removed"))
            try arguments.finish()
            return try json(await service.disableSigning(request))
        },
    ]
}

extension RequestFields {
    fileprivate mutating func signingOrder() throws(ControlError) -> SigningEnableRequest {
        typealias Request = SigningEnableRequest
        return Request(
            zone: try requiredDomainName("zone"),
            algorithm: try word("algorithm", of: SigningAlgorithm.self) ?? .ecdsap256sha256,
            denial: try word("denial", of: SigningDenial.self),
            separateKeys: try flag("separate_keys"),
            zoneKeyDays: try seconds("zone_key_days", in: 0...Request.maximumKeyDays) ?? 0,
            parentTTL: try seconds("parent_ttl") ?? Request.usualParentTTL,
            propagation: try seconds("propagation") ?? Request.usualPropagation,
            keyTTL: try seconds("key_ttl") ?? Request.usualKeyTTL,
            signatureLife: try seconds(
                "signature_life", in: Request.leastSignatureSeconds...Request.maximumSeconds)
                ?? Request.usualSignatureLife)
    }

    private mutating func seconds(
        _ name: String, in bounds: ClosedRange<UInt64> = 0...SigningEnableRequest.maximumSeconds
    ) throws(ControlError) -> UInt32? {
        try integer(name, in: bounds).map { UInt32(clamping: $0) }
    }

    fileprivate mutating func signingKey() throws(ControlError) -> SigningKeyRequest {
        let zone = try requiredDomainName("zone")
        let tag = try integer("tag", in: 0...UInt64(UInt16.max))
        return SigningKeyRequest(zone: zone, tag: tag.map { UInt16(clamping: $0) })
    }
}
