import CSystemCalls
import Glibc

/// The listening unix socket, with its mode and group set before anybody can connect.
///
/// A lock on a file beside it says that its agent lives, so that the socket a dead one left behind
/// can be told from one in use, and two agents that start at once cannot both take it. The kernel
/// lets go of the lock when the process ends, however it ends.
struct ControlSocket: ~Copyable {
    /// Connections that wait to be accepted.
    private static let backlog: Int32 = 64
    private static let directoryMode: mode_t = 0o750
    private static let socketMode: mode_t = 0o660
    private static let lockMode: mode_t = 0o600

    private let path: String
    private let lock: Int32
    private let socket: Int32

    /// Listens. Throws `cannotListen` with the reason and the remedy.
    init(_ path: String, access: SocketAccess) throws(ControlError) {
        try Self.prepareDirectory(of: path, access)
        let lock = try Self.lock(path)
        do {
            try Self.removeLeftover(path)
            socket = try Self.listen(path, access)
        } catch {
            close(lock)
            throw error
        }
        self.path = path
        self.lock = lock
    }

    deinit {
        // Before the lock is let go: the next agent may make its own at once.
        unlink(path)
        close(socket)
        close(lock)
    }

    /// A descriptor of the listening socket for somebody who closes it.
    func duplicate() throws(ControlError) -> Int32 {
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw Self.failure(path, "duplicating", errno) }
        return copy
    }

    // MARK: Steps

    private static func prepareDirectory(
        of path: String, _ access: SocketAccess
    ) throws(ControlError) {
        guard let slash = path.lastIndex(of: "/"), path.hasPrefix("/") else {
            throw .cannotListen("\(path) is no absolute path", remedy: "give one")
        }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        if mkdir(directory, directoryMode) == 0 {
            try give(directory, to: access.group, mode: directoryMode)
        } else if errno != EEXIST {
            throw failure(directory, "making the directory", errno)
        }
        var status = pipam_file_status()
        guard pipam_status_of_path(directory, &status) == 0 else {
            throw failure(directory, "looking at the directory", errno)
        }
        // Others could put a socket of theirs in our socket's place.
        guard status.mode & S_IWOTH == 0 || status.mode & S_ISVTX != 0 else {
            throw .cannotListen(
                "everybody may write to \(directory)", remedy: "chmod o-w \(directory)")
        }
    }

    private static func lock(_ path: String) throws(ControlError) -> Int32 {
        let lockPath = path + ".lock"
        let lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, lockMode)
        guard lock >= 0 else { throw failure(lockPath, "opening", errno) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(lock)
            throw reason == EWOULDBLOCK ? inUse(path) : failure(lockPath, "locking", reason)
        }
        return lock
    }

    /// Takes away a socket that nobody listens at.
    private static func removeLeftover(_ path: String) throws(ControlError) {
        var status = pipam_file_status()
        guard pipam_status_of_name(path, &status) == 0 else {
            guard errno == ENOENT else { throw failure(path, "looking", errno) }
            return
        }
        guard status.kind == pipam_file_socket else {
            throw .cannotListen(
                "\(path) is there and is no socket", remedy: "move it away, or name another path")
        }
        let connection = pipam_unix_connect(path)
        if connection >= 0 { close(connection) }
        guard connection == -ECONNREFUSED else { throw inUse(path) }
        guard unlink(path) == 0 else { throw failure(path, "removing the old socket", errno) }
    }

    private static func listen(
        _ path: String, _ access: SocketAccess
    ) throws(ControlError) -> Int32 {
        let socket = pipam_unix_bind(path)
        guard socket >= 0 else { throw failure(path, "binding", -socket) }
        do throws(ControlError) {
            if let group = access.group { try give(path, to: group, mode: socketMode) }
            guard Glibc.listen(socket, backlog) == 0 else {
                throw failure(path, "listening", errno)
            }
            return socket
        } catch {
            close(socket)
            unlink(path)
            throw error
        }
    }

    private static func give(
        _ path: String, to group: UInt32?, mode: mode_t
    ) throws(ControlError) {
        if let group, lchown(path, uid_t.max, group) != 0 {
            throw failure(path, "giving it to group \(group)", errno)
        }
        guard chmod(path, mode) == 0 else { throw failure(path, "changing the mode", errno) }
    }

    // MARK: Errors

    private static func inUse(_ path: String) -> ControlError {
        var process = ""
        let connection = pipam_unix_connect(path)
        if connection >= 0 {
            process = SocketPeer(socket: connection).map { " (process \($0.process))" } ?? ""
            close(connection)
        }
        return .cannotListen(
            "another agent\(process) listens at \(path)",
            remedy: "stop it first, or name another path")
    }

    private static func failure(_ path: String, _ step: String, _ code: Int32) -> ControlError {
        let remedy =
            code == EACCES || code == EPERM
            ? "let the agent's user write to the directory and be a member of the group"
            : code == ENAMETOOLONG ? "name a shorter path, of at most 107 octets" : ""
        return .cannotListen("\(path): \(step): \(String(cString: strerror(code)))", remedy: remedy)
    }
}
