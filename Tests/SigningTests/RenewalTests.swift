import Inventory
import Signing
import Testing
import Zones

@Suite struct RenewalTests {
    private func filled(names: Int = 300) throws -> SigningRig {
        var rig = try SigningRig(SigningPolicy(algorithm: .ed25519))
        for number in 0..<names { rig.set("h\(number).example.com", .a, [192, 0, 2, 2]) }
        try rig.settle()
        return rig
    }

    /// Half a year without a change: no signature ever ends, and none is renewed too early.
    @Test func nothingEndsWithoutChanges() throws {
        var rig = try filled(names: 20)
        let end = rig.now + 180 * 86_400
        var written = 0
        while rig.now < end {
            let due = rig.nextDueSeconds
            try #require(due > rig.now)
            rig.now = due
            try SignatureChecks.check(rig, atSeconds: rig.now)
            let soa = rig.key(rig.apex, .soa)
            let former = rig.published
            let made = try rig.settle()
            try #require(!made.isEmpty)
            for set in made.flatMap(\.changed) where set.key != soa {
                written += 1
                let signature = try #require(former[set.key]?.signatures.first)
                let record = try #require(SignatureRecord(signature))
                let left = Int64(record.expiration) - Int64(rig.now)
                #expect(left <= Int64(rig.policy.refreshSeconds) + 1)
                #expect(left >= Int64(rig.policy.refreshSeconds) - 3_600)
            }
        }
        // Each after 5.6 to 7 days.
        let sets = rig.published.count - 1
        #expect(written > sets * 180 / 8 && written < sets * 180 / 5)
    }

    /// Whoever leads next goes on where the last one stopped.
    @Test func anotherLeaderKnowsWhatIsDue() throws {
        var rig = try filled(names: 50)
        let due = rig.nextDueSeconds
        rig.changeLeader()
        #expect(try rig.step() == nil)
        #expect(rig.nextDueSeconds == due)
        rig.now = due
        rig.changeLeader()
        #expect(try rig.step() != nil)
    }

    /// Not all in one minute: a tenth of their life lies between the first end and the last.
    @Test func endsAreSpread() throws {
        let rig = try filled()
        let life = UInt64(rig.policy.signatureSeconds)
        let ends = rig.published.values.flatMap(\.signatures).compactMap(SignatureRecord.init)
            .map { UInt64($0.expiration) }
        let first = try #require(ends.min())
        let last = try #require(ends.max())
        #expect(first >= rig.now + life - life / 10)
        #expect(last <= rig.now + life)
        #expect(last - first > life / 12)
        // In each quarter of the span about a quarter of the names.
        let quarter = (last - first) / 4
        for number in 0..<4 {
            let range = first + quarter * UInt64(number)..<first + quarter * UInt64(number + 1)
            #expect(ends.filter { range.contains($0) }.count > ends.count / 8)
        }
    }

    /// Months later, in batches, and while other things change.
    @Test func everythingIsLongOverdue() throws {
        var rig = try filled()
        rig.now += 40 * 86_400
        rig.setLimit = 100
        rig.set("h1.example.com", .a, [192, 0, 2, 3])
        let first = try #require(try rig.step())
        // The change, and some that go along.
        #expect(first.changed.contains { $0.key.owner == DomainName("h1.example.com") })
        #expect((10...60).contains(first.changed.count))
        let made = try rig.settle()
        #expect(made.count >= 5)
        #expect(made.allSatisfy { $0.changed.count <= 101 })
        try SignatureChecks.check(rig, atSeconds: rig.now)
    }

    /// What changes over and over leaves no notes behind.
    @Test func changesLeaveNothingBehind() throws {
        var rig = try filled(names: 10)
        for number in 0..<3_000 {
            rig.now += 1
            rig.set("h1.example.com", .a, [192, 0, UInt8(number / 200), UInt8(number % 200)])
            try #require(try rig.step() != nil)
        }
        #expect(try #require(rig.signer).noteCount < 4_096 + 200)
        #expect(rig.open.isEmpty)
        rig.now += 8 * 86_400
        try rig.settle()
        try SignatureChecks.check(rig, atSeconds: rig.now)
    }

    /// A policy that would have everything made anew at once all the time.
    @Test func foolishPoliciesEnd() throws {
        var rig = try SigningRig(SigningPolicy(algorithm: .ed25519))
        rig.policy.refreshSeconds = rig.policy.signatureSeconds * 2
        try rig.settle()
        rig.now += 100
        #expect(try rig.step() == nil)
        #expect(KeySchedule.objection(to: rig.policy) == .refreshTooEarly)
    }

    /// Times have 32 bits, and begin again in 2106.
    @Test func timesWrapAround() throws {
        var rig = try SigningRig(SigningPolicy(algorithm: .ed25519), at: 1 << 32 - 86_400)
        try rig.settle()
        for _ in 0..<40 {
            try SignatureChecks.check(rig, atSeconds: rig.now)
            rig.now += 86_400
            if rig.nextDueSeconds <= rig.now { try rig.settle() }
        }
        #expect(rig.now > 1 << 32)
    }

    /// A clock that begins at its epoch, as those of simulations do.
    @Test func timesBeginWithTheEpoch() throws {
        var rig = try SigningRig(SigningPolicy(algorithm: .ed25519), at: 10)
        try rig.settle()
        try SignatureChecks.check(rig, atSeconds: rig.now)
        rig.now = rig.nextDueSeconds
        try rig.settle()
        try SignatureChecks.check(rig, atSeconds: rig.now)
    }
}
