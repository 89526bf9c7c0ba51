/// What the engine wants stored and sent.
struct EngineReady {
    /// A leader of the term that is on the disk: it may send while it writes.
    let sendsFirst: Bool
    let mustSync: Bool
    let state: HardState?
    /// To be installed before anything else.
    let snapshot: SnapshotDescriptor?
    let entries: [LogEntry]
    let messages: [OutgoingMessage]
    let reads: [ReadAnswer]
    let leader: ReplicaID?
    let role: ReplicaStatus.Role
    let term: UInt64

    init(_ reader: inout OctetReader) throws(OctetReader.Ended) {
        sendsFirst = try reader.flag()
        mustSync = try reader.flag()
        state = try reader.flag() ? try reader.hardState() : nil
        let data = try reader.blob()
        snapshot = SnapshotDescriptor(data)
        if !data.isEmpty, snapshot == nil { throw OctetReader.Ended() }
        entries = try reader.entries()
        messages = try Self.messages(&reader)
        reads = try Self.reads(&reader)
        leader = try reader.id()
        role = try ReplicaStatus.Role(&reader)
        term = try reader.u64()
    }

    private static func messages(
        _ reader: inout OctetReader
    ) throws(OctetReader.Ended) -> [OutgoingMessage] {
        var messages: [OutgoingMessage] = []
        for _ in 0..<(try reader.count(ofAtLeast: 13)) {
            let receiver = try reader.id()
            let kind = try reader.u8()
            let octets = try reader.blob()
            switch kind {
            case 2:
                let descriptor = SnapshotDescriptor(try reader.blob())
                guard let receiver, let descriptor else { throw OctetReader.Ended() }
                messages.append(
                    .init(receiver: receiver, octets: octets, kind: .snapshot(descriptor)))
            default:
                guard let receiver else { throw OctetReader.Ended() }
                messages.append(
                    .init(
                        receiver: receiver, octets: octets,
                        kind: kind == 1 ? .heartbeat : .ordinary))
            }
        }
        return messages
    }

    private static func reads(
        _ reader: inout OctetReader
    ) throws(OctetReader.Ended) -> [ReadAnswer] {
        let numbers = try reader.numbers()
        return stride(from: 0, to: numbers.count - 1, by: 2).map {
            ReadAnswer(context: numbers[$0], index: numbers[$0 + 1])
        }
    }
}

/// A line of the engine's own log.
struct EngineLine {
    let level: EngineLogLevel
    let replica: ReplicaID?
    let text: String

    static func list(_ reader: inout OctetReader) throws(OctetReader.Ended) -> [EngineLine] {
        var lines: [EngineLine] = []
        let lost = try reader.u64()
        for _ in 0..<(try reader.count(ofAtLeast: 13)) {
            let level = EngineLogLevel(rawValue: try reader.u8()) ?? .error
            let replica = try reader.id()
            let text = String(decoding: try reader.blob(), as: UTF8.self)
            lines.append(EngineLine(level: level, replica: replica, text: text))
        }
        if lost > 0 {
            lines.append(
                EngineLine(level: .warning, replica: nil, text: "\(lost) lines were lost"))
        }
        return lines
    }
}

extension ReplicaStatus.Role {
    init(_ reader: inout OctetReader) throws(OctetReader.Ended) {
        guard let role = ReplicaStatus.Role(rawValue: try reader.u8()) else {
            throw OctetReader.Ended()
        }
        self = role
    }
}

extension ReplicaStatus {
    init(_ id: ReplicaID, _ reader: inout OctetReader) throws(OctetReader.Ended) {
        self.id = id
        term = try reader.u64()
        role = try Role(&reader)
        leader = try reader.id()
        successor = try reader.id()
        commit = try reader.u64()
        applied = try reader.u64()
        first = try reader.u64()
        last = try reader.u64()
        configuration = try reader.configuration()
        var progress: [ReplicaID: Progress] = [:]
        for _ in 0..<(try reader.count(ofAtLeast: 18)) {
            guard let peer = try reader.id() else { throw OctetReader.Ended() }
            progress[peer] = Progress(
                match: try reader.u64(), isRecentlyActive: try reader.flag(),
                isSnapshotting: try reader.flag())
        }
        self.progress = progress
    }
}

extension CommittedEntry {
    static func list(_ reader: inout OctetReader) throws(OctetReader.Ended) -> [CommittedEntry] {
        let count = try reader.count(ofAtLeast: 21)
        var entries: [CommittedEntry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let index = try reader.u64()
            let term = try reader.u64()
            entries.append(.init(index: index, term: term, content: try Content(&reader)))
        }
        return entries
    }
}

extension CommittedEntry.Content {
    fileprivate init(_ reader: inout OctetReader) throws(OctetReader.Ended) {
        guard try reader.flag() else {
            let octets = try reader.blob()
            self = octets.isEmpty ? .empty : .command(octets)
            return
        }
        let kind = try reader.u8()
        guard let replica = try reader.id() else { throw OctetReader.Ended() }
        let change: ConfigurationChange =
            switch kind {
            case 0: .addVoter(replica)
            case 1: .addLearner(replica)
            default: .remove(replica)
            }
        let context = try reader.blob()
        let tookEffect = try reader.flag()
        self = .configuration(
            change: change, context: context, now: try reader.configuration(),
            tookEffect: tookEffect)
    }
}
