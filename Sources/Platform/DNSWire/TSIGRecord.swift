/// A TSIG record as it stands in a message (RFC 8945 section 4.2); nothing of it was verified.
package struct TSIGRecord: Equatable, Sendable {
    /// Octets of a time.
    static let timeOctets = 6

    /// Where it begins.
    package let offset: Int
    /// The key's name in wire form, in lower case.
    package let keyName: [UInt8]
    /// The algorithm's name in wire form, in lower case.
    package let algorithmName: [UInt8]
    /// When it was made, in seconds since 1970; 48 bits.
    package let timeSeconds: UInt64
    /// How far the clocks may differ, in seconds.
    package let fudgeSeconds: UInt16
    /// The signature; shorter than the algorithm makes it if it was shortened.
    package let code: [UInt8]
    /// The message's id when it was signed.
    package let originalID: UInt16
    /// What was wrong with the signature of the request; 0 if nothing.
    package let error: UInt16
    /// With BADTIME, the server's time.
    package let other: [UInt8]

    /// Reads the record at an offset. `nil` if it is no TSIG record, does not end the message, or
    /// has a compressed name: nobody writes it so, as the signature covers the name as it is.
    package init?(_ message: Span<UInt8>, at offset: Int) {
        var reader = TSIGReader(offset: offset)
        guard let keyName = reader.name(message), let type = reader.number16(message),
            let recordClass = reader.number16(message), let ttlHigh = reader.number16(message),
            let ttlLow = reader.number16(message), let length = reader.number16(message)
        else { return nil }
        let end = reader.offset + Int(length)
        // Class ANY and no time to live (RFC 8945 section 4.2).
        guard type == RecordTypeNumber.tsig, recordClass == 255, ttlHigh == 0, ttlLow == 0,
            end == message.count
        else { return nil }
        guard let algorithmName = reader.name(message), let timeHigh = reader.number16(message),
            let timeMiddle = reader.number16(message), let timeLow = reader.number16(message),
            let fudge = reader.number16(message), let code = reader.counted(message),
            let originalID = reader.number16(message), let error = reader.number16(message),
            let other = reader.counted(message), reader.offset == end
        else { return nil }
        self.offset = offset
        self.keyName = keyName
        self.algorithmName = algorithmName
        timeSeconds = UInt64(timeHigh) << 32 | UInt64(timeMiddle) << 16 | UInt64(timeLow)
        fudgeSeconds = fudge
        self.code = code
        self.originalID = originalID
        self.error = error
        self.other = other
    }

    /// Made here, to be written.
    init(
        keyName: [UInt8], algorithmName: [UInt8], timeSeconds: UInt64, fudgeSeconds: UInt16,
        code: [UInt8], originalID: UInt16, error: UInt16, other: [UInt8]
    ) {
        offset = 0
        self.keyName = keyName
        self.algorithmName = algorithmName
        self.timeSeconds = timeSeconds
        self.fudgeSeconds = fudgeSeconds
        self.code = code
        self.originalID = originalID
        self.error = error
        self.other = other
    }

    /// Adds the record to a message, which counts it.
    func append(to message: inout [UInt8]) {
        message += keyName
        message += Self.octets(RecordTypeNumber.tsig) + [0, 255, 0, 0, 0, 0]
        let data =
            algorithmName + time + Self.octets(fudgeSeconds) + Self.octets(UInt16(code.count))
            + code + Self.octets(originalID) + Self.octets(error)
            + Self.octets(UInt16(other.count)) + other
        message += Self.octets(UInt16(data.count)) + data
        let count = (UInt16(message[10]) << 8 | UInt16(message[11])) &+ 1
        message[10] = UInt8(truncatingIfNeeded: count >> 8)
        message[11] = UInt8(truncatingIfNeeded: count)
    }

    /// The time as it stands in the record.
    var time: [UInt8] { Self.time(timeSeconds) }

    static func time(_ seconds: UInt64) -> [UInt8] {
        (0..<timeOctets).map { UInt8(truncatingIfNeeded: seconds >> UInt64(40 - 8 * $0)) }
    }

    static func octets(_ number: UInt16) -> [UInt8] {
        [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
    }
}

/// Reads a message from an offset on; every part is `nil` if it runs over the end.
private struct TSIGReader {
    private(set) var offset: Int

    mutating func number16(_ message: Span<UInt8>) -> UInt16? {
        guard offset >= 0, offset + 2 <= message.count else { return nil }
        defer { offset += 2 }
        return message.number16(at: offset)
    }

    mutating func name(_ message: Span<UInt8>) -> [UInt8]? {
        guard offset >= 0 else { return nil }
        var room = [UInt8](repeating: 0, count: QuestionName.maximumOctets)
        var span = room.mutableSpan
        guard let end = QuestionName.read(from: message, at: offset, into: &span) else {
            return nil
        }
        defer { offset = end }
        return Array(room.prefix(end - offset))
    }

    /// Octets behind their number.
    mutating func counted(_ message: Span<UInt8>) -> [UInt8]? {
        guard let count = number16(message).map(Int.init), offset + count <= message.count else {
            return nil
        }
        defer { offset += count }
        return (offset..<offset + count).map { message[$0] }
    }
}
