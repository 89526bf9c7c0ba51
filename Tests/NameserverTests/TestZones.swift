import Inventory
import Nameserver
import Zones

/// A name from text that the test knows to be one.
func name(_ text: String) -> DomainName {
    guard let name = DomainName(text) else { preconditionFailure("\(text) is no name") }
    return name
}

func octets(_ number: UInt16) -> [UInt8] {
    [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
}

/// Record sets in few words.
func a(_ owner: String, _ addresses: String..., ttl: UInt32 = 300) -> RecordSet {
    addressSet(owner, .a, addresses, ttl)
}

func aaaa(_ owner: String, _ addresses: String..., ttl: UInt32 = 300) -> RecordSet {
    addressSet(owner, .aaaa, addresses, ttl)
}

private func addressSet(
    _ owner: String, _ type: RecordType, _ addresses: [String], _ ttl: UInt32
) -> RecordSet {
    RecordSet(
        owner: name(owner), type: type, ttlSeconds: ttl,
        data: addresses.map { IPAddress($0)?.octets ?? [] })
}

/// A set whose data are names: NS, CNAME or PTR.
func names(_ owner: String, _ type: RecordType, _ targets: String...) -> RecordSet {
    RecordSet(
        owner: name(owner), type: type, ttlSeconds: 300, data: targets.map { name($0).wire })
}

func mx(_ owner: String, _ preference: UInt16, _ target: String) -> RecordSet {
    RecordSet(
        owner: name(owner), type: .mx, ttlSeconds: 300,
        data: [octets(preference) + name(target).wire])
}

func srv(_ owner: String, _ port: UInt16, _ targets: String...) -> RecordSet {
    RecordSet(
        owner: name(owner), type: .srv, ttlSeconds: 300,
        data: targets.map { [0, 1, 0, 2] + octets(port) + name($0).wire })
}

func svcb(_ owner: String, _ type: RecordType, _ priority: UInt16, _ target: String) -> RecordSet {
    RecordSet(
        owner: name(owner), type: type, ttlSeconds: 300,
        data: [octets(priority) + name(target).wire])
}

func txt(_ owner: String, _ texts: String...) -> RecordSet {
    RecordSet(
        owner: name(owner), type: .txt, ttlSeconds: 300,
        data: texts.map { [UInt8($0.utf8.count)] + Array($0.utf8) })
}

func ds(_ owner: String) -> RecordSet {
    RecordSet(
        owner: name(owner), type: .ds, ttlSeconds: 300,
        data: [[0x12, 0x34, 13, 2] + Array(repeating: 7, count: 32)])
}

func soa(
    _ apex: String, serial: UInt32 = 1, ttl: UInt32 = 3_600, minimum: UInt32 = 60
) -> RecordSet {
    var data = name("ns1." + (apex == "." ? "" : apex)).wire
    data += name("hostmaster." + (apex == "." ? "" : apex)).wire
    for number in [serial, 7_200, 900, 1_209_600, minimum] {
        data += octets(UInt16(truncatingIfNeeded: number >> 16))
        data += octets(UInt16(truncatingIfNeeded: number))
    }
    return RecordSet(owner: name(apex), type: .soa, ttlSeconds: ttl, data: [data])
}

/// A store with whole zones: apex and the sets besides SOA and NS.
func store(_ zones: [String: [RecordSet]]) throws -> ZoneStore {
    let store = ZoneStore()
    try store.publish(
        zones.sorted { $0.key < $1.key }.map { apex, sets in
            .replaced(
                apex: name(apex),
                sets: [soa(apex), names(apex, .ns, "ns1." + apex)] + sets)
        })
    return store
}

/// The zones most tests ask about.
func exampleStore() throws -> ZoneStore {
    try store([
        "example.com.": [
            a("ns1.example.com.", "192.0.2.53"),
            a("www.example.com.", "192.0.2.1", "192.0.2.2", "192.0.2.3"),
            aaaa("www.example.com.", "2001:db8::1"),
            names("alias.example.com.", .cname, "www.example.com."),
            names("away.example.com.", .cname, "host.example.net."),
            names("gone.example.com.", .cname, "nothing.example.com."),
            names("outside.example.com.", .cname, "www.elsewhere.test."),
            names("circle.example.com.", .cname, "ring.example.com."),
            names("ring.example.com.", .cname, "circle.example.com."),
            mx("example.com.", 10, "mail.example.com."),
            a("mail.example.com.", "192.0.2.25"),
            srv("_sip._tcp.example.com.", 5_060, "www.example.com.", "host.example.net."),
            svcb("example.com.", .https, 1, "."),
            a("example.com.", "192.0.2.80"),
            a("deep.empty.example.com.", "192.0.2.7"),
            txt("*.wild.example.com.", "any"),
            a("*.wild.example.com.", "192.0.2.9"),
            a("real.wild.example.com.", "192.0.2.10"),
            names("sub.example.com.", .ns, "ns.sub.example.com.", "ns1.example.com."),
            ds("sub.example.com."),
            a("ns.sub.example.com.", "198.51.100.1"),
        ],
        "example.net.": [a("host.example.net.", "203.0.113.1")],
        "2.0.192.in-addr.arpa.": [names("1.2.0.192.in-addr.arpa.", .ptr, "www.example.com.")],
    ])
}
