import CSystemCalls
import Glibc
import OpenSSL

/// The files of snapshots: each state with a descriptor beside it.
///
///     <file>.state        the state's octets
///     <file>.descriptor   the descriptor and its SHA-256, written last
///     <file>.part         on its way; removed at the next start
package struct SnapshotStore: Sendable {
    /// Where they are.
    package let directory: String
    /// Older ones are removed.
    package static let kept = 2
    /// Octets read at once.
    package static let chunkOctets = 256 << 10

    /// Removes what an earlier life left unfinished.
    package init(directory: String) throws(ConsensusError) {
        self.directory = directory
        try Files.makeDirectory(directory)
        let names = try Files.names(in: directory)
        let noted = Set(names.filter { $0.hasSuffix(".descriptor") }.map { $0.dropLast(11) })
        for name in names {
            let isAlone = name.hasSuffix(".state") && !noted.contains(name.dropLast(6))
            if isAlone || name.hasSuffix(".part") { try Files.remove(directory + "/" + name) }
        }
    }

    /// Where a state is.
    package func path(of descriptor: SnapshotDescriptor) -> String {
        base(descriptor) + ".state"
    }

    private func base(_ descriptor: SnapshotDescriptor) -> String {
        let numbers = [descriptor.term, descriptor.index, descriptor.file]
        return directory + "/" + numbers.map(hexadecimal).joined(separator: "-")
    }

    /// Begins a file. Its number distinguishes it from others that are written meanwhile.
    package func begin(file: UInt64) throws(ConsensusError) -> SnapshotWriter {
        try SnapshotWriter(path: directory + "/" + hexadecimal(file) + ".part")
    }

    /// Gives a finished file its name; returns when it is on the disk.
    package func keep(
        _ writer: SnapshotWriter, as descriptor: SnapshotDescriptor
    ) throws(ConsensusError) {
        try Files.move(writer.path, to: path(of: descriptor))
        try Files.syncDirectory(directory)
    }

    /// Writes a state; returns when it is on the disk.
    func write(
        _ capture: SnapshotCapture, at position: LogPosition, configuration: Configuration
    ) throws -> SnapshotDescriptor {
        let number = UInt64.random(in: 1 ... .max)
        let writer = try begin(file: number)
        do {
            while let chunk = try capture.nextChunk() { try writer.write(chunk) }
            let (size, digest) = try writer.finish()
            let descriptor = SnapshotDescriptor(
                index: position.index, term: position.term, file: number, sizeOctets: size,
                sha256: digest, configuration: configuration)
            try keep(writer, as: descriptor)
            return descriptor
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// Begins to read a state.
    package func read(_ descriptor: SnapshotDescriptor) throws(ConsensusError) -> SnapshotReader {
        try SnapshotReader(path(of: descriptor), descriptor)
    }

    /// Writes the descriptor of a state that is there; returns when it is on the disk.
    package func note(_ descriptor: SnapshotDescriptor) throws(ConsensusError) {
        let octets = descriptor.encoded()
        let temporary = base(descriptor) + ".part"
        let file = try File(temporary, flags: O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(octets + SHA256Digest.of(octets))
        try file.sync()
        try Files.move(temporary, to: base(descriptor) + ".descriptor")
        try Files.syncDirectory(directory)
    }

    /// All that are noted, by position. One that cannot be read is passed over: there may be an
    /// older one.
    package func descriptors() throws(ConsensusError) -> [SnapshotDescriptor] {
        var descriptors: [SnapshotDescriptor] = []
        for name in try Files.names(in: directory) where name.hasSuffix(".descriptor") {
            let file = try File(directory + "/" + name, flags: O_RDONLY)
            let octets = try file.read(upTo: 1 << 16)
            let content = Array(octets.dropLast(32))
            guard SHA256Digest.of(content) == Array(octets.suffix(32)),
                let descriptor = SnapshotDescriptor(content)
            else { continue }
            descriptors.append(descriptor)
        }
        return descriptors.sorted { $0.position < $1.position }
    }

    /// When the state was written, in seconds since 1970; `nil` if it cannot be seen.
    func writtenSeconds(_ descriptor: SnapshotDescriptor) -> UInt64? {
        var status = pipam_file_status()
        guard pipam_status_of_name(path(of: descriptor), &status) == 0 else { return nil }
        return UInt64(max(0, status.changed_seconds))
    }

    /// Throws unless the state is what the descriptor says.
    package func verify(_ descriptor: SnapshotDescriptor) throws(ConsensusError) {
        let path = path(of: descriptor)
        let file = try File(path, flags: O_RDONLY)
        let size = try file.size()
        guard size == descriptor.sizeOctets else {
            throw .snapshotDamaged(
                path: path, reason: "\(size) octets instead of \(descriptor.sizeOctets)")
        }
        var digest = SHA256Hasher()
        while case let chunk = try file.read(upTo: Self.chunkOctets), !chunk.isEmpty {
            digest.update(chunk)
        }
        guard digest.finish() == descriptor.sha256 else {
            throw .snapshotDamaged(path: path, reason: "another SHA-256")
        }
    }

    /// Removes all but the newest; gives those that are left, by position.
    func prune() throws(ConsensusError) -> [SnapshotDescriptor] {
        let all = try descriptors()
        for descriptor in all.dropLast(Self.kept) { try remove(descriptor) }
        return all.suffix(Self.kept)
    }

    /// Removes those that nobody can use: they would count among those that are kept.
    func remove(where isUseless: (SnapshotDescriptor) -> Bool) throws(ConsensusError) {
        for descriptor in try descriptors() where isUseless(descriptor) { try remove(descriptor) }
    }

    private func remove(_ descriptor: SnapshotDescriptor) throws(ConsensusError) {
        try Files.remove(base(descriptor) + ".descriptor")
        try Files.remove(base(descriptor) + ".state")
    }

    private func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
