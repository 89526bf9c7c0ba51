/// What a frame between two agents is for.
enum FrameKind: UInt8, CaseIterable {
    /// The dialling side says who it is and what the connection is for. The first frame.
    case hello = 1
    /// The accepting side says who it is. Its first frame, unless it refuses.
    case welcome = 2
    /// Why the connection ends now.
    case refusal = 3
    /// A message of the engine.
    case message = 4
    /// Asks whether the other side still reads.
    case ping = 5
    /// It does.
    case pong = 6
    /// A snapshot begins: its descriptor and the engine's message.
    case snapshot = 7
    /// The next part of the snapshot's file.
    case chunk = 8
    /// The file is complete.
    case end = 9
    /// Whether the file is on the receiver's disk.
    case stored = 10
    /// A question.
    case request = 11
    /// The answer to it.
    case answer = 12
    /// A question by somebody without a certificate.
    case join = 13
    /// The answer to it.
    case joinAnswer = 14

    /// The most that may be in one, in octets.
    var maximumOctets: Int {
        switch self {
        case .hello, .welcome: 2 * 1024
        case .refusal: 512
        case .message, .snapshot, .request, .answer: FrameHeader.maximumOctets
        case .chunk: 256 * 1024
        case .stored: 1
        case .ping, .pong, .end: 0
        case .join: 16 * 1024
        case .joinAnswer: 64 * 1024
        }
    }
}

/// What is wrong with octets that should be a frame.
enum FrameError: Error, Hashable {
    case unknownKind(UInt8)
    case unknownVersion(UInt8)
    case unknownFlags(UInt16)
    case tooLong(FrameKind, octets: Int)
}

extension FrameError: CustomStringConvertible {
    var description: String {
        switch self {
        case .unknownKind(let kind): "a frame of unknown kind \(kind)"
        case .unknownVersion(let version): "a frame of unknown version \(version)"
        case .unknownFlags(let flags): "a frame with unknown flags \(flags)"
        case .tooLong(let kind, let octets): "a frame of kind \(kind) with \(octets) octets"
        }
    }
}

/// The eight octets before each frame's content, numbers in little-endian order:
///
///     length of the content (4) | kind (1) | version (1) | flags (2)
struct FrameHeader {
    static let octetCount = 8
    /// The most that any frame holds, in octets.
    static let maximumOctets = 1024 * 1024
    static let version: UInt8 = 1

    let kind: FrameKind
    let octets: Int

    /// Reads a header. Throws if there is anything in it that we do not know: what follows it could
    /// not be understood.
    init(_ word: UInt64) throws(FrameError) {
        let number = UInt8(truncatingIfNeeded: word >> 32)
        let version = UInt8(truncatingIfNeeded: word >> 40)
        let flags = UInt16(truncatingIfNeeded: word >> 48)
        guard let kind = FrameKind(rawValue: number) else { throw .unknownKind(number) }
        guard version == Self.version else { throw .unknownVersion(version) }
        guard flags == 0 else { throw .unknownFlags(flags) }
        octets = Int(UInt32(truncatingIfNeeded: word))
        self.kind = kind
        guard octets <= kind.maximumOctets else { throw .tooLong(kind, octets: octets) }
    }

    /// The header of a frame with as many octets.
    static func word(kind: FrameKind, octets: Int) -> UInt64 {
        precondition(octets <= kind.maximumOctets, "\(kind) of \(octets) octets")
        return UInt64(octets) | UInt64(kind.rawValue) << 32 | UInt64(version) << 40
    }
}

/// One frame.
struct Frame: Hashable {
    let kind: FrameKind
    let content: [UInt8]
}

/// Cuts the octets of a connection into frames. Holds at most one incomplete frame and what came
/// with it.
struct FrameReader {
    /// What is kept between frames, in octets.
    private static let keptOctets = 64 * 1024

    /// Content of frames that is taken now, in octets; less while nobody knows who is there.
    var maximumOctets = FrameHeader.maximumOctets

    private var pending: [UInt8] = []
    private var position = 0

    /// Octets that wait for the rest of their frame.
    var pendingOctets: Int { pending.count - position }

    /// Takes what arrived. `next` is to be asked until it has no more before this is called again.
    mutating func take(_ octets: UnsafeRawBufferPointer) {
        if position == pending.count {
            pending.removeAll(keepingCapacity: pending.capacity <= Self.keptOctets)
        } else if position > 0 {
            pending.removeSubrange(..<position)
        }
        position = 0
        pending.append(contentsOf: octets)
    }

    /// The next complete frame.
    mutating func next() throws(FrameError) -> Frame? {
        guard pendingOctets >= FrameHeader.octetCount else { return nil }
        let word = pending.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        }
        let header = try FrameHeader(word)
        guard header.octets <= maximumOctets else {
            throw .tooLong(header.kind, octets: header.octets)
        }
        let start = position + FrameHeader.octetCount
        guard header.octets <= pending.count - start else {
            pending.reserveCapacity(start + header.octets)
            return nil
        }
        position = start + header.octets
        return Frame(kind: header.kind, content: Array(pending[start..<position]))
    }
}
