import ClusterMessages
import Inventory
import Zones

extension SigningOrder {
    init(_ message: MessageSignZone) throws(ClusterStateError) {
        self.init(
            try Reading.name(message.apex, "sign_zone.apex"),
            policy: try SigningPolicy(message.policy), keys: try ZoneKey.keys(message.keys),
            base: message.base)
    }

    var message: MessageSignZone {
        var message = MessageSignZone()
        message.apex = apex.description
        message.policy = policy.message
        message.keys = keys.map(\.message)
        message.base = base
        return message
    }
}

extension SigningPolicy {
    init(_ message: MessageSigningPolicy) throws(ClusterStateError) {
        let field = "signing_policy"
        guard let algorithm = UInt8(exactly: message.algorithm).flatMap(Algorithm.init),
            let denial = UInt8(exactly: message.denial).flatMap(Denial.init)
        else { throw .meaningless(field: field) }
        self.init(
            algorithm: algorithm, denial: denial, usesSeparateKeys: message.usesSeparateKeys)
        keyTTLSeconds = message.keyTtlSeconds
        signatureSeconds = message.signatureSeconds
        refreshSeconds = message.refreshSeconds
        propagationSeconds = message.propagationSeconds
        parentTTLSeconds = message.parentTtlSeconds
        zoneKeySeconds = message.zoneKeySeconds
        isLeaving = message.isLeaving
    }

    var message: MessageSigningPolicy {
        var message = MessageSigningPolicy()
        message.algorithm = UInt32(algorithm.rawValue)
        message.denial = UInt32(denial.rawValue)
        message.usesSeparateKeys = usesSeparateKeys
        message.keyTtlSeconds = keyTTLSeconds
        message.signatureSeconds = signatureSeconds
        message.refreshSeconds = refreshSeconds
        message.propagationSeconds = propagationSeconds
        message.parentTtlSeconds = parentTTLSeconds
        message.zoneKeySeconds = zoneKeySeconds
        message.isLeaving = isLeaving
        return message
    }
}

extension ZoneKey {
    static func keys(_ messages: [MessageZoneKey]) throws(ClusterStateError) -> [ZoneKey] {
        var keys: [ZoneKey] = []
        for message in messages { keys.append(try ZoneKey(message)) }
        return keys
    }

    private init(_ message: MessageZoneKey) throws(ClusterStateError) {
        guard let tag = UInt16(exactly: message.tag),
            let role = UInt8(exactly: message.role).flatMap(Role.init),
            let algorithm = UInt8(exactly: message.algorithm)
                .flatMap(SigningPolicy.Algorithm.init),
            let stage = UInt8(exactly: message.stage).flatMap(Stage.init)
        else { throw .meaningless(field: "zone_key") }
        self.init(
            tag: tag, role: role, algorithm: algorithm, publicKey: Array(message.publicKey),
            sealedPrivateKey: Array(message.sealedPrivateKey),
            createdSeconds: message.createdSeconds, stage: stage)
        stageSinceSeconds = message.stageSinceSeconds
        parentSinceSeconds = message.parentSinceSeconds
    }

    fileprivate var message: MessageZoneKey {
        var message = MessageZoneKey()
        message.tag = UInt32(tag)
        message.role = UInt32(role.rawValue)
        message.algorithm = UInt32(algorithm.rawValue)
        message.publicKey = RecordSet.bytes(publicKey)
        message.sealedPrivateKey = RecordSet.bytes(sealedPrivateKey)
        message.createdSeconds = createdSeconds
        message.stage = UInt32(stage.rawValue)
        message.stageSinceSeconds = stageSinceSeconds
        message.parentSinceSeconds = parentSinceSeconds
        return message
    }
}

extension RecordSet {
    /// A set with its signatures; those of an SOA record are among them.
    init(signed message: MessageSignedSet, _ field: String) throws(ClusterStateError) {
        let set = try RecordSet(message.set, field, mayBeAuthority: true)
        guard message.signatures.allSatisfy({ $0.count <= Self.dataLimitOctets }) else {
            throw .meaningless(field: field)
        }
        self = set.signed(with: message.signatures.map { Array($0) })
    }

    var signedMessage: MessageSignedSet {
        var message = MessageSignedSet()
        message.set = self.message
        message.signatures = signatures.map(Self.bytes)
        return message
    }

    static func signedSets(
        _ messages: [MessageSignedSet], _ field: String
    ) throws(ClusterStateError) -> [RecordSet] {
        var sets: [RecordSet] = []
        sets.reserveCapacity(messages.count)
        for message in messages { sets.append(try RecordSet(signed: message, field)) }
        return sets
    }
}

extension ZonePublication {
    init(_ message: MessagePublishZone) throws(ClusterStateError) {
        self.init(
            apex: try Reading.name(message.apex, "publish_zone.apex"), round: message.round,
            serial: SerialNumber(message.serial),
            changed: try RecordSet.signedSets(message.changed, "publish_zone.changed"),
            removed: try Reading.keys(message.removed, "publish_zone.removed"),
            isComplete: message.isComplete)
    }

    var message: MessagePublishZone {
        var message = MessagePublishZone()
        message.apex = apex.description
        message.round = round
        message.serial = serial.number
        message.changed = changed.map(\.signedMessage)
        message.removed = removed.map(\.message)
        message.isComplete = isComplete
        return message
    }
}

extension SignedZone {
    init(_ message: MessageSignedZone) throws(ClusterStateError) {
        self.init(
            policy: try SigningPolicy(message.policy), keys: try ZoneKey.keys(message.keys),
            version: message.version, round: message.round, isServed: message.isServed)
    }

    /// All but the sets.
    func message(for apex: DomainName) -> MessageSignedZone {
        var message = MessageSignedZone()
        message.apex = apex.description
        message.policy = policy.message
        message.keys = keys.map(\.message)
        message.version = version
        message.round = round
        message.isServed = isServed
        return message
    }
}
