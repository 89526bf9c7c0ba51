import CSystemCalls
import Glibc

/// An open file; closed with it. Every failure names the file and the kernel's reason.
struct File: ~Copyable {
    let path: String
    private let descriptor: Int32

    init(_ path: String, flags: Int32, mode: mode_t = 0o600) throws(ConsensusError) {
        let descriptor = open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw File.failure("open", path) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// All of it.
    borrowing func write(_ octets: [UInt8]) throws(ConsensusError) {
        var done = 0
        while done < octets.count {
            let count = octets.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), octets.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw File.failure("write", path) }
            done += count
        }
    }

    /// Over what is at the beginning.
    borrowing func overwrite(_ octets: [UInt8]) throws(ConsensusError) {
        guard pwrite(descriptor, octets, octets.count, 0) == octets.count else {
            throw File.failure("write", path)
        }
    }

    /// The next octets; empty at the end.
    borrowing func read(upTo count: Int) throws(ConsensusError) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        while true {
            let got = Glibc.read(descriptor, &octets, count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw File.failure("read", path) }
            octets.removeLast(count - got)
            return octets
        }
    }

    /// Returns when it is on the disk.
    borrowing func sync() throws(ConsensusError) {
        guard fsync(descriptor) == 0 else { throw File.failure("sync", path) }
    }

    borrowing func size() throws(ConsensusError) -> UInt64 {
        var status = pipam_file_status()
        guard pipam_status_of_descriptor(descriptor, &status) == 0 else {
            throw File.failure("look at", path)
        }
        return status.octets
    }

    /// `false` if another process has the lock. It goes with the file.
    borrowing func lock() throws(ConsensusError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw File.failure("lock", path) }
        return false
    }

    static func failure(_ operation: String, _ path: String) -> ConsensusError {
        .storageFailed(operation: operation, path: path, reason: String(cString: strerror(errno)))
    }
}

/// What can be done with files by name.
enum Files {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func makeDirectory(_ path: String) throws(ConsensusError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw File.failure("make", path)
        }
    }

    /// Returns when the names in it are on the disk.
    static func syncDirectory(_ path: String) throws(ConsensusError) {
        try File(path, flags: O_RDONLY | O_DIRECTORY).sync()
    }

    static func move(_ path: String, to target: String) throws(ConsensusError) {
        guard rename(path, target) == 0 else { throw File.failure("move", path) }
    }

    static func remove(_ path: String) throws(ConsensusError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw File.failure("remove", path) }
    }

    /// Sorted, without `.` and `..`.
    static func names(in path: String) throws(ConsensusError) -> [String] {
        guard let directory = opendir(path) else { throw File.failure("list", path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
