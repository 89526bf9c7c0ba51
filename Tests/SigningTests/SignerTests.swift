import Inventory
import Signing
import Testing
import Zones

@Suite struct SignerTests {
    static let policies: [SigningPolicy] = SigningPolicy.Algorithm.allCases.flatMap { algorithm in
        SigningPolicy.Denial.allCases.flatMap { denial in
            [false, true].map {
                SigningPolicy(algorithm: algorithm, denial: denial, usesSeparateKeys: $0)
            }
        }
    }

    @Test(arguments: policies)
    func smallZone(_ policy: SigningPolicy) throws {
        var rig = try SigningRig(policy)
        rig.set("www.example.com", .a, [192, 0, 2, 2], [192, 0, 2, 3])
        rig.set("a.b.c.example.com", .txt, [1, 65])
        try rig.settle()
        try Verifiers.accept(rig)
        rig.set("www.example.com", .a)
        rig.set("b.c.example.com", .a, [192, 0, 2, 9])
        rig.now += 10
        let made = try rig.settle()
        #expect(made.count == 1)
        try Verifiers.accept(rig)
    }
}
