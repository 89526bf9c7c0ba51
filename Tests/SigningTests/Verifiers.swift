import Foundation
import Inventory
import Signing
import TestServers
import Testing
import Zones

/// Other people's opinions of a signed zone.
enum Verifiers {
    /// The zone as text that everybody reads.
    static func text(_ sets: some Sequence<RecordSet>) -> String {
        var lines: [String] = []
        // The SOA comes first.
        let sorted = sets.sorted { ($0.key.type == .soa ? 0 : 1, $0.key) < ($1.key.type == .soa ? 0 : 1, $1.key) }
        for set in sorted {
            for data in set.data { lines.append(line(set, set.key.type, data)) }
            for data in set.signatures { lines.append(line(set, .rrsig, data)) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ set: RecordSet, _ type: RecordType, _ data: [UInt8]) -> String {
        let digits = data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(set.key.owner) \(set.ttlSeconds) IN \(type) \\# \(data.count) \(digits)"
    }

    /// Asks all three.
    static func accept(
        _ rig: SigningRig, _ comment: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try accept(
            Array(rig.published.values), apex: rig.apex, comment,
            sourceLocation: sourceLocation)
    }

    static func accept(
        _ sets: [RecordSet], apex: DomainName, _ comment: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-signing-\(UUID().uuidString).zone")
        try text(sets).write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let hasZoneKey = sets.first { $0.key.type == .dnskey }?.data.contains { $0[1] == 0 }
        let programs: [[String]] = [
            ["dnssec-verify"] + (hasZoneKey == true ? [] : ["-z"])
                + ["-o", apex.description, file.path],
            ["ldns-verify-zone", file.path],
            ["kzonecheck", "-d", "on", "-o", apex.description, file.path],
        ]
        for program in programs {
            let outcome = try Command.outcome(program[0], Array(program.dropFirst()))
            #expect(
                outcome.status == 0, "\(comment) \(program[0]): \(outcome)",
                sourceLocation: sourceLocation)
        }
    }
}
