package import Inventory
import Planning
package import Zones

/// A zone and a reverse zone with made-up guests that come, move and go.
package struct ChangingZone: Sendable {
    /// The zone, example.com.
    package let apex: DomainName
    /// Its reverse zone, 10.in-addr.arpa.
    package let reverse: DomainName
    /// Both zones.
    package private(set) var zones = ZoneSet()
    /// The time of the last commit, in seconds since 1970.
    package private(set) var time: UInt64 = 1_700_000_000
    /// What both were set up by.
    package private(set) var settings = ZoneSettings()

    /// No guests.
    package init() {
        guard let apex = DomainName("example.com"), let network = CIDR("10.0.0.0/8"),
            let reverse = try? ReverseZone.covering([network], isClassless: false)
        else { preconditionFailure("a name or network that is none") }
        self.apex = apex
        settings.forward = [apex]
        settings.reverse = reverse
        self.reverse = reverse[0].apex
        settings.brake.count = .max
        settings.brake.percent = 100
        _ = configure { _ in }
    }

    /// Changes how the zones are set up.
    package mutating func configure(_ change: (inout ZoneSettings) -> Void) -> [ZoneChange] {
        change(&settings)
        guard let server = DomainName("ns1.example.com"), let address = IPAddress("192.0.2.1")
        else { preconditionFailure("a name or address that is none") }
        time += 1
        return zones.configure(
            settings, hosts: [.init(name: server, addresses: [address])], atSeconds: time)
    }

    /// Gives a guest a name and an address, both made of numbers, or takes them away.
    package mutating func set(_ guest: Int, label: String? = nil, address: Int?) {
        let id = GuestID(
            cluster: ClusterID(high: 1, low: 1), vmid: UInt32(guest), incarnation: "")
        guard let address else { return zones.setClaims([], of: id) }
        guard let name = DomainName("\(label ?? "host\(guest)").example.com") else {
            preconditionFailure("\(label ?? "") is no label")
        }
        let claim = Publication.Claim.host(
            name: name,
            address: ScopedAddress(.v4(IPv4Address(bits: 0x0A00_0000 + UInt32(address)))),
            hasReverse: true,
            evidence: Publication.Evidence(mac: nil, isRunning: true, isConfigured: true))
        zones.setClaims(
            [StampedClaim(claim, nameOrder: UInt64(guest), addressOrder: UInt64(guest))], of: id)
    }

    /// Makes the changes seen.
    package mutating func commit(after seconds: UInt64 = 1) -> [ZoneChange] {
        time += seconds
        return zones.commit(atSeconds: time)
    }

    /// The zone's serial.
    package var serial: SerialNumber {
        guard let zone = zones.zones[apex] else { preconditionFailure("no zone \(apex)") }
        return zone.serial
    }

    /// Has the zone signed from now on.
    package mutating func sign(_ policy: SigningPolicy) {
        zones.sign(apex, policy, by: [])
    }

    /// Publishes what was signed of it.
    package mutating func publish(
        _ changed: [RecordSet], removed: [RecordSetKey], serial: SerialNumber
    ) throws(ZoneSet.PublicationError) -> [ZoneChange] {
        try zones.publish(
            ZonePublication(
                apex: apex, round: zones.signed[apex]?.round ?? 0, serial: serial,
                changed: changed, removed: removed, isComplete: true))
    }
}
