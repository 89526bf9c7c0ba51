import Glibc

/// Keeps a data directory to one process: two agents on one state would each undo what the other
/// did.
struct DataDirectoryLock: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Takes it. Throws if another process has it, or the system refuses.
    init(directory: String) throws(DataDirectoryError) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw .init("making the directory", directory)
        }
        let path = "\(directory)/lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .init("opening", path) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno
            close(opened)
            guard error != EWOULDBLOCK else { throw .inUse(directory: directory) }
            errno = error
            throw .init("locking", path)
        }
        descriptor = opened
    }

    deinit { close(descriptor) }
}

/// Why a data directory cannot be used.
package enum DataDirectoryError: Error, Equatable, CustomStringConvertible {
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
