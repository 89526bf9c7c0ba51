import Consensus
import ClusterState

extension StateKeeper {
    /// Waits until everything is applied here that was agreed on before the call (Raft's
    /// ReadIndex).
    package func catchUp() async throws(StateKeeperError) {
        guard let log, !isStopped else { throw .stopped }
        guard readers.count < Self.maximumReaders else { throw .busy }
        let index: UInt64
        do { index = try await log.readIndex() } catch { throw .unreachable(error) }
        guard state.index < index else { return }
        guard !isStopped else { throw .stopped }
        let isThere = await withCheckedContinuation { readers.append((index, $0)) }
        guard isThere else { throw .stopped }
    }

    /// The term, if this node leads it and a majority says so still; `nil` otherwise.
    ///
    /// - `settling`: how long a leader before may have gone on without knowing of us. As long is
    ///   waited first, but where nobody else ever led.
    package func confirmedTerm(settling: Duration = .zero) async -> UInt64? {
        guard let log, log.lead.isOurs else { return nil }
        let lead = log.lead
        if !lead.isAlone {
            do { try await Task.sleep(until: lead.since + settling) } catch { return nil }
        }
        do { _ = try await log.readIndex() } catch { return nil }
        return log.lead.isOurs && log.lead.term == lead.term ? lead.term : nil
    }

    /// Who leads, as this node knows.
    package var lead: Lead { log?.lead ?? Lead() }
}
