import Inventory
import Zones

/// Reads what `RecordFile` describes, line by line. It looks at each octet about once: benchmarks
/// count it as a part of a server's start, as others' servers read zone files.
struct RecordReader: ~Copyable {
    private let octets: UnsafeRawBufferPointer
    private var place = 0
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
            let ttl = self.number(word()), let data = hexadecimal(word())
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
        while place < octets.count, octets[place] != UInt8(ascii: " "),
            octets[place] != UInt8(ascii: "\n")
        {
            place += 1
        }
        let word = start..<place
        if place < octets.count, octets[place] == UInt8(ascii: " ") { place += 1 }
        return word
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
        guard word.count % 2 == 0 else { return nil }
        var isGood = true
        let data = [UInt8](unsafeUninitializedCapacity: word.count / 2) { room, count in
            count = word.count / 2
            for index in 0..<count {
                let high = digit(octets[word.lowerBound + 2 * index])
                let low = digit(octets[word.lowerBound + 2 * index + 1])
                isGood = isGood && high < 16 && low < 16
                room[index] = high << 4 | low & 15
            }
        }
        return isGood ? data : nil
    }

    /// 16 for what is no digit.
    private func digit(_ octet: UInt8) -> UInt8 {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
        default: 16
        }
    }
}
