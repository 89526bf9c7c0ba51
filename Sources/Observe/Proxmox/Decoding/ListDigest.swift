/// By what one answer of `/cluster/resources?type=vm` is told from the next without reading either
/// into values: a digest of everything that `ResourceEntry` reads, straight from the octets.
///
/// The answer comes every few seconds with other numbers for processor, memory and traffic each
/// time, which nobody here wants; reading a thousand guests to find that nothing has changed was
/// most of what an agent at rest did.
struct ListDigest: Equatable {
    /// How long a guest has been running, as listed.
    struct Uptime: Equatable {
        let vmid: UInt32
        /// Seconds; 0 when not listed.
        let seconds: Int
    }

    /// Equal for equal guests, in whatever order they and their members stand; another one in
    /// another process, so that nobody who names guests can aim at two equal ones.
    let value: UInt64
    /// Of all guests, in the order of the list. Not part of the digest: they grow.
    let uptimes: [Uptime]

    /// `nil` for an answer that is not of the usual form, which has to be read then.
    init?(_ body: [UInt8]) {
        var scan = ListScan(body)
        guard scan.readDocument() else { return nil }
        value = scan.sum
        uptimes = scan.uptimes
    }
}

/// Goes through `{"data": [{name: value, ...}, ...]}`. What stands in values that are not wanted is
/// not looked at.
private struct ListScan {
    /// Names of up to eight octets as numbers, which are compared faster.
    private static let wanted = [
        "type", "node", "status", "name", "tags", "lock", "template", "pool", "maxcpu", "maxmem",
        "maxdisk",
    ].map { code(Array($0.utf8)[...]) }
    private static let vmid = code(Array("vmid".utf8)[...])
    private static let uptime = code(Array("uptime".utf8)[...])
    private static let data = code(Array("data".utf8)[...])

    private let octets: [UInt8]
    private var position = 0
    private(set) var sum: UInt64 = 0
    private(set) var uptimes: [ListDigest.Uptime] = []

    init(_ octets: [UInt8]) {
        self.octets = octets
    }

    /// 0 for a longer name; a name with escapes ends the scan before it is asked.
    private static func code(_ name: ArraySlice<UInt8>) -> UInt64 {
        guard name.count <= 8 else { return 0 }
        return name.reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func readDocument() -> Bool {
        var hasData = false
        let isRead = readMembers { scan, name in
            guard name == Self.data else { return scan.readValue() != nil }
            // Of a name that occurs twice, the last value counts.
            guard !hasData else { return false }
            hasData = true
            return scan.readItems()
        }
        skipSpace()
        return isRead && hasData && position == octets.count
    }

    private mutating func readItems() -> Bool {
        guard take("[") else { return false }
        if take("]") { return true }
        repeat {
            guard uptimes.count < Bounds.guests, readItem() else { return false }
        } while take(",")
        return take("]")
    }

    private mutating func readItem() -> Bool {
        var members: UInt64 = 0
        var seen: UInt64 = 0
        var vmid: UInt32?
        var seconds = 0
        let isRead = readMembers { scan, name in
            guard let value = scan.readValue() else { return false }
            if name == Self.uptime {
                guard let number = scan.number(value) else { return false }
                seconds = number
                return true
            }
            if name == Self.vmid {
                guard vmid == nil, let number = scan.number(value) else { return false }
                vmid = UInt32(exactly: number)
            } else if let place = Self.wanted.firstIndex(of: name) {
                guard seen & 1 << UInt64(place) == 0 else { return false }
                seen |= 1 << UInt64(place)
            } else {
                return true
            }
            members &+= scan.digest(of: value, named: name)
            return true
        }
        guard isRead, let vmid else { return false }
        uptimes.append(ListDigest.Uptime(vmid: vmid, seconds: seconds))
        var hasher = Hasher()
        hasher.combine(members)
        sum &+= UInt64(bitPattern: Int64(hasher.finalize()))
        return true
    }

    private func digest(of value: Range<Int>, named name: UInt64) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(name)
        octets[value].withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    // MARK: JSON

    private mutating func readMembers(_ read: (inout Self, UInt64) -> Bool) -> Bool {
        guard take("{") else { return false }
        if take("}") { return true }
        repeat {
            skipSpace()
            guard let string = readString() else { return false }
            let name = octets[string.lowerBound + 1..<string.upperBound - 1]
            guard !name.contains(UInt8(ascii: "\\")), take(":"), read(&self, Self.code(name))
            else { return false }
        } while take(",")
        return take("}")
    }

    /// Where the next value stands; `nil` if there is none.
    private mutating func readValue() -> Range<Int>? {
        skipSpace()
        guard position < octets.count else { return nil }
        switch octets[position] {
        case UInt8(ascii: "\""): return readString()
        case UInt8(ascii: "["), UInt8(ascii: "{"): return readNested()
        default: return readWord()
        }
    }

    private mutating func readString() -> Range<Int>? {
        let start = position
        guard start < octets.count, octets[start] == UInt8(ascii: "\"") else { return nil }
        position += 1
        while position < octets.count {
            let octet = octets[position]
            position += octet == UInt8(ascii: "\\") ? 2 : 1
            if octet == UInt8(ascii: "\"") { return start..<position }
        }
        return nil
    }

    private mutating func readNested() -> Range<Int>? {
        let start = position
        var depth = 0
        while position < octets.count {
            switch octets[position] {
            case UInt8(ascii: "\""):
                guard readString() != nil else { return nil }
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { return start..<position }
        }
        return nil
    }

    /// A number or a literal: everything up to what may follow one.
    private mutating func readWord() -> Range<Int>? {
        let start = position
        while position < octets.count, !Self.endsWord(octets[position]) { position += 1 }
        return position > start ? start..<position : nil
    }

    private static func endsWord(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): true
        default: isSpace(octet)
        }
    }

    /// A number without sign, fraction and exponent, also one in quotes.
    private func number(_ value: Range<Int>) -> Int? {
        let isQuoted = octets[value.lowerBound] == UInt8(ascii: "\"")
        let digits = isQuoted ? octets[value].dropFirst().dropLast() : octets[value]
        guard (1...15).contains(digits.count) else { return nil }
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return number
    }

    /// Takes white space and the character, if that is next.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < octets.count, octets[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < octets.count, Self.isSpace(octets[position]) { position += 1 }
    }

    private static func isSpace(_ octet: UInt8) -> Bool {
        octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0D
    }
}
