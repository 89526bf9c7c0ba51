import PipamAgent
import Testing

/// Voters are kept up to strength, one step at a time.
@Suite struct VoterKeepingTests {
    private static func member(
        _ replica: UInt64, votes: Bool = false, active: Bool = true, caughtUp: Bool = true
    ) -> VoterKeeping.Standing {
        VoterKeeping.Standing(
            replica: replica, isVoter: votes, isActive: active, isCaughtUp: caughtUp,
            joinedAtSeconds: replica)
    }

    /// Takes steps until there is none left, and returns the voters.
    private static func settle(
        _ members: inout [VoterKeeping.Standing], _ keeping: inout VoterKeeping,
        at now: Duration = .zero
    ) -> [UInt64] {
        for _ in 0..<100 {
            guard let step = keeping.step(members, leader: 1, at: now) else { break }
            for index in members.indices {
                if step == .promote(members[index].replica) { members[index].isVoter = true }
                if step == .demote(members[index].replica) { members[index].isVoter = false }
            }
        }
        return members.filter(\.isVoter).map(\.replica)
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 3), (4, 3), (5, 5), (6, 5), (32, 5)])
    func asManyAsTheSizeAsksFor(members count: Int, voters: Int) {
        var members = (1...UInt64(count)).map { Self.member($0, votes: $0 == 1) }
        var keeping = VoterKeeping()
        #expect(Self.settle(&members, &keeping) == Array(1...UInt64(voters)))
    }

    @Test func whoLagsOrIsSilentIsNotPromoted() {
        var members = [
            Self.member(1, votes: true), Self.member(2, caughtUp: false),
            Self.member(3, active: false), Self.member(4),
        ]
        var keeping = VoterKeeping()
        #expect(Self.settle(&members, &keeping) == [1, 4])
    }

    @Test func aSilentVoterIsReplacedAfterPatienceTheNewOneFirst() {
        var members = (1...4).map { Self.member($0, votes: $0 <= 3, active: $0 != 2) }
        var keeping = VoterKeeping()
        #expect(keeping.step(members, leader: 1, at: .zero) == nil)
        let almost = VoterKeeping.patience - .seconds(1)
        #expect(keeping.step(members, leader: 1, at: almost) == nil)
        let now = VoterKeeping.patience
        #expect(keeping.step(members, leader: 1, at: now) == .promote(4))
        members[3].isVoter = true
        #expect(keeping.step(members, leader: 1, at: now) == .demote(2))
        members[1].isVoter = false
        #expect(keeping.step(members, leader: 1, at: now) == nil)
    }

    @Test func whoIsHeardAgainBeginsToBeMissedAnew() {
        var members = (1...4).map { Self.member($0, votes: $0 <= 3, active: $0 != 2) }
        var keeping = VoterKeeping()
        _ = keeping.step(members, leader: 1, at: .zero)
        members[1].isActive = true
        _ = keeping.step(members, leader: 1, at: .seconds(1_000))
        members[1].isActive = false
        _ = keeping.step(members, leader: 1, at: .seconds(1_001))
        #expect(keeping.step(members, leader: 1, at: .seconds(2_000)) == nil)
        #expect(keeping.silence(of: 2, at: .seconds(2_000)) == .seconds(999))
    }

    @Test func withNobodyToTakeItsPlaceALostVoterStays() {
        let members = (1...3).map { Self.member($0, votes: true, active: $0 != 2) }
        var keeping = VoterKeeping()
        _ = keeping.step(members, leader: 1, at: .zero)
        #expect(keeping.step(members, leader: 1, at: .seconds(9_999)) == nil)
    }

    /// One that answers would be missed; one that is silent is not there anyway.
    @Test func ofSurplusVotersOneThatIsSilentGoesFirst() {
        let members = (1...4).map { Self.member($0, votes: true, active: $0 != 2) }
        var keeping = VoterKeeping()
        #expect(keeping.step(members, leader: 1, at: .zero) == .demote(2))
    }

    @Test func surplusVotersGoButNeverTheLeader() {
        // Five became four.
        var members = [2, 3, 4].map { Self.member($0, votes: true) }
        members.append(Self.member(9, votes: true))
        var keeping = VoterKeeping()
        #expect(keeping.step(members, leader: 9, at: .zero) == .demote(4))
    }
}
