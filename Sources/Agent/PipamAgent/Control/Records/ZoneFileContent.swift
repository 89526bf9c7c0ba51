import Control
import Inventory
import Nameserver
import Zones

/// A zone file as sets of one zone, with what is wrong or remarkable about it.
struct ZoneFileContent {
    /// The sets, but SOA and what signing makes.
    private(set) var sets: [RecordSetKey: RecordSet] = [:]
    /// What the SOA record says.
    private(set) var zone: StaticZone?
    /// The serial of the SOA record.
    private(set) var serial: SerialNumber?
    /// The zone: the one asked for, or that of the SOA record.
    let apex: DomainName
    /// What is wrong, and what should be known.
    private(set) var remarks: [RecordRemark] = []
    /// The first line of each set.
    private(set) var lines: [RecordSetKey: Int] = [:]

    /// Nothing can be made of it.
    var isBroken: Bool { remarks.contains { $0.severity == .error } }

    /// - `apex`: the zone; `nil` for the one that the file has an SOA record of.
    /// - `ttlSeconds`: what holds before the first $TTL.
    ///
    /// Throws if no zone is known.
    init(
        _ octets: [UInt8], apex: DomainName?, ttlSeconds: UInt32
    ) throws(ControlError) {
        let text = ZoneText(reading: octets, origin: apex ?? .root, ttlSeconds: ttlSeconds)
        let authorities = text.records.filter { $0.key.type == .soa }
        guard let apex = apex ?? authorities.first?.key.owner else {
            let first = text.problems.first.map { ": line \($0.line): \($0.reason)" } ?? ""
            throw .invalid(
                "the file has no SOA record, so its zone is not known\(first)",
                remedy: "name the zone with --zone")
        }
        self.apex = apex
        remarks = text.problems.map { RecordRemark(.error, line: $0.line, $0.reason) }
        take(authorities)
        gather(text.records.filter { $0.key.type != .soa })
    }

    private mutating func take(_ authorities: [ZoneTextRecord]) {
        guard let first = authorities.first else { return }
        let foreign = authorities.first { $0.key.owner != apex }
        guard foreign == nil, Set(authorities.map(\.data)).count == 1 else {
            let wrong = foreign ?? authorities.last ?? first
            remarks.append(
                RecordRemark(.error, line: wrong.line, "a zone has one SOA record, at \(apex)"))
            return
        }
        let numbers = first.data.suffix(20).chunks(of: 4).map { octets in
            octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        let names = Self.names(first.data.dropLast(20))
        guard numbers.count == 5, let names else { return }
        serial = SerialNumber(numbers[0])
        zone = StaticZone(
            primary: names.0, contact: names.1,
            times: .init(
                refresh: numbers[1], retry: numbers[2], expire: numbers[3], negative: numbers[4]))
    }

    /// Two names, one behind the other.
    private static func names(_ octets: ArraySlice<UInt8>) -> (DomainName, DomainName)? {
        var end = octets.startIndex
        while end < octets.endIndex, octets[end] != 0 { end += 1 + Int(octets[end]) }
        guard end < octets.endIndex, let first = DomainName(wire: octets[...end]),
            let second = DomainName(wire: octets[(end + 1)...])
        else { return nil }
        return (first, second)
    }

    private mutating func gather(_ records: [ZoneTextRecord]) {
        var data: [RecordSetKey: [[UInt8]]] = [:]
        var ttls: [RecordSetKey: UInt32] = [:]
        var signing = 0
        var seen: Set<ZoneTextRecord.Identity> = []
        for record in records {
            let key = record.key
            guard key.owner.isAtOrBelow(apex) else {
                remarks.append(
                    RecordRemark(.error, line: record.line, "\(key.owner) lies outside \(apex)"))
                continue
            }
            guard !key.type.isForSigning else {
                signing += 1
                continue
            }
            guard seen.insert(record.identity).inserted else {
                remarks.append(
                    RecordRemark(.warning, line: record.line, "\(key): the record stands twice"))
                continue
            }
            if let ttl = ttls[key], ttl != record.ttlSeconds {
                remarks.append(
                    RecordRemark(
                        .warning, line: record.line,
                        "\(key): another TTL than the set's other records; the lowest counts"))
            }
            ttls[key] = min(ttls[key] ?? .max, record.ttlSeconds)
            data[key, default: []].append(record.data)
            lines[key] = lines[key] ?? record.line
        }
        for (key, data) in data {
            sets[key] = RecordSet(
                owner: key.owner, type: key.type, ttlSeconds: ttls[key] ?? 0, data: data)
        }
        if signing > 0 {
            remarks.append(
                RecordRemark(
                    .warning, "\(Wording.count(signing, "record")) left out that signing makes"))
        }
    }
}

extension ZoneTextRecord {
    /// What makes two records the same (RFC 2181 section 5.2).
    fileprivate struct Identity: Hashable {
        let key: RecordSetKey
        let data: [UInt8]
    }

    fileprivate var identity: Identity { Identity(key: key, data: data) }
}

extension ArraySlice<UInt8> {
    fileprivate func chunks(of count: Int) -> [ArraySlice<UInt8>] {
        stride(from: startIndex, to: endIndex, by: count).map { start in
            self[start..<Swift.min(start + count, endIndex)]
        }
    }
}
