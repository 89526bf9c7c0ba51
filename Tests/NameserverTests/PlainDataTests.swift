import TestSupport
import Testing
import Zones

@testable import Nameserver

/// What is taken without asking ldns is what ldns would have made of it.
@Suite struct PlainDataTests {
    private static let types: [RecordType] = [.a, .aaaa, .ns, .cname, .ptr, .mx, .soa, .txt, .srv]

    @Test func plainDataAreWhatLDNSMakesOfThem() throws {
        var random = SeededGenerator(state: 5)
        var taken: Set<RecordType> = []
        for _ in 0..<40_000 {
            let type = Self.types[random.next(below: Self.types.count)]
            let data = Self.data(&random)
            guard PlainData.isCanonical(data, type: type) else { continue }
            taken.insert(type)
            let record =
                [0] + octets(type.rawValue) + [0, 1, 0, 0, 0, 9] + octets(UInt16(data.count)) + data
            #expect(try LDNSRecord(wire: record).canonicalWire() == record, "\(type) \(data)")
        }
        #expect(taken == Set(Self.types).subtracting([.txt, .srv]))
    }

    @Test func whatIsNotPlainIsNotTaken() {
        let name: [UInt8] = [1, 97, 0]
        #expect(PlainData.isCanonical(name, type: .ns))
        #expect(PlainData.isCanonical([0], type: .ptr))
        let others: [[UInt8]] = [
            [1, 65, 0], [0xC0, 0], [1, 97], [1, 97, 0, 0], [64] + name, [], [2, 97, 0],
        ]
        for other in others {
            #expect(!PlainData.isCanonical(other, type: .ns), "\(other)")
        }
        let longest: [UInt8] = Array(repeatElement([1, 97], count: 127).joined()) + [0]
        #expect(PlainData.isCanonical(longest, type: .cname))
        #expect(!PlainData.isCanonical([1, 97] + longest, type: .cname))
        #expect(!PlainData.isCanonical([1] + name, type: .mx))
        #expect(!PlainData.isCanonical(name + Array(repeating: 0, count: 22), type: .soa))
        #expect(!PlainData.isCanonical([1, 2, 3], type: .a))
    }

    /// Names and numbers, some of them broken.
    private static func data(_ random: inout SeededGenerator) -> [UInt8] {
        var data: [UInt8] = []
        if random.next(below: 4) == 0 { data += numbers(2, &random) }
        for _ in 0..<random.next(below: 3) {
            for _ in 0..<random.next(below: 4) {
                let length = random.next(below: 12) + 1
                data.append(UInt8(length))
                for _ in 0..<length { data.append(UInt8(random.next(below: 256)) | 0x20) }
            }
            data.append(0)
        }
        let counts = [4, 16, 20]
        if random.next(below: 3) == 0 { data += numbers(counts[random.next(below: 3)], &random) }
        if random.next(below: 8) == 0 { data.append(0) }
        return data
    }

    private static func numbers(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8(random.next(below: 256)) }
    }
}
