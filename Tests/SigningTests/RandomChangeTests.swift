import Inventory
import Signing
import TestSupport
import Testing
import Zones

/// Whatever changes, in whatever order: what was signed step by step is what would be signed at
/// once.
@Suite struct RandomChangeTests {
    struct Run: CustomTestStringConvertible {
        let seed: UInt64
        let denial: SigningPolicy.Denial
        /// Only what a zone may have, so that others can be asked.
        let isSound: Bool

        var testDescription: String { "seed \(seed) \(denial) \(isSound ? "sound" : "wild")" }
    }

    static let runs: [Run] = [true, false].flatMap { isSound in
        SigningPolicy.Denial.allCases.flatMap { denial in
            (0..<3).map { Run(seed: 100 + $0, denial: denial, isSound: isSound) }
        }
    }

    @Test(arguments: runs)
    func incrementalIsTheSame(_ run: Run) throws {
        var random = SeededRandom(seed: run.seed)
        var rig = try SigningRig(SigningPolicy(algorithm: .ed25519, denial: run.denial))
        var changes = RandomChanges(apex: "example.com", isSound: run.isSound)
        for _ in 0..<30 { changes.make(in: &rig, using: &random) }
        try rig.settle()
        for step in 1...40 {
            for _ in 0..<random.pick([1, 1, 1, 3, 10]) { changes.make(in: &rig, using: &random) }
            rig.now += 1
            rig.setLimit = random.pick([1_000, 1_000, 12, 4])
            if random.oneIn(10) { rig.changeLeader() }
            try rig.settle()
            guard step % 10 == 0 else { continue }
            try rig.expectSameFromScratch("\(run.testDescription) step \(step)")
            try SignatureChecks.check(rig, atSeconds: rig.now)
            if run.isSound, step % 20 == 0 {
                try Verifiers.accept(rig, "\(run.testDescription) step \(step)")
            }
        }
    }

    /// Every version of the zone is right, also those between.
    @Test(arguments: SigningPolicy.Denial.allCases)
    func everyStepIsRight(_ denial: SigningPolicy.Denial) throws {
        var random = SeededRandom(seed: 7)
        var rig = try SigningRig(SigningPolicy(algorithm: .ed25519, denial: denial))
        // Names below a DNAME go in one of the steps behind it, which nobody minds but Knot.
        var changes = RandomChanges(apex: "example.com", isSound: true, hasRedirections: false)
        for _ in 0..<60 { changes.make(in: &rig, using: &random) }
        try rig.settle()
        rig.setLimit = 10
        for _ in 0..<4 {
            for _ in 0..<30 { changes.make(in: &rig, using: &random) }
            rig.now += 1
            while try rig.step() != nil { try Verifiers.accept(rig) }
        }
        #expect(rig.steps.count > 20)
    }
}

/// Sets that come and go at names that lie close together.
struct RandomChanges {
    let apex: String
    let isSound: Bool
    let hasRedirections: Bool
    private let labels = ["a", "b", "*", "c\\000", "z", "_x", "\\255"]

    init(apex: String, isSound: Bool, hasRedirections: Bool = true) {
        self.apex = apex
        self.isSound = isSound
        self.hasRedirections = hasRedirections
    }

    mutating func make(in rig: inout SigningRig, using random: inout SeededRandom) {
        let depth = random.pick([1, 1, 2, 2, 3, 4])
        let name = (0..<depth).map { _ in random.pick(labels) + "." }.joined() + apex
        guard let owner = DomainName(name) else { preconditionFailure("\(name) is no name") }
        let type = random.pick([
            RecordType.a, .a, .aaaa, .txt, .txt, .ns, .ds, .cname, .https,
            hasRedirections ? .dname : .aaaa,
        ])
        let key = RecordSetKey(owner: owner, type: type)
        guard rig.plain[key] == nil || random.oneIn(4) else {
            rig.plain[key] = nil
            if isSound { mend(&rig) }
            return
        }
        let octet = UInt8.random(in: 1...255, using: &random)
        let data: [UInt8] =
            switch type {
            case .a: [192, 0, 2, octet]
            case .aaaa: Array(repeating: octet, count: 16)
            case .txt: [1, octet]
            case .ns: wire("ns\(octet).test")
            case .ds: [0x30, octet, 13, 2] + Array(repeating: octet, count: 32)
            case .https: [0, octet] + wire("h\(octet).test")
            default: wire("t\(octet).test")
            }
        rig.set(name, type, data)
        if isSound { mend(&rig) }
    }

    /// Drops what no zone may have, later names first.
    private func mend(_ rig: inout SigningRig) {
        let isThere = { (rig: SigningRig, owner: DomainName, type: RecordType) in
            rig.plain[RecordSetKey(owner: owner, type: type)] != nil
        }
        for key in rig.plain.keys.sorted() where key.owner != rig.apex {
            let owner = key.owner
            let hasCut = isThere(rig, owner, .ns)
            let isBad =
                switch key.type {
                case .ds: !hasCut
                case .ns: owner.isWildcard || isThere(rig, owner, .cname)
                case .dname: owner.isWildcard || hasCut || isThere(rig, owner, .cname)
                case .cname: false
                default: isThere(rig, owner, .cname) || hasCut && key.type != .a
                }
            var ancestor = owner.parent
            var isBelow = false
            while let present = ancestor, present != rig.apex {
                let isGlue = key.type == .a || key.type == .aaaa
                if isThere(rig, present, .dname) || isThere(rig, present, .ns) && !isGlue {
                    isBelow = true
                }
                ancestor = present.parent
            }
            if isBad || isBelow { rig.plain[key] = nil }
        }
    }
}
