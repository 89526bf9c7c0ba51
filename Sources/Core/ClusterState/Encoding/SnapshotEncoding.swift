import ClusterMessages
import Inventory
import SwiftProtobuf
import Zones

extension ReplicatedState {
    /// The whole state: a `Snapshot` message of cluster.proto. Lists are sorted, so that a state
    /// gives the same bytes each time within one version; across versions they may differ.
    package func snapshot() -> [UInt8] {
        var message = MessageSnapshot()
        message.index = index
        message.clockSeconds = clockSeconds
        if let cluster { message.cluster = cluster.message }
        message.settings = settings.message
        message.hosts = hosts.map(\.message)
        message.guests = guests.sorted { $0.key < $1.key }.map(\.value.message)
        message.serials = zones.serials.sorted { $0.key < $1.key }.map { apex, serial in
            var message = MessageZoneSerial()
            message.apex = apex.description
            message.serial = serial.number
            return message
        }
        message.brakes = zones.brakes.sorted { $0.key < $1.key }.map { $1.message(for: $0) }
        message.providers = Self.messages(of: providers)
        message.formerProviders = Self.messages(of: formerProviders)
        message.isPublishingPaused = isPublishingPaused
        message.sdn = sdnPublishing.message
        do {
            return Checksum.sealed(try message.serializedBytes())
        } catch {
            // See `Command.encoded`.
            preconditionFailure("encoding a snapshot: \(error)")
        }
    }

    /// Restores a state; its zones have the content and the serials they had.
    package init(snapshot bytes: [UInt8]) throws(ClusterStateError) {
        guard Checksum.holds(bytes) else { throw .damaged(what: "the snapshot") }
        let message: MessageSnapshot
        do {
            message = try MessageSnapshot(serializedBytes: bytes)
        } catch {
            throw .damaged(what: "the snapshot")
        }
        var hosts: [Host] = []
        for host in message.hosts {
            hosts.append(try Host(host))
        }
        let cluster = message.hasCluster ? ClusterID(message.cluster) : nil
        var guests: [GuestEntry] = []
        for entry in message.guests {
            guard let cluster else { throw .meaningless(field: "snapshot.guests") }
            guests.append(try GuestEntry(entry, cluster: cluster))
        }
        var serials: [DomainName: SerialNumber] = [:]
        for zone in message.serials {
            serials[try Reading.name(zone.apex, "zone_serial.apex")] = SerialNumber(zone.serial)
        }
        var brakes: [DomainName: ZoneBrake] = [:]
        for brake in message.brakes {
            let apex = try Reading.name(brake.apex, "zone_brake.apex")
            brakes[apex] = try ZoneBrake(brake, apex: apex)
        }
        try self.init(
            index: message.index, clockSeconds: message.clockSeconds, cluster: cluster,
            settings: try ClusterSettings(message.settings), hosts: hosts, guests: guests,
            serials: serials, brakes: brakes)
        providers = try Self.ledgers(message.providers)
        formerProviders = try Self.ledgers(message.formerProviders)
        isPublishingPaused = message.isPublishingPaused
        sdnPublishing = try SDNPublishing(message.sdn)
        guard Set(providers.keys) == Set(settings.providers.keys) else {
            throw .meaningless(field: "snapshot.providers")
        }
    }

    private static func messages(
        of ledgers: [String: ProviderLedger]
    ) -> [MessageProviderLedger] {
        ledgers.sorted { $0.key < $1.key }.map { $1.message(for: $0) }
    }

    private static func ledgers(
        _ messages: [MessageProviderLedger]
    ) throws(ClusterStateError) -> [String: ProviderLedger] {
        var ledgers: [String: ProviderLedger] = [:]
        for message in messages {
            ledgers[message.name] = try ProviderLedger(message)
        }
        return ledgers
    }
}

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
}
