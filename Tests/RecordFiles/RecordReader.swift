import Glibc
import Inventory
import Zones

/// Reads what `RecordFile` describes, line by line. It looks at each octet about once: benchmarks
/// count it as a part of a server's start, as others' servers read zone files.
struct RecordReader: ~Copyable {
    private let octets: UnsafeRawBufferPointer
    private var place = 0
    /// Where the line ends that the place is in.
    private var lineEnd = 0
    private var line = 0
    private var changes: [ZoneChange] = []
    private var apex: DomainName?
    private var sets: [RecordSet] = []
    private var set: OpenSet?

    /// A set whose records are still coming.
    private struct OpenSet {
        let ownerText: Range<Int>
        let owner: DomainName
        let type: UInt16
        let ttl: UInt32
        var data: [[UInt8]]
        var signatures: [[UInt8]] = []
    }

    init(_ octets: UnsafeRawBufferPointer) {
        self.octets = octets
        // Few lines are shorter.
        sets.reserveCapacity(octets.count / 40)
    }

    /// Every zone of the file.
    mutating func zones() throws -> [ZoneChange] {
        while place < octets.count {
            line += 1
            lineEnd = endOfLine()
            let first = word()
            if !first.isEmpty { try readLine(first) }
            guard place >= octets.count || octets[place] == UInt8(ascii: "\n") else {
                throw failure("no record")
            }
            place += 1
        }
        endZone()
        return changes
    }

    private mutating func readLine(_ first: Range<Int>) throws {
        if octets[first.lowerBound] == UInt8(ascii: "$") {
            endZone()
            apex = try name(word())
            return
        }
        guard let number = number(word()), let type = UInt16(exactly: number),
            let ttl = self.number(word()), let data = hexadecimal(restOfLine())
        else { throw failure("no record") }
        let isSameOwner = set.map { isSame($0.ownerText, first) } ?? false
        if type == RecordType.rrsig.rawValue {
            guard isSameOwner else { throw failure("a signature of nothing") }
            set?.signatures.append(data)
            return
        }
        if isSameOwner, set?.type == type {
            set?.data.append(data)
            return
        }
        let owner = isSameOwner ? set?.owner : nil
        endSet()
        set = OpenSet(
            ownerText: first, owner: try owner ?? name(first), type: type, ttl: ttl, data: [data])
    }

    private mutating func endSet() {
        guard let set else { return }
        sets.append(
            RecordSet(
                owner: set.owner, type: RecordType(rawValue: set.type), ttlSeconds: set.ttl,
                data: set.data, signatures: set.signatures))
        self.set = nil
    }

    private mutating func endZone() {
        endSet()
        if let apex { changes.append(.replaced(apex: apex, sets: sets)) }
        sets.removeAll()
    }

    private func failure(_ reason: String) -> RecordFile.Failure {
        RecordFile.Failure(line: line, reason: reason)
    }
}

// MARK: - Words

extension RecordReader {
    /// The octets up to the next space or the end of the line; the place moves behind the space.
    private mutating func word() -> Range<Int> {
        let start = place
        while place < lineEnd, octets[place] != UInt8(ascii: " ") { place += 1 }
        let word = start..<place
        if place < lineEnd { place += 1 }
        return word
    }

    /// The last word, which is longer than all others.
    private mutating func restOfLine() -> Range<Int> {
        let start = place
        place = lineEnd
        return start..<lineEnd
    }

    private func endOfLine() -> Int {
        guard let start = octets.baseAddress,
            let end = memchr(start + place, Int32(UInt8(ascii: "\n")), octets.count - place)
        else { return octets.count }
        return UnsafeRawPointer(end) - start
    }

    private func isSame(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { octets[$0] == octets[$1] }
    }

    private func number(_ word: Range<Int>) -> UInt32? {
        guard !word.isEmpty else { return nil }
        var number: UInt32 = 0
        for place in word {
            let octet = octets[place]
            guard octet >= UInt8(ascii: "0"), octet <= UInt8(ascii: "9") else { return nil }
            let (product, isTooMuch) = number.multipliedReportingOverflow(by: 10)
            let (sum, isMore) = product.addingReportingOverflow(UInt32(octet - UInt8(ascii: "0")))
            guard !isTooMuch, !isMore else { return nil }
            number = sum
        }
        return number
    }

    /// A full name without escapes.
    private func name(_ text: Range<Int>) throws -> DomainName {
        var wire = [UInt8](repeating: 0, count: text.count + 1)
        var length = 0
        for (index, place) in text.enumerated() {
            if octets[place] == UInt8(ascii: ".") {
                wire[index - length] = UInt8(clamping: length)
                length = 0
            } else {
                wire[index + 1] = octets[place]
                length += 1
            }
        }
        guard length == 0, let name = DomainName(wire: text.count == 1 ? [0] : wire) else {
            throw failure("no name")
        }
        return name
    }

    private func hexadecimal(_ word: Range<Int>) -> [UInt8]? {
        guard word.count % 2 == 0, let start = octets.baseAddress else { return nil }
        let text = (start + word.lowerBound).assumingMemoryBound(to: UInt8.self)
        var flaws: UInt8 = 0
        let data = [UInt8](unsafeUninitializedCapacity: word.count / 2) { room, count in
            count = word.count / 2
            // Without a branch, so that several are done at once.
            for index in 0..<count {
                let high = text[2 &* index]
                let low = text[2 &* index &+ 1]
                flaws |= Self.flaw(high) | Self.flaw(low)
                room[index] = Self.digit(high) << 4 | Self.digit(low)
            }
        }
        return flaws == 0 ? data : nil
    }

    /// Of a digit, its value.
    @inline(__always)
    private static func digit(_ octet: UInt8) -> UInt8 { (octet & 15) &+ (octet >> 6) &* 9 }

    /// Of no digit, 1.
    @inline(__always)
    private static func flaw(_ octet: UInt8) -> UInt8 {
        octet &- UInt8(ascii: "0") < 10 || octet &- UInt8(ascii: "a") < 6 ? 0 : 1
    }
}
