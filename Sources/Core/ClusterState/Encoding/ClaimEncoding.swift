import ClusterMessages
import Inventory
import Zones

extension ClaimPool {
    init(_ message: MessageAddressPool) throws(ClusterStateError) {
        self.init(
            try Reading.network(message.subnet, "address_pool.subnet"),
            in: try Reading.routingDomain(
                message.routingDomain, "address_pool.routing_domain"))
    }

    var message: MessageAddressPool {
        var message = MessageAddressPool()
        message.routingDomain = routingDomain.fieldText
        message.subnet = subnet.description
        return message
    }
}

extension AddressRange {
    init(_ message: MessageAddressRange, _ field: String) throws(ClusterStateError) {
        let first = try Reading.address(message.first, field)
        let last = try Reading.address(message.last, field)
        guard let range = AddressRange(first: first, last: last) else {
            throw .meaningless(field: field)
        }
        self = range
    }

    static func list(
        _ messages: [MessageAddressRange], _ field: String
    ) throws(ClusterStateError) -> [AddressRange] {
        var ranges: [AddressRange] = []
        for message in messages {
            ranges.append(try AddressRange(message, field))
        }
        return ranges
    }

    var message: MessageAddressRange {
        var message = MessageAddressRange()
        message.first = first.description
        message.last = last.description
        return message
    }
}

extension ClaimKey {
    init(_ message: MessageClaimKey) throws(ClusterStateError) {
        switch message.key {
        case .mac(let bits): self = .mac(try Reading.mac(bits, "claim_key.mac"))
        case .token(let token): self = .token(token)
        case nil: throw .meaningless(field: "claim_key")
        }
    }

    var message: MessageClaimKey {
        var message = MessageClaimKey()
        switch self {
        case .mac(let mac): message.mac = mac.bits
        case .token(let token): message.token = token
        }
        return message
    }
}

extension ClaimStrategy {
    /// A strategy that is missing is one of a later version.
    fileprivate init(
        _ message: MessageClaimAddress.OneOf_Strategy?
    ) throws(ClusterStateError) {
        switch message {
        case .onlyHeld: self = .onlyHeld
        case .sequential: self = .sequential
        case .random(let random): self = .random(seed: random.seed)
        case .interfaceIdentifier: self = .interfaceIdentifier
        case .exactly(let text):
            self = .exactly(try Reading.address(text, "claim_address.exactly"))
        case .outside(let outside):
            var candidates: [IPAddress] = []
            for text in outside.candidates {
                candidates.append(try Reading.address(text, "claim_address.outside"))
            }
            self = .outside(candidates)
        case nil: throw .unknownCommand
        }
    }

    fileprivate var message: MessageClaimAddress.OneOf_Strategy {
        switch self {
        case .onlyHeld: return .onlyHeld(MessageClaimAddress.OnlyHeld())
        case .sequential: return .sequential(MessageClaimAddress.Sequential())
        case .random(let seed):
            var message = MessageClaimAddress.Random()
            message.seed = seed
            return .random(message)
        case .interfaceIdentifier:
            return .interfaceIdentifier(MessageClaimAddress.InterfaceIdentifier())
        case .exactly(let address): return .exactly(address.description)
        case .outside(let candidates):
            var message = MessageClaimAddress.Outside()
            message.candidates = candidates.map(\.description)
            return .outside(message)
        }
    }
}

extension ClaimRequest {
    init(_ message: MessageClaimAddress) throws(ClusterStateError) {
        self.init(
            pool: try ClaimPool(message.pool), key: try ClaimKey(message.key),
            range: message.hasRange
                ? try AddressRange(message.range, "claim_address.range") : nil,
            excluded: try AddressRange.list(message.excluded, "claim_address.excluded"),
            strategy: try ClaimStrategy(message.strategy), lifeSeconds: message.lifeSeconds)
    }

    var message: MessageClaimAddress {
        var message = MessageClaimAddress()
        message.pool = pool.message
        message.key = key.message
        if let range { message.range = range.message }
        message.excluded = excluded.map(\.message)
        message.strategy = strategy.message
        message.lifeSeconds = lifeSeconds
        return message
    }
}

extension ClaimSettlement {
    init(_ message: MessageClaimAction) throws(ClusterStateError) {
        let action: Action
        switch message.action {
        case .confirm: action = .confirm
        case .release: action = .release
        case .unspecified, .UNRECOGNIZED: throw .unknownCommand
        }
        self.init(
            action, pool: try ClaimPool(message.pool), key: try ClaimKey(message.key),
            grantedAtIndex: message.hasGrantedAtIndex ? message.grantedAtIndex : nil)
    }

    var message: MessageClaimAction {
        var message = MessageClaimAction()
        message.pool = pool.message
        message.key = key.message
        if let grantedAtIndex { message.grantedAtIndex = grantedAtIndex }
        switch action {
        case .confirm: message.action = .confirm
        case .release: message.action = .release
        }
        return message
    }
}

extension Claim {
    init(_ message: MessageClaim) throws(ClusterStateError) {
        self.init(
            pool: try ClaimPool(message.pool), key: try ClaimKey(message.key),
            address: try Reading.address(message.address, "claim.address"),
            grantedAtIndex: message.grantedAtIndex, grantedAtSeconds: message.grantedAtSeconds,
            expiresAtSeconds: message.hasExpiresAtSeconds ? message.expiresAtSeconds : nil)
        guard pool.subnet.contains(address) else {
            throw .meaningless(field: "claim.address")
        }
    }

    var message: MessageClaim {
        var message = MessageClaim()
        message.pool = pool.message
        message.key = key.message
        message.address = address.description
        message.grantedAtIndex = grantedAtIndex
        message.grantedAtSeconds = grantedAtSeconds
        if let expiresAtSeconds { message.expiresAtSeconds = expiresAtSeconds }
        return message
    }

    /// The hash of everything in it.
    var digest: Digest128 { Digest128(hashing: Wire.encode(message)) }
}
