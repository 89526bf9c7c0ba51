import Foundation
import Testing

@testable import Consensus

@Suite struct WriteAheadLogTests {
    private let scratch: Scratch
    private let entries = (1...5).map {
        LogFixture.entry($0, Array(repeating: UInt8($0), count: 40))
    }

    init() throws { scratch = try Scratch() }

    @Test func givesBackWhatWasWritten() throws {
        try LogFixture.make(in: scratch.path, entries)
        let contents = try LogFixture.load(scratch.path)
        #expect(contents.entries == entries)
        #expect(contents.hardState == HardState(term: 2, vote: LogFixture.replica, commit: 4))
        #expect(contents.snapshot == nil)
    }

    @Test func aNewLogIsEmpty() throws {
        try LogFixture.make(in: scratch.path, [])
        #expect(try LogFixture.load(scratch.path).isEmpty)
    }

    @Test func laterEntriesReplaceEarlierOnes() throws {
        try LogFixture.make(in: scratch.path, entries)
        do {
            let log = try WriteAheadLog(in: scratch.path, identity: LogFixture.identity)
            _ = try log.load()
            try log.append(
                [LogFixture.entry(4, term: 3, [9])],
                state: HardState(term: 3, vote: nil, commit: 3), mustSync: true)
        }
        // A state's commit never goes back; that of the fixture was 4.
        #expect(throws: ConsensusError.self) { try LogFixture.load(scratch.path) }
    }

    @Test func anotherReplicasLogIsRefused() throws {
        try LogFixture.make(in: scratch.path, entries)
        for other in [
            LogIdentity(cluster: "test", replica: Cluster.id(8)),
            LogIdentity(cluster: "other", replica: LogFixture.replica),
        ] {
            let log = try WriteAheadLog(in: scratch.path, identity: other)
            #expect {
                try log.load()
            } throws: {
                guard case .logForeign = $0 as? ConsensusError else { return false }
                return true
            }
        }
    }

    @Test func anOpenLogIsLocked() throws {
        try LogFixture.make(in: scratch.path, entries)
        let log = try WriteAheadLog(in: scratch.path, identity: LogFixture.identity)
        #expect(throws: ConsensusError.logLocked(path: scratch.path)) {
            try WriteAheadLog(in: scratch.path, identity: LogFixture.identity)
        }
        withExtendedLifetime(log) {}
    }

    @Test func aSecondLogIsNotMadeOverTheFirst() throws {
        try LogFixture.make(in: scratch.path, entries)
        #expect(throws: ConsensusError.self) {
            try WriteAheadLog.create(in: scratch.path, identity: LogFixture.identity)
        }
    }

    /// Nobody was promised the last entry: it was written, but the sync did not return. So it is
    /// gone, or there, or the log is refused; nothing else may be read.
    @Test(arguments: [false, true])
    func lastRecordDamagedAtEveryOffset(isMarked: Bool) throws {
        try LogFixture.make(in: scratch.path, Array(entries.dropLast()))
        let mark = try Scratch.octets(scratch.path + "/synced")
        do {
            let log = try WriteAheadLog(in: scratch.path, identity: LogFixture.identity)
            _ = try log.load()
            try log.append([entries[4]], state: nil, mustSync: true)
        }
        let whole = try Scratch.octets(scratch.path + "/synced")
        let segment = try #require(try Scratch.segments(scratch.path).first)
        let octets = try Scratch.shortened(segment)
        let frames = LogFixture.frames(octets)
        let (start, end) = (frames[frames.count - 2], frames[frames.count - 1])
        var outcomes: [String: Int] = [:]
        for offset in start..<end {
            for damage in Damage.allCases {
                try Scratch.write(damage.applied(to: octets, at: offset), to: segment)
                try Scratch.write(isMarked ? whole : mark, to: scratch.path + "/synced")
                let outcome = try outcome(of: damage, at: offset - start)
                // What was synced and marked is never given up silently.
                if isMarked { #expect(outcome != "gone", "\(damage) at \(offset - start)") }
                outcomes[outcome, default: 0] += 1
            }
        }
        #expect(outcomes["refused", default: 0] > 0)
        if !isMarked { #expect(outcomes["gone", default: 0] > 0) }
    }

    private func outcome(of damage: Damage, at offset: Int) throws -> String {
        do {
            let found = try LogFixture.load(scratch.path)
            #expect(found.hardState?.term == 2)
            if found.entries == entries { return "kept" }
            #expect(found.entries == Array(entries.dropLast()), "\(damage) at \(offset)")
            // It goes on from there, and stays whole.
            let log = try WriteAheadLog(in: scratch.path, identity: LogFixture.identity)
            _ = try log.load()
            let other = LogFixture.entry(5, [1])
            try log.append([other], state: nil, mustSync: true)
            return "gone"
        } catch let error as ConsensusError {
            guard case .logDamaged(let reason) = error else { throw error }
            #expect(reason.contains(scratch.path + "/wal/"))
            return "refused"
        }
    }

    @Test func damageInTheMiddleIsRefused() throws {
        // Lengths that are powers of two: one flipped bit makes a length of zero of them, which
        // looks like the end.
        let entries = (1...6).map { LogFixture.entry($0, Array(repeating: 1, count: Int($0) + 39)) }
        try LogFixture.make(in: scratch.path, entries)
        let segment = try #require(try Scratch.segments(scratch.path).first)
        let octets = try Scratch.shortened(segment)
        let mark = try Scratch.octets(scratch.path + "/synced")
        let frames = LogFixture.frames(octets)
        let contents = try LogFixture.load(scratch.path)
        // The first records are the segment's head; each entry has a state behind it.
        for offset in 0..<frames[frames.count - 3] {
            // Each kind at the lengths, where it hides what follows; elsewhere they take turns.
            let isLength = frames.contains { (0..<8).contains(offset - $0) }
            for (number, damage) in Damage.allCases.enumerated()
            where isLength || offset % Damage.allCases.count == number {
                try Scratch.write(damage.applied(to: octets, at: offset), to: segment)
                try Scratch.write(mark, to: scratch.path + "/synced")
                // Padding is not covered by a check sum, and means nothing.
                guard let found = try? LogFixture.load(scratch.path) else { continue }
                #expect(found == contents, "\(damage) at \(offset)")
            }
        }
    }

    @Test func theErrorNamesFileAndRemedy() throws {
        try LogFixture.make(in: scratch.path, entries)
        let segment = try #require(try Scratch.segments(scratch.path).first)
        var octets = try Scratch.octets(segment)
        octets[LogFixture.frames(octets)[5] + 20] ^= 1
        try Scratch.write(octets, to: segment)
        #expect {
            try LogFixture.load(scratch.path)
        } throws: {
            let text = "\($0)"
            return text.contains(segment) && text.contains("join again under a new identity")
                && text.contains("a host that is alone needs a backup")
        }
        #expect(try Scratch.octets(segment) == octets, "a refused log is left as it is")
    }

    @Test func aMissingSegmentIsRefused() throws {
        let large = (1...40).map { LogFixture.entry($0, Array(repeating: 3, count: 1 << 19)) }
        try LogFixture.make(in: scratch.path, large)
        let segments = try Scratch.segments(scratch.path)
        try #require(segments.count >= 3)
        #expect(try LogFixture.load(scratch.path).entries.count == 40)
        for segment in segments {
            try FileManager.default.moveItem(atPath: segment, toPath: segment + ".away")
            #expect(throws: ConsensusError.self, "\(segment)") {
                try LogFixture.load(scratch.path)
            }
            try FileManager.default.moveItem(atPath: segment + ".away", toPath: segment)
        }
        #expect(try LogFixture.load(scratch.path).entries.count == 40)
    }
}

/// Ways in which octets go wrong.
enum Damage: CaseIterable {
    case cut, zeroed, low, middle, high

    func applied(to octets: [UInt8], at offset: Int) -> [UInt8] {
        var damaged = octets
        switch self {
        // Nothing from here on was written.
        case .cut: damaged = Array(octets.prefix(offset))
        case .zeroed:
            damaged.replaceSubrange(
                offset..., with: repeatElement(0, count: octets.count - offset))
        case .low: damaged[offset] ^= 0x01
        case .middle: damaged[offset] ^= 0x08
        case .high: damaged[offset] ^= 0x80
        }
        return damaged
    }
}
