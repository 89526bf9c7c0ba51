import CSystemCalls
import Glibc

/// An open directory whose files are small and are replaced as a whole, so that a crash at any
/// moment leaves the old content or the new one.
///
/// Every name is looked up in the open directory itself and no symbolic link is followed below it:
/// root writes here into directories of the user that the agent runs as, and must not be led
/// elsewhere by that user.
package final class GuardedDirectory: Sendable {
    /// How files are written.
    package struct Manner: Sendable {
        /// Whose the files are to be; `nil`: the writer's.
        package var owner: Owner?
        /// It is Proxmox's replicated file system, which sets owners and modes itself and refuses
        /// to have them set (pmxcfs(8)).
        package var isReplicated = false
        /// The directory may be reached by a symbolic link in its last place.
        package var followsLink = true
        /// Called with a few words before anything is changed; what it throws stops the work. Holds
        /// writers to the lock, and tests stop here what a crash would stop.
        package var step: @Sendable (String) throws(EnrolmentError) -> Void = { _ in }

        /// Files are the writer's, in a file system of the usual kind.
        package init() {}
    }

    /// A user and a group.
    package struct Owner: Equatable, Sendable {
        /// The user's number.
        package let user: UInt32
        /// The group's number.
        package let group: UInt32

        /// Joins the two.
        package init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    /// What stands in a file, and whose it is.
    package struct Content: Equatable, Sendable {
        /// All of it.
        package let octets: [UInt8]
        /// The lower twelve bits of its mode.
        package let mode: UInt32
        /// Its owner.
        package let owner: Owner
    }

    /// For messages.
    package let path: String
    private let descriptor: Int32
    private let manner: Manner

    /// Opens a directory that exists; `nil` if there is none.
    package convenience init?(
        path: String, manner: Manner = Manner()
    ) throws(EnrolmentError) {
        let flags = manner.followsLink ? 0 : O_NOFOLLOW
        try self.init(at: AT_FDCWD, path, path: path, flags: flags, manner: manner)
    }

    private init?(
        at parent: Int32, _ name: String, path: String, flags: Int32, manner: Manner
    ) throws(EnrolmentError) {
        let opened = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags)
        guard opened >= 0 else {
            if errno == ENOENT { return nil }
            throw EnrolmentError("opening", path)
        }
        self.path = path
        self.manner = manner
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Makes a directory that only its owner reads, unless it is there, and opens it. The one above
    /// it has to exist: an empty mount point must not pass for a fresh start.
    package static func make(
        path: String, manner: Manner = Manner()
    ) throws(EnrolmentError) -> GuardedDirectory {
        try create(at: AT_FDCWD, path, path: path, manner: manner)
        guard let directory = try GuardedDirectory(path: path, manner: manner) else {
            throw EnrolmentError("opening", path)
        }
        return directory
    }

    /// A directory inside; `nil` if there is none.
    package func subdirectory(_ name: String) throws(EnrolmentError) -> GuardedDirectory? {
        try GuardedDirectory(
            at: descriptor, name, path: "\(path)/\(name)", flags: O_NOFOLLOW, manner: manner)
    }

    /// A directory inside, made unless it is there.
    package func makeSubdirectory(_ name: String) throws(EnrolmentError) -> GuardedDirectory {
        if let directory = try subdirectory(name) { return directory }
        try Self.create(at: descriptor, name, path: "\(path)/\(name)", manner: manner)
        guard let directory = try subdirectory(name) else {
            throw EnrolmentError("opening", "\(path)/\(name)")
        }
        return directory
    }

    private static func create(
        at parent: Int32, _ name: String, path: String, manner: Manner
    ) throws(EnrolmentError) {
        try manner.step("making \(path)")
        if mkdirat(parent, name, 0o700) != 0 {
            guard errno == EEXIST else { throw EnrolmentError("making", path) }
            return
        }
        guard let owner = manner.owner, !manner.isReplicated else { return }
        guard fchownat(parent, name, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw EnrolmentError("giving away", path)
        }
    }

    /// Its owner and the lower twelve bits of its mode.
    package func standing() throws(EnrolmentError) -> (owner: Owner, mode: UInt32) {
        var status = pipam_file_status()
        guard pipam_status_of_descriptor(descriptor, &status) == 0 else {
            throw EnrolmentError("reading", path)
        }
        return (Owner(user: status.user, group: status.group), status.mode)
    }
}

// MARK: - Files

extension GuardedDirectory {
    /// Reads a regular file of at most `maximumOctets`; `nil` if there is none of that name.
    package func read(
        _ name: String, maximumOctets: Int
    ) throws(EnrolmentError) -> Content? {
        // Without O_NONBLOCK the opening of a FIFO would wait for a writer.
        let file = openat(descriptor, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw reading(name)
        }
        defer { close(file) }
        var status = pipam_file_status()
        guard pipam_status_of_descriptor(file, &status) == 0 else { throw reading(name) }
        guard status.kind == pipam_file_regular, status.octets <= maximumOctets else {
            throw .damaged(
                path: "\(path)/\(name)",
                reason: "no regular file of at most \(maximumOctets) octets",
                remedy: "put back the right one from a backup, or remove it")
        }
        var octets = [UInt8](repeating: 0, count: maximumOctets + 1)
        var count = 0
        while count < octets.count {
            let got = octets.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw reading(name) }
            guard got > 0 else { break }
            count += got
        }
        guard count <= maximumOctets else {
            throw .failed(
                operation: "reading", path: "\(path)/\(name)", reason: "it grows while it is read")
        }
        return Content(
            octets: Array(octets[..<count]), mode: status.mode,
            owner: Owner(user: status.user, group: status.group))
    }

    /// Puts a file of this content in place of what has that name; it is on the disk on return.
    package func replace(
        _ name: String, with octets: [UInt8], mode: UInt32 = 0o600
    ) throws(EnrolmentError) {
        let temporary = "\(name).tmp"
        try manner.step("writing \(path)/\(temporary)")
        // What an earlier crash left behind goes; a new file has our mode and no other name.
        unlinkat(descriptor, temporary, 0)
        try write(octets, to: temporary, mode: mode)
        try manner.step("renaming \(path)/\(temporary)")
        guard renameat(descriptor, temporary, descriptor, name) == 0 else {
            throw EnrolmentError("renaming", "\(path)/\(temporary)")
        }
        try synchronise()
    }

    /// Gives a file another name, in place of what has that name.
    package func rename(_ name: String, to other: String) throws(EnrolmentError) {
        try manner.step("renaming \(path)/\(name)")
        guard renameat(descriptor, name, descriptor, other) == 0 else {
            throw EnrolmentError("renaming", "\(path)/\(name)")
        }
        try synchronise()
    }

    /// Removes a file if it is there.
    package func remove(_ name: String) throws(EnrolmentError) {
        try manner.step("removing \(path)/\(name)")
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
            throw EnrolmentError("removing", "\(path)/\(name)")
        }
        try synchronise()
    }

    /// The names of what is inside, sorted, without those that begin with a dot. More than
    /// `maximum` are an error.
    package func names(maximum: Int) throws(EnrolmentError) -> [String] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { throw EnrolmentError("listing", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { field in
                String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(".") { continue }
            guard names.count < maximum else {
                throw .damaged(
                    path: path, reason: "more than \(maximum) entries",
                    remedy: "remove what does not belong there")
            }
            names.append(name)
        }
        return names.sorted()
    }

    private func write(
        _ octets: [UInt8], to name: String, mode: UInt32
    ) throws(EnrolmentError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let file = openat(descriptor, name, flags, mode)
        guard file >= 0 else { throw EnrolmentError("making", "\(path)/\(name)") }
        defer { close(file) }
        var done = 0
        while done < octets.count {
            let count = octets.withUnsafeBytes { buffer in
                Glibc.write(file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw EnrolmentError("writing", "\(path)/\(name)") }
            done += count
        }
        if let owner = manner.owner, !manner.isReplicated {
            guard fchown(file, owner.user, owner.group) == 0 else {
                throw EnrolmentError("giving away", "\(path)/\(name)")
            }
        }
        guard fsync(file) == 0 else { throw EnrolmentError("syncing", "\(path)/\(name)") }
    }

    /// The names are on the disk too. Proxmox's file system answers a sync of a directory with an
    /// error, and has told all hosts before the rename returned.
    private func synchronise() throws(EnrolmentError) {
        guard fsync(descriptor) == 0 || manner.isReplicated else {
            throw EnrolmentError("syncing", path)
        }
    }

    /// A file that cannot be read is no sign of a missing quorum.
    private func reading(_ name: String) -> EnrolmentError {
        let code = errno
        return .failed(
            operation: "reading", path: "\(path)/\(name)",
            reason: strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }
}
