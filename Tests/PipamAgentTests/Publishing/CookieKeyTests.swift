import DNSWire
import PipamAgent
import Testing

/// A cookie that one node gave is good at the others.
@Suite struct CookieKeyTests {
    /// A midnight.
    private let midnight: UInt64 = 1_795_305_600
    private let day: UInt64 = 86_400
    private let address = ClientAddress(ipv4: 0x0100_00C6)

    private func ring(_ secrets: [(UInt64, UInt8, UInt64)]) throws -> SecretRing {
        let ring = SecretRing()
        for (id, octet, seconds) in secrets {
            ring.add(
                try ClusterSecret(
                    id: id, octets: [UInt8](repeating: octet, count: 32), madeAtSeconds: seconds))
        }
        return ring
    }

    private func keys(_ ring: SecretRing, _ seconds: UInt64) throws -> CookieSecrets {
        try #require(CookieKeys.keys(from: ring, atSeconds: seconds))
    }

    /// Whether a cookie made by one is good at another.
    private func isGood(
        from first: SecretRing, at made: UInt64, to second: SecretRing, at shown: UInt64
    ) throws -> Bool {
        let given = try keys(first, made).reply(
            to: CookieOption(client: 7), from: address, at: UInt32(truncatingIfNeeded: made))
        return try keys(second, shown).reply(
            to: CookieOption(client: 7, server: given.cookie), from: address,
            at: UInt32(truncatingIfNeeded: shown)
        ).isKnown
    }

    @Test func withoutASecretThereAreNone() {
        #expect(CookieKeys.keys(from: SecretRing(), atSeconds: midnight) == nil)
    }

    @Test func everyNodeKnowsThemForAnHourAtAnyTimeOfDay() throws {
        let first = try ring([(1, 1, 0)])
        let second = try ring([(1, 1, 0)])
        for made in stride(from: midnight - 7_200, to: midnight + day + 7_200, by: 600) {
            for age in [0, 1_799, 1_801, 3_600] as [UInt64] {
                #expect(try isGood(from: first, at: made, to: second, at: made + age))
            }
            // A node whose clock is behind.
            #expect(try isGood(from: first, at: made, to: second, at: made - 299))
            #expect(try !isGood(from: first, at: made, to: second, at: made + 3_700))
        }
    }

    @Test func anotherClusterKnowsThemNot() throws {
        let first = try ring([(1, 1, 0)])
        let second = try ring([(1, 2, 0)])
        #expect(try !isGood(from: first, at: midnight, to: second, at: midnight))
    }

    @Test func aNewSecretLeavesTheOldOnesGoodForAnHour() throws {
        let noon = midnight + day / 2
        let before = try ring([(1, 1, 0)])
        let after = try ring([(1, 1, 0), (2, 2, noon)])
        #expect(try isGood(from: before, at: noon - 60, to: after, at: noon + 60))
        #expect(try isGood(from: before, at: noon - 60, to: after, at: noon + 3_500))
        #expect(try isGood(from: after, at: noon + 60, to: after, at: noon + 3_600))
        let keys = try keys(after, noon + 3_600)
        #expect(try keys != self.keys(before, noon + 3_600))
    }

    @Test func theKeysOfDaysDiffer() throws {
        let ring = try ring([(1, 1, 0)])
        let today = try keys(ring, midnight + 100)
        let tomorrow = try keys(ring, midnight + day + 100)
        #expect(today.current != tomorrow.current && tomorrow.other == today.current)
    }
}
