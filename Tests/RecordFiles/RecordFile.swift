import Glibc
import Inventory
package import Zones

/// Record sets of whole zones in a file, for tests and benchmarks: what generated it knows the wire
/// form, so that nothing of ours has to read zone files. Each line is one of
///
///     $ZONE apex
///     owner type-number ttl hexadecimal-data
///
/// with names in presentation form, complete and without escapes, and records of one set together.
/// RRSIG records (type 46) come behind the set that they sign.
package enum RecordFile {
    /// What is wrong with a file.
    package struct Failure: Error {
        /// Counted from 1.
        package let line: Int
        /// In words.
        package let reason: String
    }

    /// The zones of a file.
    package static func zones(in path: String) throws -> [ZoneChange] {
        let octets = try contents(of: path)
        var changes: [ZoneChange] = []
        var zone = Zone()
        var number = 0
        for line in octets.split(separator: UInt8(ascii: "\n")) {
            number += 1
            let words = line.split(separator: UInt8(ascii: " "))
            if words.count == 2, words[0].elementsEqual("$ZONE".utf8) {
                changes += zone.finished()
                zone = Zone(apex: try name(words[1], line: number))
                continue
            }
            guard words.count == 4, let type = UInt16(text(words[1])),
                let ttl = UInt32(text(words[2])), let data = hexadecimal(words[3])
            else { throw Failure(line: number, reason: "no record: \(text(line))") }
            zone.add(owner: words[0], type: type, ttl: ttl, data: data)
            guard zone.isWhole else {
                throw Failure(line: number, reason: "no name: \(text(words[0]))")
            }
        }
        return changes + zone.finished()
    }

    /// A zone that is being read.
    private struct Zone {
        var apex: DomainName?
        var sets: [RecordSet] = []
        var isWhole = true
        private var ownerText: [UInt8] = []
        private var owner: DomainName?
        private var type: UInt16 = 0
        private var ttl: UInt32 = 0
        private var data: [[UInt8]] = []

        init(apex: DomainName? = nil) {
            self.apex = apex
        }

        private var signatures: [[UInt8]] = []

        mutating func add(owner: ArraySlice<UInt8>, type: UInt16, ttl: UInt32, data: [UInt8]) {
            if type == RecordType.rrsig.rawValue {
                isWhole = isWhole && owner.elementsEqual(ownerText)
                signatures.append(data)
                return
            }
            if self.type != type || !owner.elementsEqual(ownerText) {
                endSet()
                ownerText = Array(owner)
                self.owner = DomainName(RecordFile.text(owner))
                isWhole = isWhole && self.owner != nil
                self.type = type
                self.ttl = ttl
            }
            self.data.append(data)
        }

        private mutating func endSet() {
            guard let owner, !data.isEmpty else { return }
            sets.append(
                RecordSet(
                    owner: owner, type: RecordType(rawValue: type), ttlSeconds: ttl, data: data,
                    signatures: signatures))
            (data, signatures) = ([], [])
        }

        mutating func finished() -> [ZoneChange] {
            endSet()
            guard let apex else { return [] }
            return [.replaced(apex: apex, sets: sets)]
        }
    }

    private static func name(_ octets: ArraySlice<UInt8>, line: Int) throws -> DomainName {
        guard let name = DomainName(text(octets)) else {
            throw Failure(line: line, reason: "no name: \(text(octets))")
        }
        return name
    }

    fileprivate static func text(_ octets: ArraySlice<UInt8>) -> String {
        String(decoding: octets, as: UTF8.self)
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                octets.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return octets
    }

    private static func contents(of path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else {
            throw Failure(line: 0, reason: "\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var octets: [UInt8] = []
        var status = stat()
        if fstat(fileno(file), &status) == 0 { octets.reserveCapacity(Int(status.st_size)) }
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&room, 1, room.count, file)
            guard count > 0 else { return octets }
            octets += room[..<count]
        }
    }
}
