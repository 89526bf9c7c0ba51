import Inventory
import Zones

/// Reverse zones for addresses that mean something else on every network (RFC 6303, RFC 7793): a
/// resolver that sends us all its reverse queries gets NXDOMAIN for those that we know nothing
/// about, where the root's servers would get them else.
///
/// Wherever a zone of the operator lies, it counts: one with the same name or above takes the
/// place, one below is delegated to, so that names on the way to it exist (RFC 8020).
struct PrivateZones: Sendable {
    /// RFC 6303 section 3 and 4: 10,800 s for all, negative answers included.
    private static let ttlSeconds: UInt32 = 10_800

    private var isOn: Bool
    /// The zones of others, by name.
    private var others: Set<DomainName> = []
    /// What is served: each zone with the zones of others directly below it.
    private var held: [DomainName: Set<DomainName>] = [:]

    init(isOn: Bool) {
        self.isOn = isOn
    }

    /// What has to change when the zones of others did.
    mutating func follow(_ changes: [ZoneChange]) -> [ZoneChange] {
        var hasChanged = held.isEmpty && isOn
        for change in changes {
            switch change {
            case .replaced(let apex, _):
                if others.insert(apex).inserted { hasChanged = true }
            case .removed(let apex):
                if others.remove(apex) != nil { hasChanged = true }
            case .updated, .drafted, .signed:
                break
            }
        }
        return hasChanged ? adjust() : []
    }

    /// What has to change when they are wanted, or no more.
    mutating func turn(_ isOn: Bool) -> [ZoneChange] {
        self.isOn = isOn
        return adjust()
    }

    private mutating func adjust() -> [ZoneChange] {
        var wanted: [DomainName: Set<DomainName>] = [:]
        if isOn {
            for apex in Self.apexes where !others.contains(where: { apex.isAtOrBelow($0) }) {
                wanted[apex] = others.filter { $0.isAtOrBelow(apex) }
            }
        }
        var changes: [ZoneChange] = []
        for apex in held.keys.sorted() where wanted[apex] == nil {
            // Whoever took the place has it by now.
            if !others.contains(apex) { changes.append(.removed(apex: apex)) }
        }
        for (apex, cuts) in wanted.sorted(by: { $0.key < $1.key }) where held[apex] != cuts {
            changes.append(.replaced(apex: apex, sets: Self.sets(of: apex, cuts: cuts)))
        }
        held = wanted
        return changes
    }

    private static func sets(of apex: DomainName, cuts: Set<DomainName>) -> [RecordSet] {
        let numbers: [UInt32] = [1, 3_600, 1_200, 604_800, ttlSeconds]
        let times = numbers.flatMap { number in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        let soa = RecordSet(
            owner: apex, type: .soa, ttlSeconds: ttlSeconds,
            data: [apex.wire + wire(["nobody", "invalid"]) + times])
        let servers = ([apex] + cuts.sorted()).map { owner in
            RecordSet(owner: owner, type: .ns, ttlSeconds: ttlSeconds, data: [apex.wire])
        }
        return [soa] + servers
    }

    /// RFC 6303 section 4, and RFC 7793 for shared address space.
    static let apexes: [DomainName] = {
        let ipv4 =
            ["0", "10", "127", "254.169", "2.0.192", "100.51.198", "113.0.203", "168.192"]
            + ["255.255.255.255"] + (16...31).map { "\($0).172" } + (64...127).map { "\($0).100" }
        let zeros = Array(repeating: "0", count: 31)
        let ipv6 = [
            "d.f", "8.e.f", "9.e.f", "a.e.f", "b.e.f", "8.b.d.0.1.0.0.2",
            (["0"] + zeros).joined(separator: "."), (["1"] + zeros).joined(separator: "."),
        ]
        return (ipv4.map { $0 + ".in-addr.arpa." } + ipv6.map { $0 + ".ip6.arpa." })
            .compactMap { DomainName($0) }
    }()

    private static func wire(_ labels: [String]) -> [UInt8] {
        labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }
}
