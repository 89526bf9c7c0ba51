/// How each side of a connection says who it is. The certificate proves the identity; the rest is
/// for both to notice that they do not belong together.
struct Hello: Hashable {
    /// What a connection is for.
    enum Purpose: UInt8 {
        /// The engine's messages, and questions beside them.
        case messages = 1
        /// One snapshot.
        case snapshot = 2
        /// One question, also by somebody who is no member.
        case question = 3
    }

    /// The versions of this protocol that we speak.
    static let versions: ClosedRange<UInt32> = 1...1
    private static let maximumTextOctets = 512

    let versions: ClosedRange<UInt32>
    let purpose: Purpose
    /// Names the cluster.
    let cluster: String
    /// The name in the certificate.
    let identity: String
    /// Absent if it has none yet.
    let replica: ReplicaID?
    /// Grows with each start of the agent.
    let incarnation: UInt64

    /// Says what a frame can carry.
    func encoded() -> [UInt8] {
        var writer = OctetWriter()
        writer.put(versions.lowerBound)
        writer.put(versions.upperBound)
        writer.put(purpose.rawValue)
        writer.put(cluster)
        writer.put(identity)
        writer.put(replica?.number ?? 0)
        writer.put(incarnation)
        return writer.octets
    }

    init(
        versions: ClosedRange<UInt32> = Self.versions, purpose: Purpose, cluster: String,
        identity: String, replica: ReplicaID?, incarnation: UInt64
    ) {
        self.versions = versions
        self.purpose = purpose
        self.cluster = cluster
        self.identity = identity
        self.replica = replica
        self.incarnation = incarnation
    }

    /// `nil` if it cannot be understood. Octets behind it are left to later versions.
    init?(_ octets: [UInt8]) {
        var reader = OctetReader(octets)
        guard let oldest = try? reader.u32(), let newest = try? reader.u32(), oldest <= newest,
            let number = try? reader.u8(), let purpose = Purpose(rawValue: number),
            let cluster = Self.text(try? reader.blob()),
            let identity = Self.text(try? reader.blob()), let replica = try? reader.u64(),
            let incarnation = try? reader.u64()
        else { return nil }
        self.init(
            versions: oldest...newest, purpose: purpose, cluster: cluster, identity: identity,
            replica: ReplicaID(replica), incarnation: incarnation)
    }

    /// Plain ASCII only: it is compared and logged.
    private static func text(_ octets: [UInt8]?) -> String? {
        guard let octets, octets.count <= maximumTextOctets,
            octets.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return String(decoding: octets, as: UTF8.self)
    }
}

/// A question or an answer: a number that brings them together, and the octets.
struct Exchange: Hashable {
    let number: UInt32
    /// Of a question: milliseconds until nobody waits for the answer. Of an answer: 0 if it is one,
    /// anything else if there is none.
    let word: UInt32
    let octets: [UInt8]

    /// What stands before the octets.
    static let headOctets = 8
    /// The most octets that fit a frame.
    static let maximumOctets = FrameHeader.maximumOctets - headOctets

    func encoded() -> [UInt8] {
        var writer = OctetWriter()
        writer.put(number)
        writer.put(word)
        return writer.octets + octets
    }

    init(number: UInt32, word: UInt32, octets: [UInt8]) {
        self.number = number
        self.word = word
        self.octets = octets
    }

    init?(_ octets: [UInt8]) {
        var reader = OctetReader(octets)
        guard let number = try? reader.u32(), let word = try? reader.u32() else { return nil }
        self.init(number: number, word: word, octets: Array(octets.dropFirst(Self.headOctets)))
    }
}

/// How a snapshot is announced.
struct SnapshotOffer: Hashable {
    let descriptor: SnapshotDescriptor
    /// The engine's message, to be stepped when the file is complete.
    let message: [UInt8]

    func encoded() -> [UInt8] {
        var writer = OctetWriter()
        writer.put(descriptor.encoded())
        writer.put(message)
        return writer.octets
    }

    init(descriptor: SnapshotDescriptor, message: [UInt8]) {
        self.descriptor = descriptor
        self.message = message
    }

    init?(_ octets: [UInt8]) {
        var reader = OctetReader(octets)
        guard let blob = try? reader.blob(), let message = try? reader.blob(),
            let descriptor = SnapshotDescriptor(blob)
        else { return nil }
        self.init(descriptor: descriptor, message: message)
    }
}
