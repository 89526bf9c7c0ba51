import Glibc
import OpenSSL
import Synchronization

/// Reads a state's file and makes sure at the end that it was what its descriptor says.
package final class SnapshotReader: Sendable {
    private final class Reading {
        let file: File
        var digest = SHA256Hasher()
        var sizeOctets: UInt64 = 0
        init(_ path: String) throws(ConsensusError) { file = try File(path, flags: O_RDONLY) }
    }

    private let reading: Mutex<Reading>
    private let descriptor: SnapshotDescriptor
    private let path: String

    init(_ path: String, _ descriptor: SnapshotDescriptor) throws(ConsensusError) {
        self.path = path
        self.descriptor = descriptor
        reading = Mutex(try Reading(path))
    }

    /// Up to 256 KiB; `nil` at the end. Throws if the file is not what it should be.
    package func next() throws(ConsensusError) -> [UInt8]? {
        let result = reading.withLock { reading in
            Result { () throws(ConsensusError) -> [UInt8]? in
                let chunk = try reading.file.read(upTo: SnapshotStore.chunkOctets)
                reading.digest.update(chunk)
                reading.sizeOctets += UInt64(chunk.count)
                if !chunk.isEmpty { return chunk }
                guard reading.sizeOctets == descriptor.sizeOctets,
                    reading.digest.finish() == descriptor.sha256
                else {
                    throw .snapshotDamaged(path: path, reason: "not what its descriptor says")
                }
                return nil
            }
        }
        return try result.get()
    }
}
