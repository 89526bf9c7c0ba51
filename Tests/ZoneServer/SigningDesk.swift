import Glibc
import Inventory
import Nameserver
import Signing
import Zones

/// The first zone as a node that leads has it: plain, as it was published, and its signer. What the
/// log does in between is left out.
final class SigningDesk {
    private let store: ZoneStore
    private let apex: DomainName
    private var plain: [RecordSetKey: RecordSet] = [:]
    private var published: [RecordSetKey: RecordSet] = [:]
    private var signer: ZoneSigner
    private var serial = SerialNumber(1)
    private var round: UInt64 = 0
    private var isServed = false

    /// Takes a zone's sets and makes a key.
    init(apex: DomainName, sets: [RecordSet], store: ZoneStore) throws {
        self.store = store
        self.apex = apex
        for set in sets { plain[set.key] = set }
        let policy = SigningPolicy()
        let new = try NewKey.generate(.combined, policy.algorithm, avoiding: [])
        let key = new.zoneKey(sealed: [0], atSeconds: Self.seconds, stage: .active)
        signer = try ZoneSigner(
            apex: apex, policy: policy, keys: [key], opened: [OpenedKey(key, pair: new.pair)],
            published: [:], atSeconds: Self.seconds)
    }

    private static var seconds: UInt64 { UInt64(time(nil)) }

    /// Signs everything, and has it served.
    func signAll() throws {
        var open = Set(plain.keys)
        while let step = try publication(of: open) {
            take(step)
            open.subtract(step.changed.map(\.key))
            guard !step.isComplete else { break }
        }
        try store.publish([.replaced(apex: apex, sets: Array(published.values))])
    }

    /// Changes sets, signs what that takes, and has it served.
    func change(_ changed: [RecordSet]) throws {
        var open = Set(changed.map(\.key))
        for set in changed { plain[set.key] = set }
        // Too much for one step is signed in several, as the leader does it.
        while !open.isEmpty, let step = try publication(of: open) {
            take(step)
            open.subtract(step.changed.map(\.key))
            let difference = ZoneDifference(
                apex: apex, removed: step.removed, changed: step.changed)
            try store.publish([.signed(difference)])
        }
    }

    private func publication(of open: Set<RecordSetKey>) throws -> ZonePublication? {
        // By reference: a copy would make every change one of the whole zone.
        let content = ZoneSigner.Content(
            plain: { [unowned self] in plain[$0] },
            published: { [unowned self] in published[$0] })
        return try signer.publication(
            of: open, in: content, round: round, serial: serial.next(atSeconds: Self.seconds),
            isServed: isServed, atSeconds: Self.seconds)
    }

    private func take(_ step: ZonePublication) {
        for key in step.removed { published[key] = nil }
        for set in step.changed { published[set.key] = set }
        serial = step.serial
        round += 1
        isServed = isServed || step.isComplete
    }
}
