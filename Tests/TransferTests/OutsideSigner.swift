import Foundation
import Inventory
import Nameserver
import TestServers
import Testing
import Zones

/// Signs zones with BIND's dnssec-signzone: what we serve and send is judged without our own signer.
struct OutsideSigner {
    private let directory: URL
    private let chain: [String]
    /// What was signed last.
    private(set) var sets: [RecordSetKey: RecordSet] = [:]

    /// With new keys.
    init(_ denial: SigningPolicy.Denial) throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-signer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        chain = denial == .nsec ? [] : ["-3", "-", "-H", "0"]
        try Self.run(
            "dnssec-keygen",
            ["-q", "-K", directory.path, "-a", "ECDSAP256SHA256", "-f", "KSK", Exchange.zone])
    }

    /// The way to a zone as it should be, at a serial. Sets that did not change keep the signatures
    /// they have, but for some, counted by `renewed` and told by their order.
    mutating func step(
        to zone: Zones.Zone, serial: SerialNumber, renewed: Int = 0
    ) throws -> (changed: [RecordSet], removed: [RecordSetKey]) {
        let signed = try sign(zone, serial: serial)
        var next: [RecordSetKey: RecordSet] = [:]
        var changed: [RecordSet] = []
        var left = renewed
        for set in signed.sorted(by: { $0.key < $1.key }) {
            let former = sets[set.key]
            if let former, former.unsigned == set.unsigned, left == 0 || set.signatures.isEmpty {
                next[set.key] = former
                continue
            }
            if former?.unsigned == set.unsigned { left -= 1 }
            next[set.key] = set
            changed.append(set)
        }
        let removed = sets.keys.filter { next[$0] == nil }.sorted()
        sets = next
        return (changed, removed)
    }

    private func sign(_ zone: Zones.Zone, serial: SerialNumber) throws -> [RecordSet] {
        let plain = directory.appendingPathComponent("plain")
        let signed = directory.appendingPathComponent("signed")
        let text = zone.allSets.flatMap { set in
            set.at(serial).presentations.map {
                "\(set.key.owner) \(set.ttlSeconds) IN \(set.key.type) \($0)\n"
            }
        }
        try Data(text.joined().utf8).write(to: plain)
        try Self.run(
            "dnssec-signzone",
            [
                "-q", "-S", "-z", "-K", directory.path, "-d", directory.path, "-o", Exchange.zone,
                "-N", "keep", "-O", "full", "-f", signed.path,
            ] + chain + [plain.path])
        let read = ZoneText(
            reading: Array(try Data(contentsOf: signed)), origin: zone.apex, ttlSeconds: 1)
        try #require(read.problems.isEmpty, "\(read.problems)")
        return Self.sets(of: read.records)
    }

    /// Signatures belong to the sets that they sign.
    private static func sets(of records: [ZoneTextRecord]) -> [RecordSet] {
        var data: [RecordSetKey: [[UInt8]]] = [:]
        var signatures: [RecordSetKey: [[UInt8]]] = [:]
        var times: [RecordSetKey: UInt32] = [:]
        for record in records {
            guard record.key.type == .rrsig else {
                data[record.key, default: []].append(record.data)
                times[record.key] = record.ttlSeconds
                continue
            }
            let covered = UInt16(record.data[0]) << 8 | UInt16(record.data[1])
            let key = RecordSetKey(
                owner: record.key.owner, type: RecordType(rawValue: covered))
            signatures[key, default: []].append(record.data)
        }
        return data.map { key, data in
            RecordSet(
                owner: key.owner, type: key.type, ttlSeconds: times[key] ?? 0, data: data,
                signatures: signatures[key] ?? [])
        }
    }

    /// A zone as a transfer shows it is right in itself, by the lights of two others.
    func check(_ records: String) throws {
        let file = directory.appendingPathComponent("checked")
        try Data(records.utf8).write(to: file)
        try Self.run("dnssec-verify", ["-q", "-z", "-o", Exchange.zone, file.path])
        try Self.run("kzonecheck", ["-d", "on", "-o", Exchange.zone, file.path])
    }

    /// Removes its files.
    func end() {
        try? FileManager.default.removeItem(at: directory)
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let outcome = try Command.outcome(program, arguments)
        try #require(outcome.status == 0, "\(program) \(arguments): \(outcome)")
    }
}

extension RecordSet {
    /// With another serial, if it is an SOA set.
    fileprivate func at(_ serial: SerialNumber) -> RecordSet {
        guard key.type == .soa, let data = data.first else { return self }
        let number = withUnsafeBytes(of: serial.number.bigEndian) { Array($0) }
        return RecordSet(
            owner: key.owner, type: .soa, ttlSeconds: ttlSeconds,
            data: [data.dropLast(20) + number + data.suffix(16)])
    }
}
