import Glibc

/// Why a node could not be told who it is, or be given what proves it.
package enum EnrolmentError: Error, Equatable, Sendable {
    /// The system refused.
    case failed(operation: String, path: String, reason: String)
    /// The directory cannot be written at the moment: no quorum, or mounted read-only.
    case unwritable(path: String, reason: String)
    /// Another host or process is at work there for longer than we wait.
    case locked(path: String, holder: String, waitedSeconds: Int)
    /// A file says something impossible.
    case damaged(path: String, reason: String, remedy: String)
    /// What is there forbids what was asked for.
    case refused(reason: String, remedy: String)

    /// What `errno` says about an operation that just failed.
    init(_ operation: String, _ path: String) {
        let code = errno
        let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        self =
            [EROFS, EACCES, EPERM].contains(code)
            ? .unwritable(path: path, reason: "\(operation): \(reason)")
            : .failed(operation: operation, path: path, reason: reason)
    }

    /// The same may succeed later without anybody doing anything about it.
    package var isTransient: Bool {
        switch self {
        case .unwritable, .locked: true
        case .failed, .damaged, .refused: false
        }
    }
}

extension EnrolmentError: CustomStringConvertible {
    /// One line with the remedy.
    package var description: String {
        switch self {
        case .failed(let operation, let path, let reason):
            "\(operation) \(path): \(reason); check its owner, its mode and the free space"
        case .unwritable(let path, let reason):
            "\(path) cannot be used now: \(reason); on Proxmox wait for quorum (pvecm status) and "
                + "check that this runs as root, elsewhere check owner and mount"
        case .locked(let path, let holder, let seconds):
            "\(path) is held by \(holder), waited \(seconds) s; try again, a lock whose holder "
                + "died is broken after two minutes"
        case .damaged(let path, let reason, let remedy):
            "\(path): \(reason); \(remedy)"
        case .refused(let reason, let remedy):
            "\(reason); \(remedy)"
        }
    }
}
