import ClusterMessages

extension NodeID {
    init(_ message: MessageNodeKey) {
        self.init(high: message.high, low: message.low)
    }

    var message: MessageNodeKey {
        var message = MessageNodeKey()
        message.high = high
        message.low = low
        return message
    }
}

extension Member {
    init(_ message: MessageMember) throws(ClusterStateError) {
        guard message.replica != 0 else { throw .meaningless(field: "member.replica") }
        self.init(
            node: NodeID(message.node), replica: message.replica, name: message.name,
            kind: message.isWitness ? .witness : .full, addresses: message.addresses,
            version: message.version, level: message.level,
            joinedAtSeconds: message.joinedAtSeconds)
        isVoter = message.isVoter
        successor = message.hasSuccessor ? NodeID(message.successor) : nil
        heardSeconds = message.heardSeconds
        guard [0, Self.sealingKeyOctets].contains(message.sealingKey.count) else {
            throw .meaningless(field: "member.sealing_key")
        }
        sealingKey = Array(message.sealingKey)
    }

    var message: MessageMember {
        var message = MessageMember()
        message.node = node.message
        message.replica = replica
        message.name = name
        message.isWitness = kind == .witness
        message.addresses = addresses
        message.isVoter = isVoter
        message.version = version
        message.level = level
        message.joinedAtSeconds = joinedAtSeconds
        if let successor { message.successor = successor.message }
        message.heardSeconds = heardSeconds
        message.sealingKey = Reading.bytes(sealingKey)
        return message
    }
}

extension MemberReport {
    init(_ message: MessageReportMember) {
        self.init(
            node: NodeID(message.node), version: message.version, level: message.level,
            addresses: message.addresses, sealingKey: Array(message.sealingKey))
    }

    var message: MessageReportMember {
        var message = MessageReportMember()
        message.node = node.message
        message.version = version
        message.level = level
        message.addresses = addresses
        message.sealingKey = Reading.bytes(sealingKey)
        return message
    }
}

extension JoinRequest {
    init(_ message: MessageJoinRequest) {
        self.init(
            node: NodeID(message.node), name: message.name,
            kind: message.isWitness ? .witness : .full, addresses: message.addresses,
            version: message.version, level: message.level)
    }

    var message: MessageJoinRequest {
        var message = MessageJoinRequest()
        message.node = node.message
        message.name = name
        message.isWitness = kind == .witness
        message.addresses = addresses
        message.version = version
        message.level = level
        return message
    }
}

extension PendingJoin {
    init(_ message: MessagePendingJoin) {
        self.init(
            request: JoinRequest(message.request), sinceSeconds: message.sinceSeconds,
            heardSeconds: message.heardSeconds)
    }

    var message: MessagePendingJoin {
        var message = MessagePendingJoin()
        message.request = request.message
        message.sinceSeconds = sinceSeconds
        message.heardSeconds = heardSeconds
        return message
    }
}

extension MembershipContext {
    /// A `MembershipContext` message of cluster.proto.
    package func encoded() -> [UInt8] {
        var message = MessageMembershipContext()
        message.timeSeconds = timeSeconds
        if let member { message.member = member.message }
        if let replaced { message.replaced = replaced.message }
        return Wire.encode(message)
    }

    /// Reads one; no bytes at all are an empty one.
    package init(decoding bytes: [UInt8]) throws(ClusterStateError) {
        let message: MessageMembershipContext = try Wire.decode(bytes, "a change of members")
        self.init(
            timeSeconds: message.timeSeconds,
            member: message.hasMember ? try Member(message.member) : nil,
            replaced: message.hasReplaced ? NodeID(message.replaced) : nil)
    }
}
