import ClusterMessages

extension SecretCopy {
    init(_ message: MessageSecretCopy) {
        self.init(
            node: NodeID(message.node), sealingKey: Array(message.sealingKey),
            box: Array(message.box))
    }

    var message: MessageSecretCopy {
        var message = MessageSecretCopy()
        message.node = node.message
        message.sealingKey = Reading.bytes(sealingKey)
        message.box = Reading.bytes(box)
        return message
    }
}

extension SecretOffer {
    init(_ message: MessageKeepSecret) {
        self.init(id: message.id, copies: message.copies.map(SecretCopy.init))
    }

    init(_ message: MessageShareSecret) {
        self.init(id: message.id, copies: message.copies.map(SecretCopy.init))
    }

    var keepMessage: MessageKeepSecret {
        var message = MessageKeepSecret()
        message.id = id
        message.copies = copies.map(\.message)
        return message
    }

    var shareMessage: MessageShareSecret {
        var message = MessageShareSecret()
        message.id = id
        message.copies = copies.map(\.message)
        return message
    }
}

extension KeptSecret {
    init(_ message: MessageSecret) throws(ClusterStateError) {
        self.init(id: message.id, madeAtSeconds: message.madeAtSeconds)
        isStale = message.isStale
        for copy in message.copies.map(SecretCopy.init) {
            guard copy.box.count == SecretCopy.boxOctets,
                copy.sealingKey.count == Member.sealingKeyOctets, copies[copy.node] == nil
            else { throw .meaningless(field: "secret.copies") }
            copies[copy.node] = copy
        }
    }

    var message: MessageSecret {
        var message = MessageSecret()
        message.id = id
        message.madeAtSeconds = madeAtSeconds
        message.copies = copies.values.sorted { $0.node < $1.node }.map(\.message)
        message.isStale = isStale
        return message
    }
}
