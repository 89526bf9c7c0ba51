import Consensus
import Synchronization

/// The replica of this node, for whoever hands it commands: there before the log is open, since a
/// node may have to wait for its cluster.
final class LogHandle: CommandLog, ReplicaControl {
    private let host = Mutex<ReplicaHost?>(nil)
    private let last = Mutex(Lead())

    /// No log yet.
    init() {}

    /// From now on, there is one.
    func attach(_ new: ReplicaHost) { host.withLock { $0 = new } }

    private var current: ReplicaHost? { host.withLock { $0 } }

    private static let missing = ConsensusError.noAnswer(
        reason: "this host has not joined its cluster yet")

    // MARK: CommandLog

    func propose(_ octets: [UInt8]) async {
        // What is not accepted is proposed again.
        _ = await current?.propose(octets)
    }

    func readIndex() async throws(ConsensusError) -> UInt64 {
        guard let current else { throw Self.missing }
        return try await current.readIndex()
    }

    var lead: Lead {
        guard let status = current?.status else { return Lead() }
        return last.withLock { last in
            var now = Lead(status)
            now.since = last.since
            if now != last {
                now.since = .now
                last = now
            }
            return last
        }
    }

    // MARK: ReplicaControl

    func status() async throws(ConsensusError) -> ReplicaStatus {
        guard let status = await current?.currentStatus() else { throw Self.missing }
        return status
    }

    func propose(_ change: ConfigurationChange, context: [UInt8]) async -> ChangeOutcome {
        await current?.change(change, context: context) ?? .notLeader
    }

    func transferLeadership(to successor: ReplicaID) { current?.transfer(to: successor) }
}

extension Lead {
    fileprivate init(_ status: ReplicaStatus) {
        self.init(
            term: status.term, leader: status.leader, isOurs: status.role == .leader,
            isAlone: status.configuration.voters == [status.id])
    }
}
