import DNSWire
import Inventory
import Nameserver
import Testing
import Zones

/// A query as a client would send it.
struct TestQuery {
    var id: UInt16 = 0x1234
    var flags: UInt16 = 0x0100
    /// The question's name as sent, upper case included.
    var name: [UInt8]
    var type: UInt16
    var recordClass: UInt16 = 1
    /// Payload size of an OPT record, if there is to be one.
    var payloadOctets: UInt16?
    /// DO, in that record.
    var wantsSignatures = false

    init(_ text: String, _ type: RecordType, payloadOctets: UInt16? = nil) {
        self.init(text, type.rawValue, payloadOctets: payloadOctets)
    }

    init(_ text: String, _ type: UInt16, payloadOctets: UInt16? = nil) {
        name =
            text == "."
            ? [0]
            : text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
        self.type = type
        self.payloadOctets = payloadOctets
    }

    var wire: [UInt8] {
        var wire: [UInt8] = []
        for number in [id, flags, 1, 0, 0, payloadOctets == nil ? 0 : 1] { wire += octets(number) }
        wire += name + octets(type) + octets(recordClass)
        if let payloadOctets {
            wire += [0, 0, 41] + octets(payloadOctets)
            wire += [0, 0, wantsSignatures ? 0x80 : 0, 0, 0, 0]
        }
        return wire
    }
}

/// A record of an answer, its owner in presentation form as sent and its data with names written
/// out.
struct TestRecord: Hashable, Comparable, CustomStringConvertible {
    var owner: String
    var type: RecordType
    var ttlSeconds: UInt32
    var data: [UInt8]

    static func < (left: Self, right: Self) -> Bool { left.description < right.description }

    var description: String { "\(owner) \(ttlSeconds) \(type) \(data)" }
}

/// An answer taken apart, by other means than those that put it together.
struct TestAnswer: Equatable {
    var id: UInt16 = 0
    var flags: UInt16 = 0
    var question: [UInt8] = []
    var answer: [TestRecord] = []
    var authority: [TestRecord] = []
    var additional: [TestRecord] = []
    /// The OPT record's class, which is the server's payload size, and its TTL.
    var optPayloadOctets: UInt16?
    var optTTL: UInt32?
    /// Its options by number.
    var options: [UInt16: [UInt8]] = [:]

    var code: UInt16 { flags & 0xF }
    var isAuthoritative: Bool { flags & 0x0400 != 0 }
    var isTruncated: Bool { flags & 0x0200 != 0 }

    /// `nil` if the message breaks the format, points forward or holds octets behind its end.
    init?(_ wire: [UInt8]) {
        var reader = MessageCursor(wire: wire)
        guard let numbers = reader.numbers(6) else { return nil }
        id = numbers[0]
        flags = numbers[1]
        for _ in 0..<numbers[2] {
            let start = reader.offset
            guard reader.name() != nil, reader.numbers(2) != nil else { return nil }
            question = Array(wire[start..<reader.offset])
        }
        for section in 3..<6 {
            for _ in 0..<numbers[section] {
                guard let record = reader.record() else { return nil }
                take(record, section: section)
            }
        }
        guard reader.offset == wire.count else { return nil }
    }

    private mutating func take(_ record: (record: TestRecord, recordClass: UInt16), section: Int) {
        switch (section, record.record.type.rawValue) {
        case (_, 41):
            optPayloadOctets = record.recordClass
            optTTL = record.record.ttlSeconds
            var data = record.record.data[...]
            while data.count >= 4 {
                let head = Array(data.prefix(4))
                let octets = Int(head[2]) << 8 | Int(head[3])
                options[UInt16(head[0]) << 8 | UInt16(head[1])] = Array(
                    data.dropFirst(4).prefix(octets))
                data = data.dropFirst(4 + octets)
            }
        case (3, _): answer.append(record.record)
        case (4, _): authority.append(record.record)
        default: additional.append(record.record)
        }
    }
}

/// Reads a message from front to back.
private struct MessageCursor {
    let wire: [UInt8]
    var offset = 0

    mutating func numbers(_ count: Int) -> [UInt16]? {
        guard offset + 2 * count <= wire.count else { return nil }
        defer { offset += 2 * count }
        return (0..<count).map {
            UInt16(wire[offset + 2 * $0]) << 8 | UInt16(wire[offset + 2 * $0 + 1])
        }
    }

    /// A name as wire without pointers; each pointer must lead further to the front.
    mutating func name() -> [UInt8]? {
        var name: [UInt8] = []
        var place = offset
        var bound = offset
        var end: Int?
        while place < wire.count {
            let length = Int(wire[place])
            if length >= 0xC0 {
                guard place + 1 < wire.count else { return nil }
                end = end ?? place + 2
                place = (length & 0x3F) << 8 | Int(wire[place + 1])
                guard place < bound else { return nil }
                bound = place
                continue
            }
            guard length < 64, place + length < wire.count else { return nil }
            name += wire[place...place + length]
            place += length + 1
            if length == 0 {
                offset = end ?? place
                return name.count <= 255 ? name : nil
            }
        }
        return nil
    }

    mutating func record() -> (record: TestRecord, recordClass: UInt16)? {
        guard let owner = name(), let head = numbers(5), offset + Int(head[4]) <= wire.count else {
            return nil
        }
        let end = offset + Int(head[4])
        guard let data = data(of: head[0], end: end), offset == end else { return nil }
        let text = String(decoding: presentation(owner), as: UTF8.self)
        let record = TestRecord(
            owner: text, type: RecordType(rawValue: head[0]),
            ttlSeconds: UInt32(head[2]) << 16 | UInt32(head[3]), data: data)
        return (record, head[1])
    }

    private mutating func data(of type: UInt16, end: Int) -> [UInt8]? {
        var data: [UInt8] = []
        if type == 15, let preference = numbers(1) { data += octets(preference[0]) }
        for _ in 0..<([2, 5, 12, 15, 39].contains(type) ? 1 : type == 6 ? 2 : 0) {
            guard let name = name() else { return nil }
            data += name
        }
        guard offset <= end else { return nil }
        defer { offset = end }
        return data + wire[offset..<end]
    }

    private func presentation(_ name: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        var place = 0
        while name[place] != 0 {
            text += name[place + 1...place + Int(name[place])] + [UInt8(ascii: ".")]
            place += 1 + Int(name[place])
        }
        return text.isEmpty ? [UInt8(ascii: ".")] : text
    }
}

/// A responder with room for answers.
final class TestServer {
    let store: ZoneStore
    private var responder: Responder
    private let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Responder.maximumOctets, alignment: 16)

    init(_ store: ZoneStore, payloadOctets: Int = 1_232, counters: AnswerCounters = .init()) {
        self.store = store
        responder = Responder(payloadOctets: payloadOctets, counters: counters)
    }

    deinit {
        room.deallocate()
    }

    /// The answer's octets, or `nil` if there is none.
    func raw(_ query: [UInt8], over transport: Transport = .udp) -> [UInt8]? {
        responder.answer(query.span, from: store.snapshot, over: transport, into: room).map {
            Array(room[..<$0])
        }
    }

    /// The answer, which must be there and well formed.
    func ask(
        _ query: TestQuery, over transport: Transport = .udp,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> TestAnswer {
        let wire = try #require(
            raw(query.wire, over: transport), sourceLocation: sourceLocation)
        return try #require(TestAnswer(wire), sourceLocation: sourceLocation)
    }

    /// The answer to a question without EDNS.
    func ask(
        _ text: String, _ type: RecordType, over transport: Transport = .udp,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> TestAnswer {
        try ask(TestQuery(text, type), over: transport, sourceLocation: sourceLocation)
    }
}
