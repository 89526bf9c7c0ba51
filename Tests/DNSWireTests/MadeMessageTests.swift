import Testing

@testable import DNSWire

/// Messages that no server sends.
@Suite struct MadeMessageTests {
    /// The root's record of a type, with data of so many zeros.
    private static func record(
        _ type: UInt16, ttlSeconds: UInt32 = 0, data: [UInt8] = []
    ) -> [UInt8] {
        ServerMessageTests.written(
            WireRecord(owner: [0], type: type, ttlSeconds: ttlSeconds, data: data))
    }

    private static func message(
        answers: [[UInt8]] = [], authorities: [[UInt8]] = [], additional: [[UInt8]] = [],
        flags: UInt16 = 0x8000
    ) -> [UInt8] {
        var octets: [UInt8] = [0, 1] + TSIGRecord.octets(flags) + [0, 0]
        for section in [answers, authorities, additional] {
            octets += TSIGRecord.octets(UInt16(section.count))
        }
        return octets + (answers + authorities + additional).flatMap(\.self)
    }

    private static func failure(_ octets: [UInt8]) -> ServerMessage.Malformed? {
        do throws(ServerMessage.Malformed) {
            _ = try ServerMessage(octets.span)
            return nil
        } catch {
            return error
        }
    }

    private static let signature = record(RecordTypeNumber.tsig)

    @Test func aSignatureIsTheLastRecord() throws {
        let one = Self.message(additional: [Self.record(41), Self.signature])
        #expect(try ServerMessage(one.span).signatureOffset == Header.sizeOctets + 11)
        let two = Self.message(additional: [Self.signature, Self.signature])
        #expect(Self.failure(two)?.part == "record 1")
        let early = Self.message(additional: [Self.signature, Self.record(41)])
        #expect(Self.failure(early)?.part == "record 1")
        // One of another section is none, so that such a message counts as unsigned.
        let elsewhere = Self.message(answers: [Self.signature])
        #expect(try ServerMessage(elsewhere.span).signatureOffset == nil)
    }

    @Test func theCodeHasUpperBits() throws {
        let octets = Self.message(
            additional: [Self.record(41, ttlSeconds: 0x0100_8000)], flags: 0x8007)
        #expect(try ServerMessage(octets.span).code == 0x17)
        // Not from another section, and not from another type.
        let elsewhere = Self.message(
            answers: [Self.record(41, ttlSeconds: 0xFF00_0000)],
            additional: [Self.record(1, ttlSeconds: 0xFF00_0000, data: [1, 2, 3, 4])],
            flags: 0x8001)
        #expect(try ServerMessage(elsewhere.span).code == 1)
    }

    @Test func onlyAnswersToOneQuestionAtMostAreRead() {
        #expect(Self.failure(Self.message(flags: 0)) != nil)
        #expect(Self.failure(Self.message()) == nil)
        let question: [UInt8] = [0, 0, 6, 0, 1]
        var octets = Self.message() + question
        octets[5] = 1
        #expect(Self.failure(octets) == nil)
        octets += question
        octets[5] = 2
        #expect(Self.failure(octets)?.part == "the header")
    }

    /// Types with names in their data, and what stands in front of the names and behind.
    static let shapes: [(type: UInt16, before: Int, names: Int, after: Int)] =
        [2, 3, 4, 5, 7, 8, 9, 12, 39].map { ($0, 0, 1, 0) }
        + [(6, 0, 2, 20), (14, 0, 2, 0), (17, 0, 2, 0), (26, 2, 2, 0), (33, 6, 1, 0)]
        + [15, 18, 21, 36].map { ($0, 2, 1, 0) }

    @Test(arguments: shapes) func dataIsWhatItsTypeHas(
        type: UInt16, before: Int, names: Int, after: Int
    ) throws {
        let name: [UInt8] = [2, 65, 66, 1, 67, 0]
        let head = [UInt8](repeating: 65, count: before)
        let tail = [UInt8](repeating: 66, count: after)
        let data = head + (0..<names).flatMap { _ in name } + tail
        let read = { (data: [UInt8]) -> [UInt8]? in
            let octets = Self.message(answers: [Self.record(type, data: data)])
            return Self.failure(octets) == nil
                ? try ServerMessage(octets.span).answers.first?.data : nil
        }
        let wanted = head + (0..<names).flatMap { _ in [2, 97, 98, 1, 99, 0] as [UInt8] } + tail
        #expect(try read(data) == wanted)
        for count in 1..<data.count { #expect(try read(Array(data[..<count])) == nil) }
        #expect(try read(data + [0]) == nil)
        // Of an update or its answer, without data.
        #expect(try read([]) == [])
        // The last name ends in one that stands before the record; the record in front is a PTR.
        let front = Self.record(12, data: name)
        let pointer: [UInt8] = [0xC0, UInt8(Header.sizeOctets + 11)]
        let compressed =
            head + (1..<names).flatMap { _ in name } + [1, 90] + pointer + tail
        let octets = Self.message(answers: [front, Self.record(type, data: compressed)])
        let record = try #require(try ServerMessage(octets.span).answers.last)
        #expect(record.data.count == wanted.count + 2)
        #expect(record.data.dropLast(after).suffix(8) == [1, 122, 2, 97, 98, 1, 99, 0])
    }

    @Test func aNameDoesNotRunOnBehindItsRecord() {
        // The label says three octets; the third is the type of the next record.
        let cut = Self.record(5, data: [3, 97, 98])
        #expect(Self.failure(Self.message(answers: [cut, Self.record(16, data: [0])])) != nil)
    }

    @Test func aMessageOfPointersIsReadInBoundedTime() {
        // 16 KiB of pointers in one record of a type without names, each to the one before, and
        // then as many records as there is room for that all begin at the last of them.
        var chain: [UInt8] = [0]
        let start = Header.sizeOctets + 11
        while start + chain.count < 0x3FFE {
            let target = chain.count == 1 ? start : start + chain.count - 2
            chain += [0xC0 | UInt8(target >> 8), UInt8(truncatingIfNeeded: target)]
        }
        let last = start + chain.count - 2
        let pointing: [UInt8] =
            [0xC0 | UInt8(last >> 8), UInt8(truncatingIfNeeded: last)]
            + [0, 16, 0, 1, 0, 0, 0, 0, 0, 0]
        let room = (65_535 - last - 2) / pointing.count
        let octets = Self.message(
            answers: [Self.record(65_400, data: chain)]
                + [[UInt8]](repeating: pointing, count: room))
        #expect(octets.count <= 65_535)
        #expect(Self.failure(octets)?.part == "record 1")
    }
}
