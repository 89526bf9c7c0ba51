import ClusterState
import Inventory
import Testing
import Zones

/// A state with one zone and its reverse zone, and short words for what happens in it.
struct StateUnderTest {
    static let cluster = ClusterID(high: 7, low: 7)

    var state = ReplicatedState()
    var settings = ClusterSettings()
    private(set) var time: UInt64 = 1_700_000_000
    /// What the last command did to the zones.
    private(set) var changes: [ZoneChange] = []

    init(change: (inout ClusterSettings) -> Void = { _ in }) throws {
        let zone = try Self.name("example.com")
        settings.naming.zones = [zone]
        var mapping = NamingPolicy.Mapping(
            domain: zone, networks: [try #require(CIDR("10.0.0.0/8"))])
        mapping.trustsAll = true
        settings.naming.mappings = [mapping]
        settings.reverseNetworks = mapping.networks
        settings.graceSeconds = 0
        change(&settings)
        try apply(.found(Self.cluster))
        try apply(.configure(settings, ConfigureTerms(isApproved: true)))
    }

    static func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    static func key(_ owner: String, _ type: RecordType = .a) throws -> RecordSetKey {
        RecordSetKey(owner: try name(owner), type: type)
    }

    mutating func apply(_ body: Command.Body, after seconds: UInt64 = 1) throws {
        time += seconds
        changes = try state.apply(Command(body, atSeconds: time))
    }

    mutating func configure(_ change: (inout ClusterSettings) -> Void) throws {
        change(&settings)
        try apply(.configure(settings, ConfigureTerms(isApproved: true)))
    }

    /// Forgets everything but what a snapshot keeps.
    mutating func restart() throws {
        let snapshot = state.snapshot()
        state = try ReplicatedState(snapshot: snapshot)
        #expect(state.snapshot() == snapshot)
    }

    /// A report on a guest that runs and has one address.
    func report(
        _ vmid: Int, _ name: String? = nil, _ address: String? = nil,
        change: (inout Guest) -> Void = { _ in }
    ) throws -> GuestReport {
        var guest = Guest(
            id: GuestID(cluster: Self.cluster, vmid: UInt32(vmid), incarnation: ""), kind: .qemu,
            node: "pve1")
        guest.name = name ?? "web\(vmid)"
        guest.runState = .running
        var interface = GuestInterface(key: "net0")
        interface.mac = MACAddress(bits: 0xBC24_1100_0000 + UInt64(vmid))
        interface.bridge = "vmbr0"
        let text = address ?? "10.0.\(vmid / 250).\(vmid % 250 + 1)"
        interface.addresses = [
            GuestAddress(try #require(InterfaceAddress(text + "/8")), origin: .agent)
        ]
        guest.interfaces = [interface]
        change(&guest)
        return GuestReport(guest: guest, addresses: .observed)
    }

    /// These guests are there as they always are.
    mutating func add(_ vmids: Range<Int>) throws {
        try apply(.reportGuests(try vmids.map { try report($0) }))
    }

    /// These guests are gone, grace time and all.
    mutating func destroy(_ vmids: Range<Int>) throws {
        let gone = state.guests.keys.filter { vmids.contains(Int($0.vmid)) }.sorted()
        try apply(.reportGone(gone))
        try apply(.advance, after: 0)
    }

    /// The data of one set as text: addresses, or names.
    func lookUp(_ owner: String, _ type: RecordType = .a) throws -> [String] {
        (state.zones.set(try Self.key(owner, type))?.data ?? []).map { data in
            let address = type == .a ? IPAddress(octets: data)?.description : nil
            return address ?? DomainName(wire: data)?.description ?? "?"
        }
    }

    /// How many address records of guests stand in the zone.
    var addressSets: Int {
        state.zones.contents.count { $0.key.type == .a && $0.key.owner.labelCount == 3 }
    }

    func findings(_ vmid: Int) -> [Withholding] {
        state.guests.keys.first { $0.vmid == UInt32(vmid) }
            .flatMap { state.standing(of: $0) }?.findings.map(\.reason) ?? []
    }
}
