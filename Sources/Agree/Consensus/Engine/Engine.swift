import CEtcdRaft
import Glibc

/// etcd's raft, version 3.4 or 3.5: one replica of it. It has no clock, no thread and no file.
/// Not safe to use from several threads at a time; independent of other engines.
struct Engine: ~Copyable {
    private let handle: UInt64
    private let id: ReplicaID

    /// What the engine answers to a call that may be refused.
    enum Answer {
        case done, dropped, refused, malformed
    }

    init(
        settings: ReplicaSettings, bootstrap: [FirstMember], contents: LogContents
    ) throws(ConsensusError) {
        var start = OctetWriter()
        start.put(settings.id.number)
        start.put(settings.electionTicks)
        start.put(settings.heartbeatTicks)
        start.put(settings.maximumMessagesInFlight)
        start.put(settings.maximumMessageOctets)
        start.put(settings.maximumCommittedOctets)
        start.put(settings.maximumUncommittedOctets)
        start.put(settings.electionSeed != nil)
        if let seed = settings.electionSeed { start.put(seed) }
        start.put(UInt32(bootstrap.count))
        for member in bootstrap {
            start.put(member.id.number)
            start.put(member.context)
        }
        start.put(contents.snapshot != nil)
        if let snapshot = contents.snapshot { start.put(snapshot) }
        start.put(contents.hardState != nil)
        if let state = contents.hardState { start.put(state) }
        start.put(contents.entries)
        var opened: UInt64 = 0
        let (code, text) = taking { out, count in
            pipam_raft_open(start.octets, Int64(start.octets.count), &opened, out, count)
        }
        guard code == 0 else { throw .engineFailed(reason: String(decoding: text, as: UTF8.self)) }
        handle = opened
        id = settings.id
    }

    deinit { pipam_raft_close(handle) }

    /// 34 or 35: etcd 3.4 or 3.5.
    static var version: Int { Int(pipam_raft_engine()) }

    func tick() throws(ConsensusError) { _ = try checked(pipam_raft_tick(handle)) }

    func campaign() throws(ConsensusError) { _ = try checked(pipam_raft_campaign(handle)) }

    func step(
        _ message: [UInt8], from sender: ReplicaID, isSnapshot: Bool
    ) throws(ConsensusError) -> Answer {
        try checked(
            pipam_raft_step(
                handle, sender.number, isSnapshot ? 1 : 0, message, Int64(message.count)))
    }

    func propose(_ batch: [[UInt8]]) throws(ConsensusError) -> Answer {
        var writer = OctetWriter()
        writer.put(UInt32(batch.count))
        for proposal in batch { writer.put(proposal) }
        return try checked(pipam_raft_propose(handle, writer.octets, Int64(writer.octets.count)))
    }

    func propose(
        _ change: ConfigurationChange, context: [UInt8]
    ) throws(ConsensusError) -> Answer {
        let kind: Int32 =
            switch change {
            case .addVoter: 0
            case .addLearner: 1
            case .remove: 2
            }
        return try checked(
            pipam_raft_propose_change(
                handle, kind, change.replica.number, context, Int64(context.count)))
    }

    func readIndex(context: UInt64) throws(ConsensusError) {
        _ = try checked(pipam_raft_read_index(handle, context))
    }

    func transferLeadership(to successor: ReplicaID) throws(ConsensusError) {
        _ = try checked(pipam_raft_transfer(handle, successor.number))
    }

    func reportUnreachable(_ peer: ReplicaID) throws(ConsensusError) {
        _ = try checked(pipam_raft_unreachable(handle, peer.number))
    }

    func reportSnapshot(_ peer: ReplicaID, isDelivered: Bool) throws(ConsensusError) {
        _ = try checked(pipam_raft_snapshot_report(handle, peer.number, isDelivered ? 1 : 0))
    }

    /// What has to be stored and sent, if anything. `persisted` has to follow.
    func ready() throws(ConsensusError) -> EngineReady? {
        let (code, octets) = taking { pipam_raft_ready(handle, $0, $1) }
        guard code != PIPAM_RAFT_DONE.code else { return nil }
        guard code == PIPAM_RAFT_MORE.code else { throw failure() }
        return try decoded(octets, EngineReady.init)
    }

    /// Gives the committed entries after what was ready has been stored.
    func persisted() throws(ConsensusError) -> [CommittedEntry] {
        let (code, octets) = taking { pipam_raft_persisted(handle, $0, $1) }
        guard code == PIPAM_RAFT_DONE.code else { throw failure() }
        return try decoded(octets, CommittedEntry.list)
    }

    func compact(
        _ snapshot: SnapshotDescriptor, keepingEntries: UInt64, keepingOctets: UInt64
    ) throws(ConsensusError) {
        var writer = OctetWriter()
        writer.put(snapshot)
        _ = try checked(
            pipam_raft_compact(
                handle, writer.octets, Int64(writer.octets.count), keepingEntries,
                keepingOctets))
    }

    func status() throws(ConsensusError) -> ReplicaStatus {
        let (code, octets) = taking { pipam_raft_status(handle, $0, $1) }
        guard code == PIPAM_RAFT_DONE.code else { throw failure() }
        return try decoded(octets) {
            [id] (reader: inout OctetReader) throws(OctetReader.Ended) in
            try ReplicaStatus(id, &reader)
        }
    }

    /// Lines that engines and logs in this process left since the last call.
    static func takeLines() -> [EngineLine] {
        let (code, octets) = taking { pipam_raft_take_lines($0, $1) }
        guard code == PIPAM_RAFT_MORE.code else { return [] }
        return (try? decoded(octets, EngineLine.list)) ?? []
    }

    private func checked(_ code: Int32) throws(ConsensusError) -> Answer {
        switch code {
        case PIPAM_RAFT_DONE.code: return .done
        case PIPAM_RAFT_DROPPED.code: return .dropped
        case PIPAM_RAFT_REFUSED.code: return .refused
        case PIPAM_RAFT_MALFORMED.code: return .malformed
        default: throw failure()
        }
    }

    private func failure() -> ConsensusError {
        let (_, text) = taking { pipam_raft_failure(handle, $0, $1) }
        return .engineFailed(reason: String(decoding: text, as: UTF8.self))
    }
}
