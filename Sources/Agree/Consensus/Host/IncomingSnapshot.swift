import Synchronization

/// A leader's snapshot on its way onto the disk. Dropped before `finish`, it leaves nothing behind
/// but a file that the next start removes.
package final class IncomingSnapshot: Sendable {
    private let writer: Mutex<SnapshotWriter?>
    private let descriptor: SnapshotDescriptor
    private let store: SnapshotStore
    private let mailbox: Mailbox
    private let isReceiving: Flag

    init(
        _ descriptor: SnapshotDescriptor, store: SnapshotStore, mailbox: Mailbox,
        isReceiving: Flag
    ) throws(ConsensusError) {
        self.descriptor = descriptor
        self.store = store
        self.mailbox = mailbox
        self.isReceiving = isReceiving
        writer = Mutex(try store.begin(file: UInt64.random(in: 1 ... .max)))
    }

    deinit {
        writer.withLock { $0?.abandon() }
        isReceiving.clear()
    }

    /// The next octets of the file. Blocks on the disk.
    package func write(_ chunk: [UInt8]) throws(ConsensusError) {
        try access { writer throws(ConsensusError) in
            guard writer.sizeOctets + UInt64(chunk.count) <= self.descriptor.sizeOctets else {
                throw .snapshotDamaged(path: writer.path, reason: "longer than announced")
            }
            try writer.write(chunk)
        }
    }

    /// All of it came: makes sure of it, waits for the disk and hands the engine the message that
    /// came with it. Throws `messageRefused` if that is about another snapshot than was announced:
    /// the engine would go by a file that is not there.
    package func finish(message: [UInt8], from sender: ReplicaID) throws(ConsensusError) {
        guard SnapshotMessage.descriptor(in: message) == descriptor else {
            throw .messageRefused(
                from: sender, reason: "its snapshot is not the one that was announced")
        }
        try access { writer throws(ConsensusError) in
            let (size, digest) = try writer.finish()
            guard size == self.descriptor.sizeOctets, digest == self.descriptor.sha256 else {
                throw .snapshotDamaged(path: writer.path, reason: "not what was announced")
            }
            try self.store.keep(writer, as: self.descriptor)
        }
        writer.withLock { $0 = nil }
        guard mailbox.put(.snapshot(message, from: sender, descriptor), isUrgent: true) else {
            throw .stopped
        }
    }

    private func access(
        _ body: @Sendable (SnapshotWriter) throws(ConsensusError) -> Void
    ) throws(ConsensusError) {
        let result = writer.withLock { writer in
            Result { () throws(ConsensusError) in
                guard let writer else { throw .stopped }
                try body(writer)
            }
        }
        try result.get()
    }
}
