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
        let sorted = sets.sorted {
            ($0.key.type == .soa ? 0 : 1, $0.key) < ($1.key.type == .soa ? 0 : 1, $1.key)
        }
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
        for program in programs {
            // Knot takes a key that signs keys for one that signs everything only if it is the one
            // key that there is.
            let count = sets.first { $0.key.type == .dnskey }?.data.count ?? 0
            if program == "kzonecheck", count > 1, isSignedByEntryPoint(sets) { continue }
            let outcome = try outcome(sets, apex: apex, program)
            #expect(
                outcome.status == 0, "\(comment) \(program): \(outcome)",
                sourceLocation: sourceLocation)
        }
    }

    static let programs = ["dnssec-verify", "ldns-verify-zone", "kzonecheck"]

    /// What one of them thinks.
    static func accepts(_ rig: SigningRig, _ program: String) throws -> Bool {
        try outcome(Array(rig.published.values), apex: rig.apex, program).status == 0
    }

    private static func outcome(
        _ sets: [RecordSet], apex: DomainName, _ program: String
    ) throws -> Command.Outcome {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-signing-\(UUID().uuidString).zone")
        try text(sets).write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let arguments =
            switch program {
            case "dnssec-verify":
                (isSignedByEntryPoint(sets) ? ["-z"] : []) + ["-o", apex.description, file.path]
            case "kzonecheck": ["-d", "on", "-o", apex.description, file.path]
            default: [file.path]
            }
        return try Command.outcome(program, arguments)
    }

    /// A key that signs keys signs other sets, too.
    private static func isSignedByEntryPoint(_ sets: [RecordSet]) -> Bool {
        let keySets = sets.filter { $0.key.type == .dnskey }
        let keys = keySets.flatMap(\.data).filter { $0[1] == 1 }
        let tags = Set(keys.map(KeyRecord.tag))
        return sets.contains { set in
            ![.dnskey, .cds, .cdnskey].contains(set.key.type)
                && set.signatures.contains { tags.contains(SignatureRecord($0)?.tag ?? 0) }
        }
    }
}
