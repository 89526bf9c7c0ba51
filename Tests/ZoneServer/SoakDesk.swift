import Inventory
import Nameserver
import TestSupport
import Zones

/// Zones of made-up guests that move all the time, from claims to journals as a node of a cluster
/// has them, but for the log. Change n gives guest n % guests the address n + 1: whoever asks
/// can tell from an address alone whether it was ever right.
final class SoakDesk {
    private let store: ZoneStore
    private let guests: Int
    private var zone = ChangingZone()
    private var number = 0

    /// Gives every guest its first address.
    init(guests: Int, store: ZoneStore) throws {
        self.store = store
        self.guests = guests
        try store.publish(zone.zones.replacements)
        for _ in 0..<guests { move() }
        try publish()
    }

    /// Makes changes, each a version of its own; gives how many there were ever, and the zone's
    /// serial.
    func change(count: Int) throws -> (number: Int, serial: UInt32) {
        for _ in 0..<count {
            move()
            try publish()
        }
        return (number, zone.serial.number)
    }

    private func move() {
        zone.set(number % guests, address: number + 1)
        number += 1
    }

    private func publish() throws {
        let changes = zone.commit()
        store.keep(zone.zones.journals.mapValues { .some($0) })
        try store.publish(changes)
    }

    /// Whom the name server tells of changes, and who may copy zones: anybody on this machine.
    static func transfers(ports: [UInt16]) -> TransferSettings {
        var settings = TransferSettings()
        settings.networks = [CIDR("127.0.0.0/8")].compactMap(\.self)
        settings.secondaries = ports.compactMap { port in
            IPAddress("127.0.0.1").map {
                TransferSettings.Secondary(endpoint: Endpoint(address: $0, port: port))
            }
        }
        return settings
    }
}
