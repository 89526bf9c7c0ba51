import Inventory
import Zones

/// What holds while a zone file is read: $ORIGIN, $TTL and the last owner.
struct ZoneTextContext {
    /// Why an entry is not taken.
    struct Refusal: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }

    private var origin: DomainName
    private var ttlSeconds: UInt32
    private var owner: DomainName?

    /// The longest time to live (RFC 2181 section 8).
    private static let ttlLimitSeconds: UInt64 = 1 << 31 - 1
    /// ldns 1.8.4 takes it for TXT.
    private static let wallet = RecordType(rawValue: 262)

    init(origin: DomainName, ttlSeconds: UInt32) {
        self.origin = origin
        self.ttlSeconds = ttlSeconds
    }

    /// The record of an entry; `nil` for a directive.
    mutating func read(_ line: ZoneLineScanner.Line) throws(Refusal) -> ZoneTextRecord? {
        switch line.content {
        case .failure(let failure): throw Refusal(failure.reason)
        case .success(let text):
            if text.first == "$" {
                try follow(text)
                return nil
            }
            return try record(text, at: line.number)
        }
    }

    private mutating func follow(_ text: String) throws(Refusal) {
        let words = text.split(separator: " ")
        switch words[0].uppercased() {
        case "$ORIGIN":
            guard words.count == 2 else { throw Refusal("$ORIGIN needs one name") }
            origin = try name(words[1])
        case "$TTL":
            guard words.count == 2, let ttl = Self.seconds(words[1]) else {
                throw Refusal("$TTL needs a time of at most \(Self.ttlLimitSeconds) s")
            }
            ttlSeconds = ttl
        case "$INCLUDE":
            throw Refusal("$INCLUDE is not followed; put the other file's records here")
        default: throw Refusal("\(words[0]) is no directive that is known here")
        }
    }

    private mutating func record(
        _ text: String, at number: Int
    ) throws(Refusal) -> ZoneTextRecord {
        var rest = text[...]
        let owner: DomainName
        if rest.first == " " {
            guard let last = self.owner else { throw Refusal("the first record has no name") }
            owner = last
        } else {
            owner = try name(Self.word(&rest))
            self.owner = owner
        }
        var ttl: UInt32?
        var hasClass = false
        while true {
            let word = Self.word(&rest)
            guard !word.isEmpty else { throw Refusal("\(owner): there is no record type") }
            if ttl == nil, let seconds = Self.seconds(word) {
                ttl = seconds
            } else if !hasClass, try Self.isClass(word) {
                hasClass = true
            } else {
                let type = try Self.type(word)
                let key = RecordSetKey(owner: owner, type: type)
                return ZoneTextRecord(
                    key: key, ttlSeconds: ttl ?? ttlSeconds,
                    data: try data(String(rest), of: key), line: number)
            }
        }
    }

    private func data(_ text: String, of key: RecordSetKey) throws(Refusal) -> [UInt8] {
        do throws(LDNSRecord.Refusal) {
            return try LDNSRecord.data(text, type: key.type, origin: origin)
        } catch {
            throw Refusal("\(key): \(error.reason)")
        }
    }

    /// A name of the file: "@" is the origin, and what has no dot at its end lies in it.
    private func name(_ text: Substring) throws(Refusal) -> DomainName {
        if text == "@" { return origin }
        guard let name = DomainName(text) else { throw Refusal("\"\(text)\" is no name") }
        guard !Self.isAbsolute(text) else { return name }
        let whole = DomainName(wire: name.wire.dropLast() + origin.wire)
        guard let whole else { throw Refusal("\(text).\(origin) is longer than 255 octets") }
        return whole
    }

    /// It ends with a dot that is not escaped.
    private static func isAbsolute(_ text: Substring) -> Bool {
        guard text.last == "." else { return false }
        return text.dropLast().reversed().prefix { $0 == "\\" }.count % 2 == 0
    }

    private static func type(_ word: Substring) throws(Refusal) -> RecordType {
        guard let type = RecordType(mnemonic: word.uppercased()), type != wallet else {
            throw Refusal("\(word) is no record type that is known here; TYPE65280 \\# 1 00 is")
        }
        guard !type.isForMessages else { throw Refusal("zones hold no records of type \(type)") }
        return type
    }

    private static func isClass(_ word: Substring) throws(Refusal) -> Bool {
        switch word.uppercased() {
        case "IN": return true
        case "CH", "CHAOS", "HS", "CS": throw Refusal("\(word) is not the class IN")
        default: return false
        }
    }

    /// The next word, which is taken from the text.
    private static func word(_ text: inout Substring) -> Substring {
        text = text.drop { $0 == " " }
        let word = text.prefix { $0 != " " }
        text = text[word.endIndex...]
        return word
    }

    /// "300", "5m", "1h30m".
    private static func seconds(_ text: Substring) -> UInt32? {
        var sum: UInt64 = 0
        var rest = text.utf8[...]
        guard !rest.isEmpty, rest.count <= 16 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard let number = UInt64(String(digits) ?? ""), number <= ttlLimitSeconds else {
                return nil
            }
            rest = rest[digits.endIndex...]
            let unit: UInt64
            switch rest.popFirst().map({ $0 | 0x20 }) {
            case nil, UInt8(ascii: "s"): unit = 1
            case UInt8(ascii: "m"): unit = 60
            case UInt8(ascii: "h"): unit = 3_600
            case UInt8(ascii: "d"): unit = 86_400
            case UInt8(ascii: "w"): unit = 604_800
            default: return nil
            }
            sum += number * unit
        }
        return sum <= ttlLimitSeconds ? UInt32(sum) : nil
    }
}
