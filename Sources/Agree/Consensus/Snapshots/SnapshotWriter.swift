import Glibc
import OpenSSL

/// A snapshot's file while it is written, on one thread.
package final class SnapshotWriter {
    /// Where it is until it is kept.
    package let path: String
    private let file: File
    private var digest = SHA256Hasher()
    /// So far.
    package private(set) var sizeOctets: UInt64 = 0
    private var isFinished = false

    init(path: String) throws(ConsensusError) {
        self.path = path
        file = try File(path, flags: O_WRONLY | O_CREAT | O_TRUNC)
    }

    /// The next octets.
    package func write(_ chunk: [UInt8]) throws(ConsensusError) {
        precondition(!isFinished, "\(path) is finished")
        try file.write(chunk)
        digest.update(chunk)
        sizeOctets += UInt64(chunk.count)
    }

    /// Returns when it is on the disk.
    package func finish() throws(ConsensusError) -> (sizeOctets: UInt64, sha256: [UInt8]) {
        precondition(!isFinished, "\(path) is finished")
        isFinished = true
        try file.sync()
        return (sizeOctets, digest.finish())
    }

    /// Removes it.
    package func abandon() { try? Files.remove(path) }
}
