import PipamAgent
import Testing

/// The file that keeps the state: whole, ours alone, and clear about what is wrong with its place.
@Suite struct SnapshotFileTests: ~Copyable {
    private let directory: TemporaryDirectory
    private var data: String { "\(directory.path)/state" }

    init() throws { directory = try TemporaryDirectory() }

    /// What an error says; the directory in it is called `data`.
    private func message(
        _ body: () throws(SnapshotFileError) -> Void
    ) -> String {
        do {
            try body()
            return ""
        } catch {
            return error.description.replacing(data, with: "data")
        }
    }

    @Test(arguments: [0, 1, 3 << 20])
    func whatIsSavedIsLoaded(count: Int) throws {
        let octets = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        do {
            let file = try SnapshotFile(directory: data)
            #expect(try file.load() == nil)
            try file.save([1, 2, 3])
            try file.save(octets)
            #expect(try file.load() == octets)
        }
        #expect(try SnapshotFile(directory: data).load() == octets)
        #expect(try directory.mode(of: "state") == 0o700)
        #expect(try directory.mode(of: "state/state.snapshot") == 0o600)
        #expect(try directory.mode(of: "state/lock") == 0o600)
    }

    @Test func whatACrashedWriteLeftIsNeitherReadNorKept() throws {
        let file = try SnapshotFile(directory: data)
        try file.save([1, 2, 3])
        try directory.write([UInt8](repeating: 9, count: 5_000), to: "state/state.snapshot.new")
        #expect(try file.load() == [1, 2, 3])
        try file.save([4])
        #expect(try file.load() == [4])
        #expect(try directory.mode(of: "state/state.snapshot") == 0o600)
        #expect(try directory.entries("state") == ["lock", "state.snapshot"])
    }

    @Test func aFailedWriteLeavesTheOldBytes() throws {
        let file = try SnapshotFile(directory: data)
        try file.save([1, 2, 3])
        try directory.makeDirectory("state/state.snapshot.new")
        #expect(
            message { () throws(SnapshotFileError) in try file.save([4]) }
                == "opening data/state.snapshot.new: File exists; check data_dir, its owner and "
                + "the free space")
        #expect(try file.load() == [1, 2, 3])
        try directory.remove("state/state.snapshot.new")
        try file.save([4])
        #expect(try file.load() == [4])
    }

    @Test func aSecondAgentIsRefused() throws {
        let first = try SnapshotFile(directory: data)
        #expect(
            message { () throws(SnapshotFileError) in _ = try SnapshotFile(directory: data) }
                == "another pipam runs on data; stop it, or set another data_dir")
        try first.save([1])
    }

    @Test func theLockGoesWithItsOwner() throws {
        for _ in 0..<2 {
            let file = try SnapshotFile(directory: data)
            try file.save([1])
        }
    }

    @Test func aDamagedDirectoryIsAnError() throws {
        try directory.makeDirectory("state")
        try directory.makeDirectory("state/state.snapshot")
        let file = try SnapshotFile(directory: data)
        #expect(
            message { () throws(SnapshotFileError) in _ = try file.load() }
                == "reading data/state.snapshot: Is a directory; check data_dir, its owner and the "
                + "free space")
        #expect(
            message { () throws(SnapshotFileError) in try file.save([1]) }
                .hasPrefix("renaming data/state.snapshot.new: Is a directory; check data_dir"))
    }

    @Test func aDirectoryThatCannotBeUsedIsNamed() throws {
        try directory.write([], to: "state")
        let remedy = "; check data_dir, its owner and the free space"
        #expect(
            message { () throws(SnapshotFileError) in _ = try SnapshotFile(directory: data) }
                == "opening data/lock: Not a directory" + remedy)
        #expect(
            message { () throws(SnapshotFileError) in
                _ = try SnapshotFile(directory: data + "/below")
            } == "making the directory data/below: Not a directory" + remedy)
        // Nobody may write there, root included.
        #expect(
            message { () throws(SnapshotFileError) in _ = try SnapshotFile(directory: "/proc") }
                .hasPrefix("opening /proc/lock: "))
    }
}
