import Logging
import Testing

@testable import Consensus

/// Snapshots that come from a leader, at the moments between which a host may die.
@Suite struct InstalledSnapshotTests {
    private let scratch: Scratch
    private let entries = (1...5).map { LogFixture.entry($0, [UInt8($0)]) }

    init() throws { scratch = try Scratch() }

    private func open() throws -> (log: WriteAheadLog, found: LogContents) {
        let log = try WriteAheadLog(in: scratch.path, identity: LogFixture.identity)
        return (log, try log.load())
    }

    /// The file of a snapshot, complete and on the disk.
    private func keep(
        at index: UInt64, term: UInt64, _ log: WriteAheadLog
    ) throws -> SnapshotDescriptor {
        let writer = try log.snapshots.begin(file: index)
        try writer.write([1, 2, 3])
        let (size, digest) = try writer.finish()
        let descriptor = SnapshotDescriptor(
            index: index, term: term, file: index, sizeOctets: size, sha256: digest,
            configuration: Configuration(voters: [LogFixture.replica]))
        try log.snapshots.keep(writer, as: descriptor)
        return descriptor
    }

    /// It died between the note and the state: nobody heard that it has the snapshot, and what it
    /// had still counts.
    @Test func oneThatWasOnlyNotedDoesNotCount() throws {
        try LogFixture.make(in: scratch.path, entries)
        for index: UInt64 in [100, 110, 120] {
            let (log, found) = try open()
            #expect(found.snapshot == nil)
            #expect(found.entries == entries)
            try log.noteSnapshot(try keep(at: index, term: 5, log))
        }
        #expect(try open().log.snapshots.descriptors().isEmpty)
    }

    /// Another leader may have the very entries, of terms before that of the snapshot.
    @Test func theLogGoesOnBehindOneThatWasOnlyNoted() throws {
        try LogFixture.make(in: scratch.path, entries)
        do {
            let (log, _) = try open()
            try log.noteSnapshot(try keep(at: 100, term: 5, log))
        }
        let mark = try Scratch.octets(scratch.path + "/synced")
        let next = LogFixture.entry(6, term: 3, [6])
        do {
            let (log, _) = try open()
            try log.append(
                [next], state: HardState(term: 6, vote: nil, commit: 5), mustSync: true)
        }
        #expect(try open().found.entries == entries + [next])
        // The file beside the log may be older than the log.
        try Scratch.write(mark, to: scratch.path + "/synced")
        #expect(try open().found.entries == entries + [next])
    }

    /// However often it dies between the two, the snapshot that it goes on with stays.
    @Test func theOneInUseIsKeptUntilAnotherCounts() throws {
        try LogFixture.make(in: scratch.path, entries)
        let used: SnapshotDescriptor
        do {
            let (log, _) = try open()
            used = try keep(at: 3, term: 2, log)
            try log.noteSnapshot(used)
        }
        for index: UInt64 in [100, 110, 120] {
            let (log, found) = try open()
            #expect(found.snapshot == used)
            #expect(found.entries == Array(entries.suffix(2)))
            try log.noteSnapshot(try keep(at: index, term: 5, log))
        }
        let (log, found) = try open()
        #expect(found.snapshot == used)
        #expect(try log.snapshots.descriptors() == [used])
    }

    @Test func oneCountsWithItsState() throws {
        try LogFixture.make(in: scratch.path, entries)
        let descriptor: SnapshotDescriptor
        let next = LogFixture.entry(101, term: 5, [1])
        do {
            let (log, _) = try open()
            descriptor = try keep(at: 100, term: 5, log)
            try log.noteSnapshot(descriptor)
            // The leader's next message may have come in the same round.
            try log.append(
                [next], state: HardState(term: 5, vote: nil, commit: 100), mustSync: true)
        }
        let (_, found) = try open()
        #expect(found.snapshot == descriptor)
        #expect(found.entries == [next])
    }

    /// What was acknowledged is not given up: the file beside the log tells that the end is gone.
    @Test func oneThatCountedAndIsGoneIsMissed() throws {
        try LogFixture.make(in: scratch.path, entries)
        let segment = try #require(try Scratch.segments(scratch.path).first)
        let before = try Scratch.octets(segment)
        do {
            let (log, _) = try open()
            try log.noteSnapshot(try keep(at: 100, term: 5, log))
            try log.append([], state: HardState(term: 5, vote: nil, commit: 100), mustSync: true)
        }
        try Scratch.write(before, to: segment)
        #expect {
            try open()
        } throws: {
            guard case .logDamaged = $0 as? ConsensusError else { return false }
            return true
        }
    }

    // MARK: What a leader announces

    /// A leader's message about a snapshot.
    private func message() throws -> (octets: [UInt8], descriptor: SnapshotDescriptor) {
        let cluster = try Cluster(voters: 1)
        let leader = try cluster.elect()
        let replica = try #require(cluster.replicas[leader])
        let change = ConfigurationChange.addLearner(Cluster.id(2))
        #expect(try replica.propose(change, context: []) == .accepted)
        try cluster.settle()
        let status = try replica.status()
        let writer = try SnapshotStore(directory: scratch.path).begin(file: 1)
        try writer.write([1, 2, 3])
        let (size, digest) = try writer.finish()
        try replica.compact(
            SnapshotDescriptor(
                index: status.applied, term: status.term, file: 1, sizeOctets: size,
                sha256: digest, configuration: status.configuration),
            keepingEntries: 0, keepingOctets: 0)
        try cluster.start(Cluster.id(2))
        var found: (octets: [UInt8], descriptor: SnapshotDescriptor)?
        cluster.watch = { message in
            if case .snapshot(let descriptor) = message.kind {
                found = (message.octets, descriptor)
            }
        }
        for _ in 0..<30 where found == nil {
            for id in cluster.ids { try cluster.replicas[id]?.tick() }
            try cluster.settle()
        }
        return try #require(found)
    }

    @Test func theMessageTellsItsDescriptor() throws {
        let message = try message()
        #expect(SnapshotMessage.descriptor(in: message.octets) == message.descriptor)
        for length in message.octets.indices {
            _ = SnapshotMessage.descriptor(in: Array(message.octets.prefix(length)))
        }
        #expect(SnapshotMessage.descriptor(in: []) == nil)
        #expect(SnapshotMessage.descriptor(in: [0xFF, 0xFF]) == nil)
    }

    /// The engine would install what the message says, and its file would not be there.
    @Test func anotherThanAnnouncedIsRefused() throws {
        let message = try message()
        let store = try SnapshotStore(directory: scratch.path)
        let real = message.descriptor
        for isOther in [true, false] {
            let announced = SnapshotDescriptor(
                index: real.index, term: real.term, file: isOther ? real.file + 1 : real.file,
                sizeOctets: real.sizeOctets, sha256: real.sha256,
                configuration: real.configuration)
            let mailbox = try Mailbox(maximumInputs: 8, maximumOctets: 1 << 20)
            let incoming = try IncomingSnapshot(
                announced, store: store, mailbox: mailbox, isReceiving: Flag())
            try incoming.write([1, 2, 3])
            if isOther {
                #expect {
                    try incoming.finish(message: message.octets, from: Cluster.id(1))
                } throws: {
                    guard case .messageRefused = $0 as? ConsensusError else { return false }
                    return true
                }
            } else {
                try incoming.finish(message: message.octets, from: Cluster.id(1))
            }
        }
    }
}
