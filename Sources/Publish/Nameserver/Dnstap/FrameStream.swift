/// Frame Streams, the form in which dnstap travels: frames behind their lengths, and control frames
/// behind a length of 0. Over a socket both sides agree on the content first:
///
///     writer: READY ──>        what it has
///             <── ACCEPT       the reader takes it
///     writer: START ──> frames ──> STOP
///             <── FINISH       the reader had everything
enum FrameStream {
    /// What is in the frames.
    static let contentType = Array("protobuf:dnstap.Dnstap".utf8)
    /// A control frame is no longer, behind its length.
    static let maximumControlOctets = 512

    enum Control: UInt32 {
        case accept = 1
        case start = 2
        case stop = 3
        case ready = 4
        case finish = 5

        /// It says what the content is.
        fileprivate var hasContentType: Bool {
            switch self {
            case .accept, .start, .ready: true
            case .stop, .finish: false
            }
        }
    }

    private static let contentTypeField: UInt32 = 1
    private static let wordOctets = 4

    /// A data frame: its length goes before it.
    static func append(_ frame: [UInt8], to octets: inout [UInt8]) {
        append(UInt32(frame.count), to: &octets)
        octets += frame
    }

    /// A control frame as it is sent.
    static func control(_ control: Control) -> [UInt8] {
        var body: [UInt8] = []
        append(control.rawValue, to: &body)
        if control.hasContentType {
            append(contentTypeField, to: &body)
            append(UInt32(contentType.count), to: &body)
            body += contentType
        }
        var octets: [UInt8] = []
        append(0, to: &octets)
        append(UInt32(body.count), to: &octets)
        return octets + body
    }

    /// What came from the other side.
    enum Reading: Equatable {
        /// More has to come.
        case incomplete
        /// It is no control frame of this protocol, or one for other content.
        case malformed
        /// A control frame, with its length.
        case control(Control, octets: Int)
    }

    /// Reads a control frame at the start of what came. A reader sends nothing else. An ACCEPT has
    /// to name our content; one that names none takes any.
    static func read(_ octets: [UInt8]) -> Reading {
        guard octets.count >= 2 * wordOctets else { return .incomplete }
        let length = Int(word(octets, at: wordOctets))
        guard word(octets, at: 0) == 0, (wordOctets...maximumControlOctets).contains(length) else {
            return .malformed
        }
        let end = 2 * wordOctets + length
        guard octets.count >= end else { return .incomplete }
        guard let control = Control(rawValue: word(octets, at: 2 * wordOctets)),
            let types = contentTypes(octets[(3 * wordOctets)..<end])
        else { return .malformed }
        if control == .accept, !types.isEmpty, !types.contains(contentType[...]) {
            return .malformed
        }
        return .control(control, octets: end)
    }

    /// The fields of a control frame, all of which are content types; `nil` if they are not.
    private static func contentTypes(_ fields: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var types: [ArraySlice<UInt8>] = []
        var rest = fields
        while !rest.isEmpty {
            guard rest.count >= 2 * wordOctets else { return nil }
            let kind = word(Array(rest.prefix(wordOctets)), at: 0)
            let length = Int(word(Array(rest.dropFirst(wordOctets).prefix(wordOctets)), at: 0))
            rest = rest.dropFirst(2 * wordOctets)
            guard kind == contentTypeField, length <= rest.count else { return nil }
            types.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return types
    }

    private static func append(_ word: UInt32, to octets: inout [UInt8]) {
        for shift in stride(from: 24, through: 0, by: -8) {
            octets.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
        }
    }

    private static func word(_ octets: [UInt8], at offset: Int) -> UInt32 {
        octets[offset..<offset + wordOctets].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
