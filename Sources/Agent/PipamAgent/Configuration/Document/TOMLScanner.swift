import Inventory

/// Walks a TOML document once and notes the line of every key and list element.
///
/// It knows TOML's outline (headers, dotted keys, strings, lists, inline tables; TOML 1.0.0) and of
/// the other values only those that keys of ours take; what it lets pass may still be refused by
/// TOMLKit. It stands before TOMLKit since the C++ below that trusts its input too much: tables go
/// by recursion, one step per part of a dotted key, and one line of notes could hold thousands; a
/// NUL in a text hides what follows it; some broken headers and dates fail an assertion.
struct TOMLScanner {
    /// One step on the way from the root to a value.
    enum Step: Hashable {
        case key(String)
        case index(Int)
    }

    /// Lists and inline tables inside one another.
    static let maximumDepth = 16
    /// Keys between dots, and keys from the root to any value.
    static let maximumKeyParts = 16

    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var lines: [[Step]: Int] = [:]
    /// What has its value: no later key may open or continue it.
    private var assigned: Set<[Step]> = []
    /// Tables that a header opened, which it may do once.
    private var opened: Set<[Step]> = []
    /// How many elements each `[[list]]` has so far.
    private var listCounts: [[Step]: Int] = [:]

    /// Scans `bytes`, which need not be valid in any way.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The line of each key and list element, counted from 1.
    mutating func scan() throws(DocumentError) -> [[Step]: Int] {
        var table: [Step] = []
        skipByteOrderMark()
        while true {
            skipBlanks(withNewlines: true)
            guard let byte = peek else { return lines }
            if byte == UInt8(ascii: "[") {
                table = try header()
            } else {
                try assignment(in: table, depth: 0)
            }
            try endOfLine()
        }
    }

    // MARK: Statements

    /// `[a.b]` or `[[a.b]]`; gives the path that the keys below it start from.
    private mutating func header() throws(DocumentError) -> [Step] {
        let startLine = line
        advance()
        let isList = take(UInt8(ascii: "["))
        let parts = try dottedKey()
        try expect("]")
        if isList { try expect("]") }

        var path: [Step] = []
        for (index, part) in parts.enumerated() {
            path.append(.key(part))
            try refuseSecond(path, in: assigned)
            note(path, startLine)
            let isLast = index == parts.count - 1
            if isList && isLast {
                let count = listCounts[path, default: 0]
                listCounts[path] = count + 1
                path.append(.index(count))
                note(path, startLine)
            } else if let count = listCounts[path] {
                path.append(.index(count - 1))
            }
        }
        try refuseSecond(path, in: opened)
        opened.insert(path)
        return path
    }

    /// `a.b = value`.
    private mutating func assignment(in table: [Step], depth: Int) throws(DocumentError) {
        let startLine = line
        let parts = try dottedKey()
        var path = table
        for part in parts.dropLast() {
            path.append(.key(part))
            try refuseSecond(path, in: assigned)
            note(path, startLine)
        }
        path += parts.suffix(1).map(Step.key)
        guard lines[path] == nil else { throw givenTwice(path) }
        note(path, startLine)
        guard path.count <= 2 * Self.maximumKeyParts else {
            throw failure("tables nested more than \(Self.maximumKeyParts) deep")
        }
        skipBlanks()
        try expect("=")
        skipBlanks()
        try value(at: path, depth: depth)
        assigned.insert(path)
    }

    private mutating func endOfLine() throws(DocumentError) {
        skipBlanks()
        if peek == UInt8(ascii: "\r") { advance() }
        guard let byte = peek else { return }
        guard byte == UInt8(ascii: "\n") else {
            throw failure("something stands behind the end of the value")
        }
    }

    // MARK: Values

    private mutating func value(at path: [Step], depth: Int) throws(DocumentError) {
        guard depth <= Self.maximumDepth else {
            throw failure("lists and tables nested more than \(Self.maximumDepth) deep")
        }
        switch peek {
        case UInt8(ascii: "["):
            try list(at: path, depth: depth + 1)
        case UInt8(ascii: "{"):
            try inlineTable(at: path, depth: depth + 1)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            _ = try string(allowsManyLines: true)
        default:
            try bareValue(at: path)
        }
    }

    private mutating func list(at path: [Step], depth: Int) throws(DocumentError) {
        advance()
        var index = 0
        while true {
            skipBlanks(withNewlines: true)
            if take(UInt8(ascii: "]")) { return }
            let elementPath = path + [.index(index)]
            note(elementPath, line)
            try value(at: elementPath, depth: depth)
            index += 1
            skipBlanks(withNewlines: true)
            if take(UInt8(ascii: "]")) { return }
            try expect(",")
        }
    }

    private mutating func inlineTable(at path: [Step], depth: Int) throws(DocumentError) {
        advance()
        skipBlanks()
        if take(UInt8(ascii: "}")) { return }
        while true {
            try assignment(in: path, depth: depth)
            skipBlanks()
            if take(UInt8(ascii: "}")) { return }
            try expect(",")
            skipBlanks()
        }
    }

    /// `true`, `false` or a decimal number. Nothing else is let through: no key of ours takes
    /// fractions or dates, and toml++ 3.4.0 fails an assertion at a date whose time does not begin
    /// with a digit. What stands there is not quoted: it may be a secret without its quotes.
    private mutating func bareValue(at path: [Step]) throws(DocumentError) {
        let start = offset
        while let byte = peek, !" \t,]}#\r\n".utf8.contains(byte) {
            advance()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard !text.isEmpty else { throw failure("a value is missing") }
        let isNumber = !text.hasPrefix("_") && Int64(text.replacing("_", with: "")) != nil
        guard text == "true" || text == "false" || isNumber else {
            throw failure(
                "\(Self.text(of: path)): found neither true nor false nor a whole number; a text "
                    + "stands in quotes")
        }
    }

    private static func text(of path: [Step]) -> String {
        KeyText.text(
            of: path.compactMap { step in
                if case .key(let key) = step { key } else { nil }
            })
    }

    // MARK: Keys and strings

    private mutating func dottedKey() throws(DocumentError) -> [String] {
        var parts: [String] = []
        repeat {
            skipBlanks()
            parts.append(try keyPart())
            skipBlanks()
            guard parts.count <= Self.maximumKeyParts else {
                throw failure("a key of more than \(Self.maximumKeyParts) parts")
            }
        } while take(UInt8(ascii: "."))
        return parts
    }

    private mutating func keyPart() throws(DocumentError) -> String {
        if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") {
            return try string(allowsManyLines: false)
        }
        let start = offset
        while let byte = peek, byte.isLetterOrDigit || "-_".utf8.contains(byte) {
            advance()
        }
        guard offset > start else { throw failure("a key is missing") }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// A string in any of the four forms, without its quotes.
    private mutating func string(allowsManyLines: Bool) throws(DocumentError) -> String {
        guard let quote = peek else { throw failure("a string is missing") }
        let quotes = [quote, quote, quote]
        let isTriple = allowsManyLines && bytes[offset...].starts(with: quotes)
        let escapes = quote == UInt8(ascii: "\"")
        let startLine = line
        advance(by: isTriple ? 3 : 1)
        var content: [UInt8] = []
        while let byte = peek {
            if byte == quote, endString(quote, isTriple: isTriple) {
                return String(decoding: content, as: UTF8.self)
            }
            guard isTriple || byte != UInt8(ascii: "\n") else { break }
            advance()
            if escapes && byte == UInt8(ascii: "\\") {
                content += try escape()
            } else {
                content.append(byte)
            }
        }
        throw DocumentError(line: startLine, reason: "a string does not end")
    }

    /// At a quote: takes the closing quotes if these are they. Of four or five quotes in a row the
    /// last three close, the ones before are content.
    private mutating func endString(_ quote: UInt8, isTriple: Bool) -> Bool {
        guard isTriple else {
            advance()
            return true
        }
        let run = bytes[offset...].prefix(4)
        guard run.count >= 3, run.prefix(3).allSatisfy({ $0 == quote }) else { return false }
        guard run.count < 4 || run.last != quote else { return false }
        advance(by: 3)
        return true
    }

    /// Behind a backslash. Only what can make up a key or hide a NUL is decoded; the rest is
    /// TOMLKit's business.
    private mutating func escape() throws(DocumentError) -> [UInt8] {
        guard let byte = peek else { throw failure("a string does not end") }
        advance()
        let digitCount: Int
        switch byte {
        case UInt8(ascii: "u"): digitCount = 4
        case UInt8(ascii: "U"): digitCount = 8
        default: return [byte]
        }
        let digits = String(decoding: bytes[offset...].prefix(digitCount), as: UTF8.self)
        guard digits.utf8.count == digitCount, let number = UInt32(digits, radix: 16),
            let scalar = Unicode.Scalar(number), number != 0
        else {
            // Without the digits, which may be part of a secret with a backslash in it.
            throw failure("a \\\(Character(Unicode.Scalar(byte))) without a character to use")
        }
        advance(by: digitCount)
        return Array(String(scalar).utf8)
    }

    // MARK: Moving on

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func advance(by count: Int = 1) {
        for _ in 0..<count where offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "\n") { line += 1 }
            offset += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        advance()
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(DocumentError) {
        guard take(UInt8(ascii: character)) else {
            throw failure("'\(character)' is missing")
        }
    }

    private mutating func skipByteOrderMark() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { advance(by: 3) }
    }

    /// Skips spaces, tabs and a comment; with `withNewlines` also line ends, and all of it again.
    private mutating func skipBlanks(withNewlines: Bool = false) {
        while let byte = peek {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                advance()
            case UInt8(ascii: "#"):
                while let next = peek, next != UInt8(ascii: "\n") { advance() }
            case UInt8(ascii: "\n") where withNewlines, UInt8(ascii: "\r") where withNewlines:
                advance()
            default:
                return
            }
        }
    }

    /// The first mention counts: a key may be opened by one header and continued by another.
    private mutating func note(_ path: [Step], _ line: Int) {
        if lines[path] == nil { lines[path] = line }
    }

    /// toml++ would refuse it too, but calls the key by some of its parts twice.
    private func refuseSecond(
        _ path: [Step], in known: Set<[Step]>
    ) throws(DocumentError) {
        if known.contains(path) { throw givenTwice(path) }
    }

    private func givenTwice(_ path: [Step]) -> DocumentError {
        failure("\(Self.text(of: path)): given twice; remove one")
    }

    private func failure(_ reason: String) -> DocumentError {
        DocumentError(line: line, reason: reason)
    }
}
