extension JSONValue {
    /// The deepest nesting that is read.
    package static let maximumDepth = 64
    /// The most values that are read from one document, so that 32 MiB of "[[],[]..." stay small.
    package static let maximumValues = 2_000_000

    /// Reads one document (RFC 8259). Octets that are no UTF-8 become U+FFFD.
    package init(parsing octets: [UInt8]) throws(JSONError) {
        var parser = JSONParser(octets)
        self = try parser.document()
    }
}

/// A recursive reader with bounds on depth and count.
private struct JSONParser {
    private let octets: [UInt8]
    private var position = 0
    private var values = 0

    init(_ octets: [UInt8]) {
        self.octets = octets
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == octets.count else { throw error("something after the document") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= JSONValue.maximumDepth else { throw error("nesting too deep") }
        values += 1
        guard values <= JSONValue.maximumValues else { throw error("too many values") }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if skip(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw error("no member name") }
            let name = try string()
            skipSpace()
            guard skip(UInt8(ascii: ":")) else { throw error("no colon after a member name") }
            members[name] = try value(depth: depth + 1)
            skipSpace()
            if skip(UInt8(ascii: "}")) { return .object(members) }
            guard skip(UInt8(ascii: ",")) else { throw error("no comma between members") }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if skip(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if skip(UInt8(ascii: "]")) { return .array(elements) }
            guard skip(UInt8(ascii: ",")) else { throw error("no comma between elements") }
        }
    }

    private mutating func word(
        _ text: StaticString, _ value: JSONValue
    ) throws(JSONError) -> JSONValue {
        guard octets[position...].starts(with: "\(text)".utf8) else { throw error("unknown word") }
        position += text.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        while let octet = peek, Self.isOfNumber(octet) { position += 1 }
        let text = String(decoding: octets[start..<position], as: UTF8.self)
        if let integer = Int(text) { return .integer(integer) }
        guard let real = Double(text), real.isFinite else {
            position = start
            throw error("no value")
        }
        return .real(real)
    }

    private static func isOfNumber(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default:
            false
        }
    }

    /// A string whose opening quote is next.
    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while let octet = peek, octet != UInt8(ascii: "\""), octet != UInt8(ascii: "\\") {
            position += 1
        }
        if peek == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: octets[start..<position], as: UTF8.self)
        }
        return try escapedString(prefix: octets[start..<position])
    }

    /// The rest of a string that has escapes, behind its first part.
    private mutating func escapedString(prefix: ArraySlice<UInt8>) throws(JSONError) -> String {
        var text = Array(prefix)
        while let octet = peek {
            position += 1
            switch octet {
            case UInt8(ascii: "\""):
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text.append(contentsOf: String(try escape()).utf8)
            default:
                text.append(octet)
            }
        }
        throw error("a string without end")
    }

    /// What stands behind a backslash.
    private mutating func escape() throws(JSONError) -> Character {
        guard let octet = peek else { throw error("a string without end") }
        position += 1
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Character(Unicode.Scalar(octet))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return Character(try unicodeEscape())
        default: throw error("unknown escape")
        }
    }

    /// Four digits, or two times four for a surrogate pair; half a pair becomes U+FFFD.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let first = try fourDigits()
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        let mark = position
        if skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) {
            let second = try fourDigits()
            if UTF16.isTrailSurrogate(second) {
                return UTF16.decode(UTF16.EncodedScalar([first, second]))
            }
        }
        position = mark
        return "\u{FFFD}"
    }

    private mutating func fourDigits() throws(JSONError) -> UInt16 {
        guard octets.count - position >= 4 else { throw error("a string without end") }
        let text = String(decoding: octets[position..<position + 4], as: UTF8.self)
        guard let number = UInt16(text, radix: 16), !text.hasPrefix("+") else {
            throw error("no four hexadecimal digits")
        }
        position += 4
        return number
    }

    private var peek: UInt8? { position < octets.count ? octets[position] : nil }

    private mutating func skip(_ octet: UInt8) -> Bool {
        guard peek == octet else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let octet = peek, octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0D {
            position += 1
        }
    }

    private func error(_ reason: String) -> JSONError {
        JSONError(reason: reason, offset: position)
    }
}
