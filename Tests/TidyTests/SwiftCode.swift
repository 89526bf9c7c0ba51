/// Tells code from comments and strings, so that a rule about code does not trip over words.
struct SwiftCode {
    private enum Context: Equatable {
        case code
        case lineComment
        case blockComment
        /// A string of so many quotes and number signs.
        case string(quotes: Int, signs: Int)
        /// Code between `\(` and `)` of a string; the number counts open parentheses.
        case interpolation(Int)
    }

    private let text: [UInt8]
    private var offset = 0
    private var contexts: [Context] = [.code]
    private var result: [UInt8] = []

    /// The lines of a Swift file, with comments and the insides of strings replaced by blanks. The
    /// quotes stay.
    static func blanked(_ text: String) -> [String] {
        var scanner = SwiftCode(text: Array(text.utf8))
        scanner.scan()
        let newline = UInt8(ascii: "\n")
        return scanner.result.split(separator: newline, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private init(text: [UInt8]) {
        self.text = text
    }

    private mutating func scan() {
        while offset < text.count {
            switch contexts.last ?? .code {
            case .code, .interpolation: scanCode()
            case .lineComment:
                if starts("\n") { contexts.removeLast() }
                take(blank: true)
            case .blockComment: scanBlockComment()
            case .string(let quotes, let signs): scanString(quotes: quotes, signs: signs)
            }
        }
    }

    private mutating func scanCode() {
        if starts("//") {
            contexts.append(.lineComment)
        } else if starts("/*") {
            contexts.append(.blockComment)
            take(2, blank: true)
        } else if let (quotes, signs) = stringOpening() {
            contexts.append(.string(quotes: quotes, signs: signs))
            take(quotes + signs, blank: false)
        } else {
            countParentheses()
            take(blank: false)
        }
    }

    private mutating func countParentheses() {
        guard case .interpolation(let depth) = contexts.last else { return }
        if starts("(") {
            contexts[contexts.count - 1] = .interpolation(depth + 1)
        } else if starts(")") {
            contexts.removeLast()
            if depth > 1 { contexts.append(.interpolation(depth - 1)) }
        }
    }

    private mutating func scanBlockComment() {
        if starts("*/") {
            contexts.removeLast()
            take(2, blank: true)
        } else if starts("/*") {
            contexts.append(.blockComment)
            take(2, blank: true)
        } else {
            take(blank: true)
        }
    }

    private mutating func scanString(quotes: Int, signs: Int) {
        let marks = String(repeating: "#", count: signs)
        let isOverAtLineEnd = quotes == 1 && starts("\n")
        if isOverAtLineEnd || starts(String(repeating: "\"", count: quotes) + marks) {
            contexts.removeLast()
            take(isOverAtLineEnd ? 1 : quotes + signs, blank: false)
        } else if starts("\\" + marks + "(") {
            contexts.append(.interpolation(1))
            take(2 + signs, blank: true)
        } else if starts("\\" + marks) {
            take(2 + signs, blank: true)
        } else {
            take(blank: true)
        }
    }

    /// How many quotes and number signs open a string here, if one opens.
    private func stringOpening() -> (quotes: Int, signs: Int)? {
        var signs = 0
        while offset + signs < text.count, text[offset + signs] == UInt8(ascii: "#") { signs += 1 }
        let rest = text[(offset + signs)...]
        if rest.starts(with: "\"\"\"".utf8) { return (3, signs) }
        return rest.first == UInt8(ascii: "\"") ? (1, signs) : nil
    }

    private func starts(_ prefix: String) -> Bool {
        text[offset...].starts(with: prefix.utf8)
    }

    private mutating func take(_ count: Int = 1, blank: Bool) {
        for byte in text[offset...].prefix(count) {
            result.append(blank && byte != UInt8(ascii: "\n") ? UInt8(ascii: " ") : byte)
        }
        offset += count
    }
}
