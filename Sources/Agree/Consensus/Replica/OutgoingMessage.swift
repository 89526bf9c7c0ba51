/// A message of the engine for another replica.
package struct OutgoingMessage: Hashable, Sendable {
    /// How to treat it on the way.
    package enum Kind: Hashable, Sendable {
        /// In order, if possible.
        case ordinary
        /// The first to be dropped: another one follows soon.
        case heartbeat
        /// To be stepped by the receiver after the file is on its disk.
        case snapshot(SnapshotDescriptor)
    }

    /// Whom it is for.
    package let receiver: ReplicaID
    /// The engine's octets.
    package let octets: [UInt8]
    /// How to treat it.
    package let kind: Kind

    /// Any.
    package init(receiver: ReplicaID, octets: [UInt8], kind: Kind) {
        self.receiver = receiver
        self.octets = octets
        self.kind = kind
    }
}
