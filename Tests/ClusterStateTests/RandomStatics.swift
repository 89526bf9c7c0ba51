import ClusterState
import Inventory
import TestSupport
import Zones

/// Commands about static records, with names that guests want too, and some that are refused.
enum RandomStatics {
    private static let names = [
        "web1.example.com", "web2.example.com", "db.example.com", "sub.example.com",
        "web1.sub.example.com", "*.example.com", "example.com", "pve1.example.com",
        "lab.example.net", "example.net", "web1.example.net", "1.5.0.10.in-addr.arpa",
        "2.5.0.10.in-addr.arpa", "5.0.10.in-addr.arpa", "host.nowhere.test",
    ]
    private static let types: [RecordType] = [.a, .aaaa, .txt, .ns, .cname, .mx, .ptr, .dname, .ds]

    static func command(_ random: inout RandomInventory) -> Command.Body {
        switch random.number(in: 0...11) {
        case 0: .stageRecords(UInt64(random.number(in: 1...3)), [set(&random)])
        case 1, 2: zoneImport(&random)
        case 3:
            .removeZone(ZoneRemoval(name(&random), withRecords: !random.oneIn(3)))
        default: edit(&random)
        }
    }

    private static func edit(_ random: inout RandomInventory) -> Command.Body {
        var changes: [RecordSetKey: RecordEdit.Change] = [:]
        for _ in 0...random.number(in: 0...2) {
            let set = set(&random)
            let expectation: RecordEdit.Expectation =
                random.oneIn(5) ? .absent : random.oneIn(9) ? .version(3) : .any
            changes[set.key] = RecordEdit.Change(
                set.key, random.oneIn(3) ? nil : set, comment: random.oneIn(2) ? "" : "why",
                expecting: expectation)
        }
        let list = changes.sorted { $0.key < $1.key }.map(\.value)
        return .editRecords(RecordEdit(list, takesNames: !random.oneIn(3)))
    }

    private static func zoneImport(_ random: inout RandomInventory) -> Command.Body {
        let apex = name(&random)
        var sets: [RecordSetKey: RecordSet] = [:]
        for _ in 0..<random.number(in: 0...4) {
            let set = set(&random)
            if set.key.owner.isAtOrBelow(apex) { sets[set.key] = set }
        }
        let zone = random.oneIn(2) ? nil : StaticZone(primary: name(&random))
        return .importZone(
            ZoneImport(
                apex, sets: sets.sorted { $0.key < $1.key }.map(\.value),
                stage: random.oneIn(4) ? UInt64(random.number(in: 1...3)) : nil, zone: zone,
                serial: random.oneIn(2) ? SerialNumber(2_025_010_101) : nil,
                base: random.oneIn(6) ? 5 : nil, takesNames: !random.oneIn(3)))
    }

    private static func name(_ random: inout RandomInventory) -> DomainName {
        let text = names[random.number(in: 0...names.count - 1)]
        guard let name = DomainName(text) else { preconditionFailure("\(text) is a name") }
        return name
    }

    private static func set(_ random: inout RandomInventory) -> RecordSet {
        let type = types[random.number(in: 0...types.count - 1)]
        let data: [UInt8] =
            switch type {
            case .a: [10, 0, 0, UInt8(random.number(in: 1...9))]
            case .aaaa: [UInt8](repeating: 0x20, count: 16)
            case .txt: [2, 0x68, UInt8(random.number(in: 0x61...0x69))]
            case .mx: [0, 10] + name(&random).wire
            case .ds: [0, 1, 13, 2] + [UInt8](repeating: 7, count: 32)
            default: name(&random).wire
            }
        return RecordSet(
            owner: name(&random), type: type, ttlSeconds: random.oneIn(2) ? 300 : 600,
            data: [data])
    }
}
