import Glibc

/// The file that keeps the agent's state between runs: the bytes of one snapshot. It is replaced as
/// a whole, so that a crash at any moment leaves the old bytes or the new ones.
package struct SnapshotFile: ~Copyable {
    /// Larger files are not ours: the state of 100,000 guests takes about a tenth of this.
    package static let maximumOctets = 1 << 30

    private let directory: String
    private let lock: FileDescriptor

    /// Opens the directory, makes it if it is not there, and takes its lock: two agents on one
    /// state would each undo what the other did.
    package init(directory: String) throws(SnapshotFileError) {
        self.directory = directory
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw .init("making the directory", directory)
        }
        let path = "\(directory)/lock"
        guard let lock = FileDescriptor(path, O_RDWR | O_CREAT, 0o600) else {
            throw .init("opening", path)
        }
        guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw .inUse(directory: directory) }
            throw .init("locking", path)
        }
        self.lock = lock
    }

    private var path: String { Self.path(in: directory) }

    private static func path(in directory: String) -> String { "\(directory)/state.snapshot" }

    /// The bytes last saved; `nil` if there never were any.
    package func load() throws(SnapshotFileError) -> [UInt8]? {
        try Self.read(directory: directory)
    }

    /// The bytes last saved by whoever has the lock now; `nil` if there never were any. Since the
    /// file is replaced as a whole, they are those of one moment.
    package static func read(directory: String) throws(SnapshotFileError) -> [UInt8]? {
        let path = path(in: directory)
        guard let file = FileDescriptor(path, O_RDONLY) else {
            if errno == ENOENT { return nil }
            throw .init("opening", path)
        }
        guard let size = file.size() else { throw .init("reading", path) }
        guard size <= maximumOctets else {
            throw .failed(operation: "reading", path: path, reason: "\(size) octets are too many")
        }
        var octets = [UInt8](repeating: 0, count: size)
        guard file.read(into: &octets) else { throw .init("reading", path) }
        return octets
    }

    /// Puts new bytes in place of the old ones; they are on the disk when it returns.
    package func save(_ octets: [UInt8]) throws(SnapshotFileError) {
        let temporary = "\(path).new"
        // What an earlier crash left behind goes; a new file has our mode and no other name.
        unlink(temporary)
        let flags = O_WRONLY | O_CREAT | O_EXCL
        guard let file = FileDescriptor(temporary, flags, 0o600) else {
            throw .init("opening", temporary)
        }
        guard file.write(octets), fdatasync(file.number) == 0 else {
            throw .init("writing", temporary)
        }
        guard rename(temporary, path) == 0 else { throw .init("renaming", temporary) }
        guard let parent = FileDescriptor(directory, O_RDONLY | O_DIRECTORY),
            fsync(parent.number) == 0
        else { throw .init("syncing", directory) }
    }
}

/// Why the state could not be kept or read.
package enum SnapshotFileError: Error, Equatable, CustomStringConvertible {
    /// Another agent has it.
    case inUse(directory: String)
    /// The system refused.
    case failed(operation: String, path: String, reason: String)

    /// What `errno` says about an operation that just failed.
    fileprivate init(_ operation: String, _ path: String) {
        self = .failed(operation: operation, path: path, reason: String(cString: strerror(errno)))
    }

    package var description: String {
        switch self {
        case .inUse(let directory):
            "another pipam runs on \(directory); stop it, or set another data_dir"
        case .failed(let operation, let path, let reason):
            "\(operation) \(path): \(reason); check data_dir, its owner and the free space"
        }
    }
}

/// An open file that is closed with its owner.
private struct FileDescriptor: ~Copyable {
    let number: Int32

    /// `nil` if the system refuses; `errno` says why.
    init?(_ path: String, _ flags: Int32, _ mode: mode_t = 0) {
        let opened = open(path, flags | O_CLOEXEC, mode)
        // Nothing is owned yet, so nothing is closed on the way out and `errno` stays.
        guard opened >= 0 else { return nil }
        number = opened
    }

    deinit { close(number) }

    func size() -> Int? {
        var status = stat()
        return fstat(number, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Fills the array; `false` if the file ends before that or reading fails.
    func read(into octets: inout [UInt8]) -> Bool {
        octets.withUnsafeMutableBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.read(
                    number, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }

    func write(_ octets: [UInt8]) -> Bool {
        octets.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(
                    number, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }
}
