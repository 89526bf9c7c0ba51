import Inventory
import OpenSSL
import Signing
import Testing
import Zones

/// What is looked at without other people's programs, at any time.
enum SignatureChecks {
    /// Every set that has to be signed is so by a key among the zone's, at this time; nothing else
    /// is.
    static func check(
        _ rig: SigningRig, atSeconds seconds: UInt64,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let keySet = try #require(
            rig.published[RecordSetKey(owner: rig.apex, type: .dnskey)],
            sourceLocation: sourceLocation)
        let divisions = rig.published.keys.filter {
            $0.type == .dname || $0.type == .ns && $0.owner != rig.apex
        }.map(\.owner)
        for set in rig.published.values {
            let owner = set.key.owner
            let isHidden = divisions.contains { owner != $0 && owner.isAtOrBelow($0) }
            let isCut = rig.published[.init(owner: owner, type: .ns)] != nil && owner != rig.apex
            let isSigned = !isHidden && (!isCut || set.key.type == .ds || set.key.type == .nsec)
            #expect(
                set.signatures.isEmpty == !isSigned, "\(set.key)", sourceLocation: sourceLocation)
            for data in set.signatures {
                let problem = try problem(
                    of: data, over: set, keySet: keySet, apex: rig.apex, atSeconds: seconds)
                #expect(problem == nil, "\(set.key)", sourceLocation: sourceLocation)
            }
        }
    }

    /// What is wrong with a signature (RFC 4035 section 5.3.1).
    static func problem(
        of data: [UInt8], over set: RecordSet, keySet: RecordSet, apex: DomainName,
        atSeconds seconds: UInt64
    ) throws -> String? {
        guard let record = SignatureRecord(data) else { return "it cannot be read" }
        let key = keySet.data.first { KeyRecord.tag(of: $0) == record.tag }
        guard let key else { return "no key has tag \(record.tag)" }
        guard let algorithm = SigningPolicy.Algorithm(rawValue: key[3]),
            algorithm.rawValue == record.algorithm
        else { return "the algorithm is another one" }
        guard record.signer == apex, record.type == set.key.type,
            record.originalTTLSeconds == set.ttlSeconds
        else { return "signer, type or TTL are others" }
        let time = UInt32(truncatingIfNeeded: seconds)
        guard Int32(bitPattern: time &- record.inception) >= 0,
            Int32(bitPattern: record.expiration &- time) >= 0
        else { return "it is good from \(record.inception) to \(record.expiration), not \(time)" }
        let isValid = try KeyPair.isValid(
            record.signature, over: record.input(for: set), kind: algorithm.kind,
            publicKey: Array(key.dropFirst(4)))
        return isValid ? nil : "the signature is another message's or key's"
    }
}
