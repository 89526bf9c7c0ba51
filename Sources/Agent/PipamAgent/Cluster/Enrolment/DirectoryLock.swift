import CSystemCalls
import Glibc

/// The lock on a cluster's directory: a directory that only one can make. It works across hosts on
/// Proxmox's file system, as Proxmox's own locks do, and in any other directory.
///
/// On Proxmox's file system a lock is taken away from its holder 120 s after it was made, by the
/// file system and on request: setting its time to 0 asks for that (pmxcfs, `memdb.c`; the same
/// steps as `PVE::Cluster::cfs_lock`). Elsewhere whoever waits takes it away, by its time.
package struct DirectoryLock: Sendable {
    /// How long things take.
    package struct Timing: Sendable {
        /// How long to wait for another holder.
        package var wait = Duration.seconds(60)
        /// Between two attempts.
        package var pause = Duration.milliseconds(200)
        /// The age at which a lock's holder counts as dead; Proxmox's file system has its own.
        package var staleSeconds = 120
        /// How long a holder may go on writing: well short of the age above.
        package var hold = Duration.seconds(60)

        /// As it is in production.
        package init() {}
    }

    private static let holderName = "lock-holder"
    private static let maximumHolderOctets = 512

    private let place: ClusterPlace
    private let timing: Timing
    private let step: ClusterPlace.Step

    /// A lock that is not held yet; `step` is asked before every change.
    package init(
        on place: ClusterPlace, timing: Timing = Timing(),
        step: @escaping ClusterPlace.Step = { _ throws(EnrolmentError) in }
    ) {
        self.place = place
        self.timing = timing
        self.step = step
    }

    /// Does `body` under the lock and gives the lock back, whatever came of it. `body` gets a
    /// directory that refuses to be written once the lock may have been taken away.
    ///
    /// - `holder`: who this is, for those who wait.
    package func withLock<Result: Sendable>(
        holder: String,
        _ body: (GuardedDirectory) throws(EnrolmentError) -> Result
    ) async throws(EnrolmentError) -> Result {
        try place.checkQuorum()
        // The lock of a directory outside Proxmox is made inside of it.
        _ = try place.make(step: step)
        if let root = place.proxmoxRoot {
            _ = try GuardedDirectory.make(
                path: "\(root)/priv/lock", manner: place.manner(step: step))
        }
        let held = try await acquire()
        let deadline = ContinuousClock.now + timing.hold
        let (step, path) = (step, place.path)
        let directory = try place.make { (what) throws(EnrolmentError) in
            try step(what)
            guard ContinuousClock.now < deadline else {
                throw .unwritable(path: path, reason: "the lock was held for too long")
            }
        }
        do {
            try directory.replace(Self.holderName, with: Array("\(holder)\n".utf8))
            let result = try body(directory)
            try release(held, directory)
            return result
        } catch {
            // The first error counts; what stays behind of the lock is broken in time.
            try? release(held, directory)
            throw error
        }
    }

    // MARK: Taking it

    private func acquire() async throws(EnrolmentError) -> UInt64 {
        let path = place.lockPath
        let start = ContinuousClock.now
        while true {
            try step("taking \(path)")
            if mkdir(path, 0o700) == 0 { return try identity() }
            guard errno == EEXIST else { throw EnrolmentError("taking the lock", path) }
            guard ContinuousClock.now < start + timing.wait else {
                throw .locked(
                    path: path, holder: try holder(),
                    waitedSeconds: Int(timing.wait.components.seconds))
            }
            try breakStale()
            do {
                try await Task.sleep(for: timing.pause)
            } catch {
                throw .refused(reason: "interrupted", remedy: "run it again")
            }
        }
    }

    private func holder() throws(EnrolmentError) -> String {
        let directory = try place.open()
        let content = try directory?.read(
            Self.holderName, maximumOctets: Self.maximumHolderOctets)
        let text = content.map { String(decoding: $0.octets, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").first.map(String.init) ?? ""
        return line.isEmpty ? "somebody unknown" : line
    }

    /// The number of the directory that is the lock, which tells it from the next one.
    private func identity() throws(EnrolmentError) -> UInt64 {
        var status = pipam_file_status()
        guard pipam_status_of_name(place.lockPath, &status) == 0 else {
            throw EnrolmentError("reading", place.lockPath)
        }
        return status.inode
    }

    // MARK: Giving it back

    private func breakStale() throws(EnrolmentError) {
        if place.proxmoxRoot != nil {
            // The file system compares its own clocks and removes it if it has expired.
            let asked = [timeval(), timeval()]
            utimes(place.lockPath, asked)
            return
        }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let oldest = now.tv_sec - timing.staleSeconds
        try remove { $0.changed_seconds < oldest }
    }

    private func release(
        _ held: UInt64, _ directory: GuardedDirectory
    ) throws(EnrolmentError) {
        try directory.remove(Self.holderName)
        if place.proxmoxRoot != nil {
            try step("giving back \(place.lockPath)")
            guard rmdir(place.lockPath) == 0 || errno == ENOENT else {
                throw EnrolmentError("giving back the lock", place.lockPath)
            }
            return
        }
        try step("giving back \(place.lockPath)")
        try remove { $0.inode == held }
    }

    /// Removes the lock of a plain directory if it is the one that is meant. Whoever removes holds
    /// a lock of the kernel's meanwhile, so that of two that find a stale one the second does not
    /// remove what a third has made since.
    private func remove(where isMeant: (pipam_file_status) -> Bool) throws(EnrolmentError) {
        let guarded = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard guarded >= 0 else { throw EnrolmentError("opening", place.path) }
        defer { close(guarded) }
        while flock(guarded, LOCK_EX) != 0 {
            guard errno == EINTR else { throw EnrolmentError("locking", place.path) }
        }
        var status = pipam_file_status()
        guard pipam_status_of_name(place.lockPath, &status) == 0, isMeant(status) else { return }
        guard rmdir(place.lockPath) == 0 || errno == ENOENT else {
            throw EnrolmentError("giving back the lock", place.lockPath)
        }
    }
}
