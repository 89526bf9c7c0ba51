/// What the log is for. Everything here is called in turn, never twice at the same time, but for
/// the closure of a capture.
package protocol StateMachine: Sendable {
    /// Applies entries, in order, each once since the state it began with. An error ends the host.
    func apply(_ entries: [CommittedEntry]) async throws

    /// The state as it is now, to be written out while the state goes on.
    func capture() async throws -> SnapshotCapture

    /// Replaces the state. `nextChunk` gives the octets of a capture, in other pieces perhaps, and
    /// `nil` at the end. They are known to be undamaged.
    func restore(
        _ descriptor: SnapshotDescriptor,
        nextChunk: @escaping @Sendable () throws -> [UInt8]?
    ) async throws
}

/// A state on its way into a file.
package struct SnapshotCapture: Sendable {
    /// The last entry that is applied in it.
    package let appliedIndex: UInt64
    /// Gives the octets piece by piece, and `nil` at the end. Called from one other thread.
    package let nextChunk: @Sendable () throws -> [UInt8]?

    /// Any.
    package init(
        appliedIndex: UInt64, nextChunk: @escaping @Sendable () throws -> [UInt8]?
    ) {
        self.appliedIndex = appliedIndex
        self.nextChunk = nextChunk
    }
}
