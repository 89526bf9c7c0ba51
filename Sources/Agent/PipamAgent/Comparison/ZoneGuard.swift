import ClusterState
import Inventory
import Logging
import ServiceLifecycle
import Zones

/// Sees to it that secondaries get the same zone from every node: asks the other members what they
/// have of each zone at the same serial. Where most voters have something else than this node,
/// nothing of the zone goes to secondaries from here until it is the same again. Questions are
/// answered all the same: something is better than nothing to whoever asks here.
///
///                        most voters have something else
///        given out  ──────────────────────────────────────> withheld
///             <──────────────────────────────────────────
///                  most voters have the same (too few answers change nothing)
struct ZoneGuard: Service {
    /// How often it asks.
    private static let interval = Duration.seconds(15)

    let keeper: StateKeeper
    /// Who this node is.
    let node: NodeID
    /// Asks a member; `nil` if it does not answer.
    let ask: @Sendable (Member, [UInt8]) async -> [UInt8]?
    /// Has the name server keep these zones from secondaries, and no others.
    let withhold: @Sendable (Set<DomainName>) -> Void
    let board: ComparisonBoard
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await compare()
                // Cancelled at the end, which the loop sees.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Asks everybody once, and draws the conclusions.
    func compare() async {
        let members = await keeper.read { $0.memberList }.filter { $0.successor == nil }
        guard let own = members.first(where: { $0.node == node }) else { return }
        let digests = await keeper.digests
        let answers = await answers(of: members.filter { $0.node != node }, to: digests)
        let before = board.current
        var standings: [DomainName: ComparisonBoard.Standing] = [:]
        var confirmed = 0
        for apex in digests.zones {
            let jury = ZoneJury(
                own: Array(digests.latest(of: apex).prefix(DigestQuestion.serialLimit)),
                isVoter: own.isVoter, voters: members.count(where: \.isVoter),
                voices: answers.map { member, answer in
                    ZoneJury.Voice(
                        node: member.node, isVoter: member.isVoter, sums: answer[apex] ?? [:])
                })
            let standing = standing(after: before[apex] ?? .init(), jury, members)
            if !standing.isWell { standings[apex] = standing }
            if jury.verdict == .confirmed { confirmed += 1 }
        }
        board.replace(with: standings, confirmed: confirmed)
        withhold(board.withheld)
        for apex in Set(before.keys).union(standings.keys).sorted() {
            tell(apex, from: before[apex] ?? .init(), to: standings[apex] ?? .init())
        }
    }

    private func answers(
        of members: [Member], to digests: DigestHistory
    ) async -> [(Member, [DomainName: [SerialNumber: Digest128]])] {
        let questions = digests.questions.map { PeerQuestion.digests($0).octets }
        let ask = ask
        return await withTaskGroup(of: (Member, [DigestAnswer]).self) { group in
            for member in members {
                group.addTask {
                    var answers: [DigestAnswer] = []
                    for question in questions {
                        guard let octets = await ask(member, question),
                            let part = PeerJSON.decode([DigestAnswer].self, octets)
                        else { break }
                        answers += part
                    }
                    return (member, answers)
                }
            }
            return await group.reduce(into: []) { all, next in
                let byZone = next.1.compactMap { answer in
                    DomainName(answer.zone).map { ($0, answer.sums) }
                }
                all.append((next.0, Dictionary(byZone, uniquingKeysWith: { $1 })))
            }
        }
    }

    private func standing(
        after former: ComparisonBoard.Standing, _ jury: ZoneJury, _ members: [Member]
    ) -> ComparisonBoard.Standing {
        var standing = former
        standing.disputedSerial = nil
        switch jury.verdict {
        case .confirmed:
            standing.withheldSerial = nil
            let nodes = Set(jury.strangers)
            standing.strangers = members.filter { nodes.contains($0.node) }.map(\.name)
        case .outvoted(let serial):
            standing.withheldSerial = serial
            standing.strangers = []
        case .disputed(let serial): standing.disputedSerial = serial
        // Silence is neither a difference nor the end of one.
        case .unknown: standing.disputedSerial = former.disputedSerial
        }
        return standing
    }

    private func tell(
        _ apex: DomainName, from former: ComparisonBoard.Standing,
        to present: ComparisonBoard.Standing
    ) {
        var metadata: Logger.Metadata = ["zone": "\(apex)"]
        if let serial = present.withheldSerial, former.withheldSerial == nil {
            metadata["serial"] = "\(serial.number)"
            logger.error(
                """
                a zone is not what most voters have at the same serial; secondaries get nothing of \
                it from this host until it is
                """, metadata: metadata)
        } else if former.withheldSerial != nil, present.withheldSerial == nil {
            logger.notice("a zone is as most voters have it again", metadata: metadata)
        }
        if let serial = present.disputedSerial, former.disputedSerial == nil {
            metadata["serial"] = "\(serial.number)"
            logger.error(
                "hosts have different zones at one serial, and no majority says what is right",
                metadata: metadata)
        }
        let news = present.strangers.filter { !former.strangers.contains($0) }
        for name in news {
            metadata["host"] = "\(name)"
            logger.warning("a host has another zone than most voters", metadata: metadata)
        }
    }
}
