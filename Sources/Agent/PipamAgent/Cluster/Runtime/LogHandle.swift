import Consensus
import Synchronization

/// The replica of this node, for whoever hands it commands: there before the log is open, since a
/// node may have to wait for its cluster.
final class LogHandle: CommandLog, ReplicaControl {
    private let host = Mutex<ReplicaHost?>(nil)

    /// No log yet.
    init() {}

    /// From now on, there is one.
    func attach(_ new: ReplicaHost) { host.withLock { $0 = new } }

    private func current() throws(ConsensusError) -> ReplicaHost {
        guard let host = host.withLock({ $0 }) else {
            throw .noAnswer(reason: "this host has not joined its cluster yet")
        }
        return host
    }

    // MARK: CommandLog

    func propose(_ octets: [UInt8]) {
        host.withLock { $0 }?.submit(octets)
    }

    func readIndex() async throws(ConsensusError) -> UInt64 {
        try await current().readIndex()
    }

    var lead: Lead { host.withLock { $0 }.map { Lead($0.lead) } ?? Lead() }

    // MARK: ReplicaControl

    func status() async throws(ConsensusError) -> ReplicaStatus { try await current().status() }

    func propose(
        _ change: ConfigurationChange, context: [UInt8]
    ) async throws(ConsensusError) -> ChangeOutcome {
        try await current().propose(change, context: context)
    }

    func transferLeadership(to successor: ReplicaID) async throws(ConsensusError) {
        try await current().transferLeadership(to: successor)
    }
}
