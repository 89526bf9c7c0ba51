/// Cuts a zone file into its entries: comments are left out, lines between parentheses joined (RFC
/// 1035 section 5.1). What is left is printable ASCII.
struct ZoneLineScanner {
    /// One entry.
    struct Line {
        /// Where it begins; the first line is 1.
        let number: Int
        /// Its text, or why it has none.
        let content: Result<String, Failure>
    }

    /// Why an entry cannot be taken apart.
    struct Failure: Error {
        let reason: String
    }

    /// The longest entry: more than the data of any record needs.
    static let lineLimitOctets = 60_000

    private let octets: [UInt8]
    private var position = 0
    private var number = 1

    init(_ octets: [UInt8]) {
        self.octets = octets
    }

    /// The next entry that is not empty; `nil` at the end.
    mutating func next() -> Line? {
        while position < octets.count {
            let start = number
            var entry = Entry()
            read(&entry)
            if let failure = entry.failure {
                return Line(number: start, content: .failure(Failure(reason: failure)))
            }
            if entry.text.contains(where: { $0 != UInt8(ascii: " ") }) {
                let text = String(decoding: entry.text, as: UTF8.self)
                return Line(number: start, content: .success(text))
            }
        }
        return nil
    }

    private struct Entry {
        var text: [UInt8] = []
        var depth = 0
        var isQuoted = false
        var failure: String?
    }

    /// Reads up to the end of an entry; after a failure, up to the end of its line.
    private mutating func read(_ entry: inout Entry) {
        while position < octets.count {
            let octet = octets[position]
            position += 1
            if octet == UInt8(ascii: "\n") {
                number += 1
                if entry.isQuoted { entry.failure = "a quoted text ends on its line" }
                guard entry.depth > 0, entry.failure == nil else { return }
                entry.text.append(UInt8(ascii: " "))
            } else if entry.failure == nil {
                take(octet, &entry)
            }
        }
        if entry.isQuoted { entry.failure = "a quoted text does not end" }
        if entry.depth > 0 { entry.failure = entry.failure ?? "a parenthesis is not closed" }
    }

    private mutating func take(_ octet: UInt8, _ entry: inout Entry) {
        switch octet {
        case UInt8(ascii: "\\"):
            guard position < octets.count, (0x20...0x7E).contains(octets[position]) else {
                entry.failure = "a backslash stands before nothing"
                return
            }
            entry.text += [octet, octets[position]]
            position += 1
        case UInt8(ascii: "\""):
            entry.isQuoted.toggle()
            entry.text.append(octet)
        case UInt8(ascii: ";") where !entry.isQuoted: skipComment()
        case UInt8(ascii: "(") where !entry.isQuoted:
            entry.depth += 1
            entry.text.append(UInt8(ascii: " "))
        case UInt8(ascii: ")") where !entry.isQuoted:
            entry.depth -= 1
            entry.text.append(UInt8(ascii: " "))
            if entry.depth < 0 { entry.failure = "a parenthesis is closed that was not opened" }
        case 0x20...0x7E: entry.text.append(octet)
        case UInt8(ascii: "\t"): entry.text.append(UInt8(ascii: " "))
        case UInt8(ascii: "\r") where position < octets.count && octets[position] == 0x0A: break
        case 0x80...0xFF: entry.text += Array("\\\(octet)".utf8)
        default: entry.failure = "octet \(octet) is no text"
        }
        if entry.text.count > Self.lineLimitOctets {
            entry.failure = "an entry is longer than \(Self.lineLimitOctets) octets"
        }
    }

    private mutating func skipComment() {
        while position < octets.count, octets[position] != UInt8(ascii: "\n") { position += 1 }
    }
}
