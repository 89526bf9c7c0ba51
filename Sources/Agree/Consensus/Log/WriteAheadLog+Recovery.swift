extension WriteAheadLog {
    /// Makes the log of a replica that goes on alone with a state that was agreed on before: the
    /// state as a snapshot of which it is the only voter. The directory has to exist and to be
    /// empty.
    ///
    /// - `position`: the last entry in the state, and a term beyond any that was led before.
    /// - `nextChunk`: gives the state's octets piece by piece, and `nil` at the end.
    package static func createAlone(
        in directory: String, identity: LogIdentity, position: LogPosition,
        nextChunk: () -> [UInt8]?
    ) throws(ConsensusError) {
        try create(in: directory, identity: identity)
        let log = try WriteAheadLog(in: directory, identity: identity)
        _ = try log.load()
        let file = UInt64.random(in: 1 ... .max)
        let writer = try log.snapshots.begin(file: file)
        while let chunk = nextChunk() { try writer.write(chunk) }
        let (sizeOctets, sha256) = try writer.finish()
        let descriptor = SnapshotDescriptor(
            index: position.index, term: position.term, file: file, sizeOctets: sizeOctets,
            sha256: sha256, configuration: Configuration(voters: [identity.replica]))
        try log.snapshots.keep(writer, as: descriptor)
        try log.noteSnapshot(descriptor)
        let state = HardState(term: position.term, vote: nil, commit: position.index)
        try log.append([], state: state, mustSync: true)
    }
}
