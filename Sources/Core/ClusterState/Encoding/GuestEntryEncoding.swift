import ClusterMessages
import Inventory
import Zones

extension GuestEntry {
    init(_ message: MessageGuestEntry, cluster: ClusterID) throws(ClusterStateError) {
        self.init(try Guest(message.guest, cluster: cluster))
        for held in message.names {
            nameStamps[try Reading.name(held.name, "held_name.name")] = Stamp(
                order: held.order, seconds: held.sinceSeconds)
        }
        for held in message.addresses {
            let domain = try Reading.routingDomain(
                held.routingDomain, "held_address.routing_domain")
            let address = try Reading.address(held.address, "held_address.address")
            addressStamps[ScopedAddress(address, in: domain)] = Stamp(
                order: held.order, seconds: held.sinceSeconds)
        }
        goneAtSeconds = message.hasGoneAtSeconds ? message.goneAtSeconds : nil
        derivedAtSeconds = message.derivedAtSeconds
    }

    var message: MessageGuestEntry {
        var message = MessageGuestEntry()
        message.guest = guest.message
        message.names = nameStamps.sorted { $0.key < $1.key }.map { name, stamp in
            var message = MessageGuestEntry.HeldName()
            message.name = name.description
            message.order = stamp.order
            message.sinceSeconds = stamp.seconds
            return message
        }
        message.addresses = addressStamps.sorted { $0.key < $1.key }.map { address, stamp in
            var message = MessageGuestEntry.HeldAddress()
            message.routingDomain = address.routingDomain.fieldText
            message.address = address.address.description
            message.order = stamp.order
            message.sinceSeconds = stamp.seconds
            return message
        }
        if let goneAtSeconds { message.goneAtSeconds = goneAtSeconds }
        message.derivedAtSeconds = derivedAtSeconds
        return message
    }

    /// The hash of everything that is kept.
    var hashed: Digest128 { Digest128(hashing: Wire.encode(message)) }
}
