import ClusterState
import Inventory
import Testing
import Zones

@testable import PipamAgent

/// Whose zone is right, by what the members say.
@Suite struct ZoneJuryTests {
    private let right = Digest128(hashing: [1])
    private let wrong = Digest128(hashing: [2])
    private let other = Digest128(hashing: [3])

    private func digest(_ serial: UInt32, _ sum: Digest128) -> ZoneDigest {
        ZoneDigest(serial: SerialNumber(serial), sum: sum)
    }

    /// What follows for a voter of so many that has `own` from what the others have.
    private func verdict(
        _ own: [ZoneDigest], _ others: [[ZoneDigest]], voters: Int, isVoter: Bool = true,
        learners: Int = 0
    ) -> ZoneJury.Verdict {
        jury(own, others, voters: voters, isVoter: isVoter, learners: learners).verdict
    }

    private func jury(
        _ own: [ZoneDigest], _ others: [[ZoneDigest]], voters: Int, isVoter: Bool = true,
        learners: Int = 0
    ) -> ZoneJury {
        ZoneJury(
            own: own, isVoter: isVoter, voters: voters,
            voices: others.enumerated().map { index, digests in
                ZoneJury.Voice(
                    node: NodeID(high: 1, low: UInt64(index)),
                    isVoter: index >= learners,
                    sums: digests.reduce(into: [:]) { $0[$1.serial] = $1.sum })
            })
    }

    @Test func theMajorityIsRight() {
        let (mine, theirs) = (digest(7, wrong), digest(7, right))
        #expect(verdict([mine], [[theirs], [theirs]], voters: 3) == .outvoted(SerialNumber(7)))
        #expect(verdict([theirs], [[theirs], [mine]], voters: 3) == .confirmed)
        #expect(verdict([theirs], [[theirs], []], voters: 3) == .confirmed)
        let strangers = jury([theirs], [[theirs], [mine]], voters: 3).strangers
        #expect(strangers == [NodeID(high: 1, low: 1)])
        #expect(verdict([mine], [], voters: 1) == .confirmed)
    }

    /// Nobody is outvoted by silence, nor by one alone.
    @Test func silenceSaysNothing() {
        let (mine, theirs) = (digest(7, wrong), digest(7, right))
        #expect(verdict([mine], [[], []], voters: 3) == .unknown)
        #expect(verdict([mine], [[theirs], []], voters: 3) == .disputed(SerialNumber(7)))
        #expect(verdict([mine], [[theirs]], voters: 2) == .disputed(SerialNumber(7)))
        #expect(
            verdict([mine], [[theirs], [theirs], [], []], voters: 5)
                == .disputed(SerialNumber(7)))
        #expect(
            verdict([mine], [[theirs], [digest(7, other)]], voters: 3)
                == .disputed(SerialNumber(7)))
        // Those that do not vote count neither for nor against.
        #expect(
            verdict([mine], [[theirs], [theirs], []], voters: 3, learners: 1)
                == .disputed(SerialNumber(7)))
        #expect(verdict([mine], [[mine], [mine], []], voters: 3, learners: 2) == .unknown)
        #expect(
            verdict([mine], [[theirs], [theirs]], voters: 3, isVoter: false)
                == .outvoted(SerialNumber(7)))
    }

    /// Another serial is another zone; of several that both know the latest counts.
    @Test func onlyEqualSerialsCompare() {
        let apart = [[digest(7, right)], [digest(9, right)]]
        #expect(verdict([digest(8, wrong)], apart, voters: 3) == .unknown)
        let own = [digest(8, wrong), digest(7, right)]
        let behind = [digest(7, right), digest(6, right)]
        #expect(verdict(own, [behind, behind], voters: 3) == .confirmed)
        let level = [digest(8, right), digest(7, right)]
        #expect(verdict(own, [level, level], voters: 3) == .outvoted(SerialNumber(8)))
        // That all was well before says nothing about now.
        #expect(verdict(own, [level, []], voters: 3) == .disputed(SerialNumber(8)))
        #expect(verdict(own, [level, behind], voters: 3) == .disputed(SerialNumber(8)))
        // At the latest nobody says anything, and before that all was well, and before that not.
        let healed = [digest(9, right), digest(8, right), digest(7, wrong)]
        #expect(verdict(healed, [level, level], voters: 3) == .confirmed)
    }

    @Test func aHistoryForgetsTheOldest() throws {
        let apex = try #require(DomainName("example.com"))
        var history = DigestHistory()
        #expect(history.latest(of: apex).isEmpty)
        for serial in 1...UInt32(DigestHistory.serialLimit + 2) {
            history.note(apex, digest(serial, wrong))
            history.note(apex, digest(serial, right))
        }
        #expect(history.latest(of: apex).count == DigestHistory.serialLimit)
        #expect(history.latest(of: apex).last == digest(3, right))
        let questions = history.questions
        #expect(questions.count == 1 && questions[0].count == 1)
        #expect(questions[0][0].serials.count == DigestQuestion.serialLimit)
        let answer = try #require(history.answer(questions[0]).first)
        #expect(answer.sums.count == DigestQuestion.serialLimit)
        #expect(answer.sums.values.allSatisfy { $0 == right })
        #expect(history.answer([DigestQuestion(zone: "not..a.name", serials: [1])]).isEmpty)
        history.note(apex, nil)
        #expect(history.zones.isEmpty)
        #expect(history.answer(questions[0]).first?.digests.isEmpty == true)
    }

    @Test func questionsComeInPortions() throws {
        var history = DigestHistory()
        for number in 0..<1_200 {
            let apex = try #require(DomainName("z\(number).example.com"))
            history.note(apex, digest(1, right))
        }
        #expect(history.questions.map(\.count) == [500, 500, 200])
        let question = PeerQuestion.digests(history.questions[2])
        #expect(PeerQuestion(question.octets) == question)
    }

    @Test(arguments: ["", "+0000000000000000000000000000001", "g0000000000000000000000000000000"])
    func whatCannotBeReadIsNotThere(_ sum: String) {
        let answer = DigestAnswer(zone: "a.", digests: [.init(serial: 1, sum: sum)])
        #expect(answer.sums.isEmpty)
    }
}
