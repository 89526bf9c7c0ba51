@testable import Consensus

/// Replicas in one process with a perfect network between them.
final class Cluster {
    var replicas: [ReplicaID: Replica<MemoryLog>] = [:]
    var logs: [ReplicaID: MemoryLog] = [:]
    var applied: [ReplicaID: [CommittedEntry]] = [:]
    var reads: [ReplicaID: [ReadAnswer]] = [:]
    var installed: [ReplicaID: SnapshotDescriptor] = [:]
    /// Messages to and from these are lost.
    var unreachable: Set<ReplicaID> = []
    var lines: [String] = []
    /// Sees each message that is sent.
    var watch: (OutgoingMessage) -> Void = { _ in }
    /// Over all messages, in the order in which they were sent.
    var hash: UInt64 = 14_695_981_039_346_656_037
    private var waiting: [(from: ReplicaID, message: OutgoingMessage)] = []

    static func id(_ number: UInt64) -> ReplicaID {
        guard let id = ReplicaID(number) else { preconditionFailure("zero") }
        return id
    }

    private let seed: UInt64?

    init(voters: Int, seed: UInt64? = nil) throws {
        self.seed = seed
        let members = (1...UInt64(voters)).map { FirstMember(id: Self.id($0), context: [9]) }
        for member in members { try start(member.id, bootstrap: members) }
    }

    func start(_ id: ReplicaID, bootstrap: [FirstMember] = []) throws {
        let log = logs[id] ?? MemoryLog()
        logs[id] = log
        applied[id] = []
        var settings = ReplicaSettings(id: id)
        settings.electionSeed = seed.map { $0 &* 31 &+ id.number }
        replicas[id] = try Replica(
            settings: settings, log: log, bootstrap: bootstrap,
            logger: { [weak self] _, text in self?.lines.append(text) })
    }

    var ids: [ReplicaID] { replicas.keys.sorted() }

    /// Ticks until somebody leads and everybody knows.
    func elect() throws -> ReplicaID {
        for _ in 0..<200 {
            for id in ids { try replicas[id]?.tick() }
            try settle()
            let reachable = try ids.filter { !unreachable.contains($0) }.compactMap {
                try replicas[$0]?.status()
            }
            if let leader = reachable.first(where: { $0.role == .leader }),
                reachable.allSatisfy({ $0.leader == leader.id })
            {
                return leader.id
            }
        }
        throw ConsensusError.noAnswer(reason: "nobody was elected")
    }

    /// Until nothing is due anywhere.
    func settle() throws {
        var isBusy = true
        while isBusy {
            isBusy = false
            for id in ids { while try round(id) { isBusy = true } }
            let messages = waiting
            waiting = []
            for (from, message) in messages {
                isBusy = true
                try deliver(message, from: from)
            }
        }
    }

    func round(_ id: ReplicaID) throws -> Bool {
        let progress = try replicas[id]?.process { messages in
            for message in messages {
                if seed != nil { mix(message.octets) }
                watch(message)
                waiting.append((id, message))
            }
        }
        guard let progress else { return false }
        installed[id] = progress.snapshot ?? installed[id]
        applied[id, default: []] += progress.committed
        reads[id, default: []] += progress.reads
        return true
    }

    private func deliver(_ message: OutgoingMessage, from: ReplicaID) throws {
        guard !unreachable.contains(from), !unreachable.contains(message.receiver) else { return }
        guard let replica = replicas[message.receiver] else { return }
        if case .snapshot = message.kind {
            try replica.stepSnapshot(message.octets, from: from)
            try replicas[from]?.reportSnapshot(message.receiver, isDelivered: true)
        } else {
            try replica.step(message.octets, from: from)
        }
    }

    private func mix(_ octets: [UInt8]) {
        for octet in octets { hash = (hash ^ UInt64(octet)) &* 1_099_511_628_211 }
    }

    func commands(_ id: ReplicaID) -> [[UInt8]] {
        applied[id, default: []].compactMap {
            if case .command(let octets) = $0.content { octets } else { nil }
        }
    }
}
