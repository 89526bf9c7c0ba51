/// How much a line of the engine's log matters.
package enum EngineLogLevel: UInt8, Sendable {
    /// In this order.
    case debug, info, warning, error
}

/// The answer to a `readIndex`: when `index` is applied here, what was committed before the
/// question was asked can be read here.
package struct ReadAnswer: Hashable, Sendable {
    /// As given with the question.
    package let context: UInt64
    /// What has to be applied first.
    package let index: UInt64
}

/// What one round of a replica brought. Applied in this order: the snapshot, then the entries.
package struct Progress: Hashable, Sendable {
    /// The state has to be replaced by that of this snapshot, which is noted in the log already.
    package let snapshot: SnapshotDescriptor?
    /// To be applied, each once, in this order.
    package let committed: [CommittedEntry]
    /// Answers to reads; not every question gets one.
    package let reads: [ReadAnswer]
    /// Role, leader or term are others than after the last round.
    package let changesLead: Bool
    /// The configuration is another one than after the last round.
    package let changesConfiguration: Bool
}
