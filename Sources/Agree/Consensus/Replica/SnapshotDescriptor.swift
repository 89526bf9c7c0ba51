/// What the engine knows of a snapshot: where it stands and how to know its file. The state itself
/// never passes through the engine.
package struct SnapshotDescriptor: Hashable, Sendable {
    /// The last entry that is in it.
    package let index: UInt64
    /// Of that entry.
    package let term: UInt64
    /// Names the file among those of the replica that wrote it.
    package let file: UInt64
    /// Size of the file.
    package let sizeOctets: UInt64
    /// Of the file; 32 octets.
    package let sha256: [UInt8]
    /// As of `index`.
    package let configuration: Configuration

    /// `sha256` has 32 octets.
    package init(
        index: UInt64, term: UInt64, file: UInt64, sizeOctets: UInt64, sha256: [UInt8],
        configuration: Configuration
    ) {
        precondition(sha256.count == 32, "a digest of \(sha256.count) octets")
        self.index = index
        self.term = term
        self.file = file
        self.sizeOctets = sizeOctets
        self.sha256 = sha256
        self.configuration = configuration
    }

    /// Where it stands.
    package var position: LogPosition { LogPosition(index: index, term: term) }

    private static let version: UInt8 = 1

    /// As it travels in the engine's messages.
    package func encoded() -> [UInt8] {
        var writer = OctetWriter()
        writer.put(Self.version)
        writer.put(index)
        writer.put(term)
        writer.put(file)
        writer.put(sizeOctets)
        writer.put(sha256)
        writer.put(configuration.voters)
        writer.put(configuration.learners)
        return writer.octets
    }

    /// `nil` if these are not the octets of one. Octets behind it are left to later versions.
    package init?(_ octets: [UInt8]) {
        var reader = OctetReader(octets)
        guard let version = try? reader.u8(), version == Self.version,
            let index = try? reader.u64(), let term = try? reader.u64(),
            let file = try? reader.u64(), let sizeOctets = try? reader.u64(),
            let sha256 = try? reader.blob(), sha256.count == 32,
            let configuration = try? reader.configuration()
        else { return nil }
        self.init(
            index: index, term: term, file: file, sizeOctets: sizeOctets, sha256: sha256,
            configuration: configuration)
    }
}
