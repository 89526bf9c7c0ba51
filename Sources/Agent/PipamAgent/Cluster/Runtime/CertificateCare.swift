import ClusterState
import Consensus
import Logging

/// Has certificates renewed in time, on hosts that root does not do it for: from the authority that
/// this host holds, else from a member that does. A full member that does not hold the authority
/// yet has it handed over, so that any host may be lost.
struct CertificateCare: Sendable {
    /// Between two looks.
    static let interval = Duration.seconds(3_600)
    /// The same as long as something is missing that another member could give.
    static let shortInterval = Duration.seconds(10)

    private let runtime: ClusterRuntime

    init(_ runtime: ClusterRuntime) {
        self.runtime = runtime
    }

    /// Does what is due. What fails is told and tried again next time, which is in so long.
    func perform() async -> Duration {
        let isComplete = await care()
        return isComplete ? Self.interval : Self.shortInterval
    }

    /// `false` if something is missing still.
    private func care() async -> Bool {
        let configuration = runtime.configuration
        // Where hosts share a directory, root does it.
        guard ClusterPlace.configured(configuration.cluster.directory) == nil else { return true }
        do {
            let now = Int64(WallClock.nowSeconds())
            if let report = try await Enrolment.ensure(configuration, nowSeconds: now) {
                for line in report.done { runtime.logger.notice("certificates: \(line)") }
                return true
            }
            let enrolment = try TokenEnrolment(dataDirectory: configuration.dataDirectory)
            if let pending = try enrolment.beginRenewal(nowSeconds: now) {
                guard let answer = await askMembers(pending.question) else { return false }
                _ = try enrolment.finish(pending, answer: answer, nowSeconds: now)
            }
            return try await fetchAuthority(enrolment)
        } catch {
            runtime.logger.warning("certificates: \(error), retrying in an hour")
            return true
        }
    }

    /// `false` if nobody gave it.
    private func fetchAuthority(_ enrolment: TokenEnrolment) async throws -> Bool {
        guard runtime.configuration.cluster.role == .full else { return true }
        let data = try DataDirectory.open(runtime.configuration.dataDirectory)
        guard try data.subdirectory(ClusterPlace.ownFolder) == nil else { return true }
        guard let answer = await askMembers(EnrolmentQuestion.authority.octets) else {
            return false
        }
        try enrolment.takeAuthority(answer)
        return true
    }

    /// The first answer that is none of refusal.
    private func askMembers(_ question: [UInt8]) async -> [UInt8]? {
        let own = runtime.identity.node
        let others = await runtime.keeper.read { state in
            state.memberList.filter { $0.node != own && $0.kind == .full }
                .compactMap { ReplicaID($0.replica) }
        }
        let octets = PeerQuestion.enrolment(question).octets
        for replica in others {
            // Whoever does not answer is passed over.
            guard let answer = try? await runtime.ask(replica, octets, within: .seconds(10)) else {
                continue
            }
            if case .refused = EnrolmentAnswer(octets: answer) { continue }
            return answer
        }
        return nil
    }
}
