/// One replica of the log: etcd's raft over a `ReplicaLog`. No clock, no thread and no I/O but that
/// of its log, so that the simulation runs the very same as production. One thread at a time.
///
///     step, tick, propose ... -> process -> [log] -> messages, committed entries
package final class Replica<Log: ReplicaLog> {
    private let engine: Engine
    private let settings: ReplicaSettings
    private let log: Log
    private let logger: (EngineLogLevel, String) -> Void
    private var lead: Lead
    /// A leader may change the configuration once it has committed an entry of its term, and one
    /// change at a time. The engine makes an empty entry of a change that comes too early.
    private var settledTerm: UInt64 = 0
    private var isChanging = false
    /// A replica that joined after the last snapshot needs one that knows it: the engine of the
    /// receiver throws any other away, and without new entries none would ever be taken. Whoever
    /// takes snapshots takes one as soon as everything committed is applied.
    package private(set) var wantsSnapshot = false
    /// What was found in the log.
    package let restored: LogContents

    private struct Lead: Equatable {
        var role = ReplicaStatus.Role.follower
        var leader: ReplicaID?
        var term: UInt64 = 0
    }

    /// Reads the log. `bootstrap` are the voters of a new cluster, the same on each of them; it
    /// counts only if the log is empty. Without, an empty log waits for a leader that knows it.
    package init(
        settings: ReplicaSettings, log: Log, bootstrap: [FirstMember] = [],
        logger: @escaping (EngineLogLevel, String) -> Void
    ) throws(ConsensusError) {
        let contents = try log.load()
        self.settings = settings
        self.log = log
        self.logger = logger
        restored = contents
        lead = Lead(term: contents.hardState?.term ?? 0)
        engine = try Engine(
            settings: settings, bootstrap: contents.isEmpty ? bootstrap : [], contents: contents)
        drainLines()
    }

    /// Time goes on.
    package func tick() throws(ConsensusError) { try engine.tick() }

    /// A message came in. `sender` is whose certificate it came with: a message that says to be
    /// from somebody else is refused. A snapshot's message has to come by `stepSnapshot`.
    package func step(_ message: [UInt8], from sender: ReplicaID) throws(ConsensusError) {
        try step(message, from: sender, isSnapshot: false)
    }

    /// A snapshot's message came in, and its file is complete and on the disk.
    package func stepSnapshot(_ message: [UInt8], from sender: ReplicaID) throws(ConsensusError) {
        try step(message, from: sender, isSnapshot: true)
    }

    private func step(
        _ message: [UInt8], from sender: ReplicaID, isSnapshot: Bool
    ) throws(ConsensusError) {
        switch try engine.step(message, from: sender, isSnapshot: isSnapshot) {
        case .done, .dropped:
            return
        case .malformed:
            throw .messageRefused(from: sender, reason: "not a message")
        case .refused:
            throw .messageRefused(from: sender, reason: "not one that this replica may send")
        }
    }

    /// Proposes a command, which must not be empty. A follower sends it to the leader.
    package func propose(_ command: [UInt8]) throws(ConsensusError) -> ProposalOutcome {
        try propose([command])
    }

    /// Proposes several commands in one message. All are accepted or none.
    package func propose(_ commands: [[UInt8]]) throws(ConsensusError) -> ProposalOutcome {
        precondition(!commands.contains { $0.isEmpty }, "an empty command")
        guard !commands.isEmpty else { return .accepted }
        let total = commands.reduce(0) { $0 + $1.count + 16 }
        let isTooLarge =
            commands.contains { $0.count > settings.maximumEntryOctets }
            || (commands.count > 1 && total > Int(settings.maximumMessageOctets))
        guard !isTooLarge else { return .tooLarge }
        guard case .done = try engine.propose(commands) else {
            return try engine.status().role == .leader ? .overloaded : .noLeader
        }
        return .accepted
    }

    /// Proposes a change of the configuration; only on the leader. `context` travels with it.
    package func propose(
        _ change: ConfigurationChange, context: [UInt8]
    ) throws(ConsensusError) -> ChangeOutcome {
        guard lead.role == .leader else { return .notLeader }
        guard settledTerm == lead.term, !isChanging else { return .busy }
        switch try engine.propose(change, context: context) {
        case .done:
            isChanging = true
            return .accepted
        case .dropped: return .busy
        case .refused, .malformed: return .impossible
        }
    }

    /// Asks how far has to be applied to read what is committed now. An answer may never come: ask
    /// again, with a context that was not used before.
    package func readIndex(context: UInt64) throws(ConsensusError) {
        try engine.readIndex(context: context)
    }

    /// On the leader: hands the lead to another voter; it takes up to an election time-out, and
    /// proposals are refused meanwhile. Elsewhere: nothing.
    package func transferLeadership(to successor: ReplicaID) throws(ConsensusError) {
        guard lead.role == .leader else { return }
        try engine.transferLeadership(to: successor)
    }

    /// Stands for election now.
    package func campaign() throws(ConsensusError) { try engine.campaign() }

    /// Messages to this one are lost.
    package func reportUnreachable(_ peer: ReplicaID) throws(ConsensusError) {
        try engine.reportUnreachable(peer)
    }

    /// A snapshot has arrived there, or will not. Until then the leader sends it nothing else.
    package func reportSnapshot(
        _ peer: ReplicaID, isDelivered: Bool
    ) throws(ConsensusError) {
        try engine.reportSnapshot(peer, isDelivered: isDelivered)
    }

    /// A snapshot of what was applied is on the disk: notes it in the log and forgets entries
    /// before it, but so many and of those at most so many octets, for replicas that lag behind.
    package func compact(
        _ snapshot: SnapshotDescriptor, keepingEntries: UInt64, keepingOctets: UInt64
    ) throws(ConsensusError) {
        try log.noteSnapshot(snapshot)
        wantsSnapshot = false
        try engine.compact(
            snapshot, keepingEntries: keepingEntries, keepingOctets: keepingOctets)
    }

    /// One round: stores and sends what is due and gives what came of it; `nil` if nothing was
    /// due. To be called until then. Messages are sent after what they promise is stored, but on
    /// a leader whose term is stored: that sends its entries while it writes them, since it learns
    /// of an answer only in a later round.
    package func process(
        send: ([OutgoingMessage]) -> Void
    ) throws(ConsensusError) -> Progress? {
        defer { drainLines() }
        guard let ready = try engine.ready() else { return nil }
        let messages = ready.messages.filter { !isUseless($0) }
        if ready.sendsFirst, !messages.isEmpty { send(messages) }
        if let snapshot = ready.snapshot { try log.noteSnapshot(snapshot) }
        if !ready.entries.isEmpty || ready.state != nil {
            // A log reads no snapshot ahead of its commit index, so that losing the one that comes
            // with a snapshot would lose the snapshot (etcd issue 10219).
            try log.append(
                ready.entries, state: ready.state,
                mustSync: ready.mustSync || ready.snapshot != nil)
        }
        let committed = try engine.persisted()
        if !ready.sendsFirst, !messages.isEmpty { send(messages) }
        for message in ready.messages where isUseless(message) {
            wantsSnapshot = true
            try engine.reportSnapshot(message.receiver, isDelivered: false)
        }
        let now = Lead(role: ready.role, leader: ready.leader, term: ready.term)
        let changesLead = now != lead
        lead = now
        let changesConfiguration = note(committed) || ready.snapshot != nil
        return Progress(
            snapshot: ready.snapshot, committed: committed, reads: ready.reads,
            changesLead: changesLead, changesConfiguration: changesConfiguration)
    }

    /// A snapshot that does not know its receiver.
    private func isUseless(_ message: OutgoingMessage) -> Bool {
        guard case .snapshot(let descriptor) = message.kind else { return false }
        return !descriptor.configuration.members.contains(message.receiver)
    }

    /// Whether the configuration changed.
    private func note(_ committed: [CommittedEntry]) -> Bool {
        var isChanged = false
        for entry in committed {
            if entry.term == lead.term { settledTerm = entry.term }
            if case .configuration = entry.content {
                isChanged = true
                isChanging = false
            }
        }
        if lead.role != .leader { isChanging = false }
        return isChanged
    }

    /// As it sees itself now.
    package func status() throws(ConsensusError) -> ReplicaStatus { try engine.status() }

    private func drainLines() {
        for line in Engine.takeLines() { logger(line.level, line.text) }
    }
}
