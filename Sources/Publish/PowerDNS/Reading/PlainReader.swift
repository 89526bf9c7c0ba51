/// Reads an element of `rrsets` as PowerDNS writes nearly all of them: the documented members in
/// any order, each once, in printable ASCII, with whole numbers. What is otherwise is left to
/// jansson, whose tree takes many times as long to make. What is read here means the same there.
struct PlainReader {
    private struct NotPlain: Error {}

    private enum Member: Int, CaseIterable {
        case name, type, ttl, records, comments, content, disabled, account, modifiedAt

        var text: StaticString {
            switch self {
            case .name: "name"
            case .type: "type"
            case .ttl: "ttl"
            case .records: "records"
            case .comments: "comments"
            case .content: "content"
            case .disabled: "disabled"
            case .account: "account"
            case .modifiedAt: "modified_at"
            }
        }

        static let all = allCases.map { ($0, $0.text.withUTF8Buffer { Array($0) }) }
    }

    /// More than any time to live or date has, and `Int` has room for.
    private static let maximumDigits = 10

    private let octets: [UInt8]
    private var position: Int
    private let end: Int

    /// The element at some octets; `nil` if it is not so plain.
    static func set(_ octets: [UInt8], at element: Range<Int>) -> RawSet? {
        var reader = PlainReader(
            octets: octets, position: element.lowerBound, end: element.upperBound)
        do {
            let set = try reader.set()
            return try reader.next() == nil ? set : nil
        } catch {
            return nil
        }
    }

    private mutating func set() throws(NotPlain) -> RawSet {
        var set = RawSet()
        let seen = try object { (reader: inout PlainReader, member) throws(NotPlain) in
            switch member {
            case .name: set.name = try reader.text()
            case .type: set.type = try reader.text()
            case .ttl: set.ttl = try reader.number()
            case .records:
                try reader.array { (reader: inout PlainReader) throws(NotPlain) in
                    set.records.append(try reader.record())
                }
            case .comments:
                try reader.array { (reader: inout PlainReader) throws(NotPlain) in
                    set.comments.append(try reader.comment())
                }
            case .content, .disabled, .account, .modifiedAt: throw NotPlain()
            }
        }
        // Comments are missing where the backend has none.
        guard seen.isSuperset(of: [.name, .type, .ttl, .records]) else { throw NotPlain() }
        return set
    }

    private mutating func record() throws(NotPlain) -> RawSet.Record {
        var content = ""
        var isDisabled = false
        let seen = try object { (reader: inout PlainReader, member) throws(NotPlain) in
            switch member {
            case .content: content = try reader.text()
            case .disabled: isDisabled = try reader.flag()
            default: throw NotPlain()
            }
        }
        guard seen.isSuperset(of: [.content, .disabled]) else { throw NotPlain() }
        return RawSet.Record(content: content, isDisabled: isDisabled)
    }

    private mutating func comment() throws(NotPlain) -> Comment {
        var account = ""
        var content = ""
        var modifiedAt = 0
        let seen = try object { (reader: inout PlainReader, member) throws(NotPlain) in
            switch member {
            case .account: account = try reader.text()
            case .content: content = try reader.text()
            case .modifiedAt: modifiedAt = try reader.number()
            default: throw NotPlain()
            }
        }
        guard seen.isSuperset(of: [.account, .content, .modifiedAt]) else { throw NotPlain() }
        return Comment(account: account, content: content, modifiedAt: modifiedAt)
    }
}

// MARK: - Grammar (RFC 8259)

extension PlainReader {
    /// Members that stand in an object, each once.
    private struct Seen {
        private var bits = 0

        mutating func insert(_ member: Member) -> Bool {
            defer { bits |= 1 << member.rawValue }
            return bits & 1 << member.rawValue == 0
        }

        func isSuperset(of members: [Member]) -> Bool {
            members.allSatisfy { bits & 1 << $0.rawValue != 0 }
        }
    }

    private mutating func object(
        _ read: (inout PlainReader, Member) throws(NotPlain) -> Void
    ) throws(NotPlain) -> Seen {
        var seen = Seen()
        try expect(UInt8(ascii: "{"))
        repeat {
            let name = try string()
            guard !name.isEscaped,
                let member = Member.all.first(where: { has($0.1, at: name.range) })?.0,
                seen.insert(member)
            else { throw NotPlain() }
            try expect(UInt8(ascii: ":"))
            try read(&self, member)
        } while try goesOn(until: UInt8(ascii: "}"))
        return seen
    }

    /// Goes by the count first, which nearly all names differ in.
    private func has(_ text: [UInt8], at range: Range<Int>) -> Bool {
        guard text.count == range.count else { return false }
        for index in text.indices where octets[range.lowerBound + index] != text[index] {
            return false
        }
        return true
    }

    private mutating func array(
        _ read: (inout PlainReader) throws(NotPlain) -> Void
    ) throws(NotPlain) {
        try expect(UInt8(ascii: "["))
        if try next() == UInt8(ascii: "]") {
            position += 1
            return
        }
        repeat { try read(&self) } while try goesOn(until: UInt8(ascii: "]"))
    }

    private mutating func goesOn(until last: UInt8) throws(NotPlain) -> Bool {
        let octet = try next()
        position += 1
        if octet == UInt8(ascii: ",") { return true }
        guard octet == last else { throw NotPlain() }
        return false
    }

    private mutating func expect(_ octet: UInt8) throws(NotPlain) {
        guard try next() == octet else { throw NotPlain() }
        position += 1
    }

    /// The octet after white space, which is not passed; `nil` at the end.
    private mutating func next() throws(NotPlain) -> UInt8? {
        while position < end {
            let octet = octets[position]
            guard octet == 0x20 || octet == 0x0A || octet == 0x0D || octet == 0x09 else {
                return octet
            }
            position += 1
        }
        return nil
    }

    /// What stands between quotes. Of escapes, only those of quote and backslash are plain.
    private mutating func string() throws(NotPlain) -> (range: Range<Int>, isEscaped: Bool) {
        try expect(UInt8(ascii: "\""))
        let start = position
        var isEscaped = false
        while position < end {
            let octet = octets[position]
            if octet == UInt8(ascii: "\"") {
                position += 1
                return (start..<position - 1, isEscaped)
            }
            guard (0x20...0x7E).contains(octet) else { throw NotPlain() }
            if octet == UInt8(ascii: "\\") {
                isEscaped = true
                position += 1
                guard position < end,
                    octets[position] == octet || octets[position] == UInt8(ascii: "\"")
                else { throw NotPlain() }
            }
            position += 1
        }
        throw NotPlain()
    }

    private mutating func text() throws(NotPlain) -> String {
        let (range, isEscaped) = try string()
        guard isEscaped else { return String(decoding: octets[range], as: UTF8.self) }
        var text: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            if octets[index] == UInt8(ascii: "\\") { index += 1 }
            text.append(octets[index])
            index += 1
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Digits without sign, fraction, exponent or zeros in front.
    private mutating func number() throws(NotPlain) -> Int {
        guard let first = try next() else { throw NotPlain() }
        var number = 0
        let start = position
        while position < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octets[position]) {
            guard position - start < Self.maximumDigits else { throw NotPlain() }
            number = number * 10 + Int(octets[position] - UInt8(ascii: "0"))
            position += 1
        }
        let count = position - start
        guard count == 1 || count > 1 && first != UInt8(ascii: "0") else { throw NotPlain() }
        // Whatever else a number may have is no comma and no bracket, and is refused there.
        return number
    }

    private mutating func flag() throws(NotPlain) -> Bool {
        let isTrue = try next() == UInt8(ascii: "t")
        for octet in (isTrue ? "true" : "false").utf8 {
            guard position < end, octets[position] == octet else { throw NotPlain() }
            position += 1
        }
        return isTrue
    }
}
