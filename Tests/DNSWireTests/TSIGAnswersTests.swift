import TestSupport
import Testing

@testable import DNSWire

/// What answers signed requests (RFC 8945 sections 5.3 and 5.3.1).
@Suite struct TSIGAnswersTests {
    private static let name: [UInt8] = [3] + "key".utf8 + [7] + "example".utf8 + [0]
    private static let key = TSIGKey(
        name: name, algorithm: .sha256, secret: RecordedExchange.secret)
    private static let now: UInt64 = 1_000_000

    // MARK: A server of our own

    /// Answers one request as a server may: it signs the messages it likes to.
    private struct Server {
        var key = TSIGAnswersTests.key
        var last: [UInt8]
        var isFirst = true
        var pending: [UInt8] = []
        var seconds = TSIGAnswersTests.now
        var error: UInt16 = 0

        mutating func message(_ number: UInt16, isSigned: Bool) -> Message {
            var octets: [UInt8] = [0, 7, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]
            octets += [0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 3, 2] + TSIGRecord.octets(number)
            guard isSigned else {
                pending += octets
                return Message(octets: octets, signatureOffset: nil)
            }
            let end = octets.count
            let session = TSIGSession(key: key, after: last, isFirst: isFirst)
            let record = { [key, seconds, error] (code: [UInt8]) in
                TSIGRecord(
                    keyName: key.name, algorithmName: key.algorithm.wire, timeSeconds: seconds,
                    fudgeSeconds: 300, code: code, originalID: 7, error: error, other: [])
            }
            last = session.code(over: pending + octets, record([]))
            record(last).append(to: &octets)
            (isFirst, pending) = (false, [])
            return Message(octets: octets, signatureOffset: end)
        }

        mutating func messages(_ count: Int, signs: (Int) -> Bool) -> [Message] {
            (0..<count).map { message(UInt16($0), isSigned: signs($0)) }
        }
    }

    private struct Message: Hashable {
        var octets: [UInt8]
        var signatureOffset: Int?
    }

    private static func exchange(_ key: TSIGKey = key) -> (TSIGAnswers, Server) {
        var session = TSIGSession(key: key)
        var request: [UInt8] = [0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 252, 0, 1]
        session.sign(&request, atSeconds: now)
        return (TSIGAnswers(to: session), Server(key: key, last: session.lastCode))
    }

    /// Takes messages until one is refused; says whether they are to be believed at the end.
    private static func take(
        _ messages: [Message], _ answers: TSIGAnswers, atSeconds seconds: UInt64 = now
    ) -> Result<Bool, TSIGFailure> {
        var answers = answers
        for message in messages {
            do throws(TSIGFailure) {
                try answers.take(
                    message.octets.span, signatureOffset: message.signatureOffset,
                    atSeconds: seconds)
            } catch {
                return .failure(error)
            }
        }
        return .success(answers.isComplete)
    }

    // MARK: Streams

    @Test func everyMessageMayBeSigned() {
        var (answers, server) = Self.exchange()
        #expect(!answers.isComplete)
        #expect(Self.take(server.messages(250) { _ in true }, answers) == .success(true))
        (answers, server) = Self.exchange()
        #expect(Self.take(server.messages(1) { _ in true }, answers) == .success(true))
    }

    @Test(arguments: [2, 50, 100]) func someMayBeUnsigned(distance: Int) {
        var (answers, server) = Self.exchange()
        let count = 3 * distance + 1
        let messages = server.messages(count) { $0 % distance == 0 }
        #expect(Self.take(messages, answers) == .success(true))
        // Up to the last signature, and no further.
        for cut in 1..<messages.count {
            let isComplete = (cut - 1) % distance == 0
            #expect(Self.take(Array(messages[..<cut]), answers) == .success(isComplete))
        }
    }

    @Test func aHundredUnsignedAreTooMany() {
        var (answers, server) = Self.exchange()
        let messages = server.messages(102) { $0 == 0 || $0 == 101 }
        #expect(Self.take(Array(messages[..<100]), answers) == .success(false))
        #expect(Self.take(messages, answers) == .failure(.missing))
    }

    @Test func theFirstIsSigned() {
        var (answers, server) = Self.exchange()
        #expect(Self.take(server.messages(2) { $0 == 1 }, answers) == .failure(.missing))
    }

    @Test func everyOctetCounts() {
        var (answers, server) = Self.exchange()
        let messages = server.messages(5) { $0 % 2 == 0 }
        for index in messages.indices {
            for place in messages[index].octets.indices {
                var changed = messages
                changed[index].octets[place] ^= 0x20
                // The id of a signed message may change on the way: the record has the original.
                let isID = place < 2 && messages[index].signatureOffset != nil
                // Letters of names are the same in both cases.
                let isSame = isID || Self.isLetterOfName(place, of: messages[index])
                #expect(
                    (Self.take(changed, answers) == .success(true)) == isSame,
                    "octet \(place) of message \(index)")
            }
        }
    }

    private static func isLetterOfName(_ place: Int, of message: Message) -> Bool {
        guard let start = message.signatureOffset else { return false }
        let algorithm = start + name.count + 10
        let names = [start..<start + name.count, algorithm..<algorithm + key.algorithm.wire.count]
        let octet = message.octets[place]
        return names.contains { $0.contains(place) }
            && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet)
    }

    @Test func messagesStayInOrder() {
        var (answers, server) = Self.exchange()
        let messages = server.messages(9) { $0 % 3 == 0 || $0 == 8 }
        #expect(Self.take(messages, answers) == .success(true))
        for index in messages.indices {
            var dropped = messages
            dropped.remove(at: index)
            // Without its end a stream is good to where it ends, and that is not complete here.
            #expect(Self.take(dropped, answers) != .success(true), "without \(index)")
            var doubled = messages
            doubled.insert(messages[index], at: index)
            #expect(Self.take(doubled, answers) != .success(true), "twice \(index)")
            for other in index + 1..<messages.count {
                var swapped = messages
                swapped.swapAt(index, other)
                #expect(Self.take(swapped, answers) != .success(true), "\(index) and \(other)")
            }
        }
    }

    // MARK: Who signs, and when

    @Test func anotherExchangeIsAnotherSignature() {
        let (answers, _) = Self.exchange()
        var server = Server(last: [UInt8](repeating: 1, count: 32))
        #expect(Self.take(server.messages(1) { _ in true }, answers) == .failure(.wrong))
    }

    @Test func theKeyIsTheOneOfTheRequest() {
        let (answers, server) = Self.exchange()
        let keys: [(TSIGKey, TSIGFailure)] = [
            (TSIGKey(name: [1, 97, 0], algorithm: .sha256, secret: Self.key.secret), .foreign),
            (TSIGKey(name: Self.name, algorithm: .sha512, secret: Self.key.secret), .foreign),
            (TSIGKey(name: Self.name, algorithm: .sha256, secret: [1]), .wrong),
        ]
        for (key, failure) in keys {
            var other = server
            other.key = key
            #expect(Self.take(other.messages(1) { _ in true }, answers) == .failure(failure))
            // In the middle as well.
            var stream = server
            let first = stream.message(0, isSigned: true)
            stream.key = key
            let second = stream.message(1, isSigned: true)
            #expect(Self.take([first, second], answers) == .failure(failure))
        }
    }

    @Test(arguments: TSIGAlgorithm.allCases) func allAlgorithmsHold(_ algorithm: TSIGAlgorithm) {
        let key = TSIGKey(name: Self.name, algorithm: algorithm, secret: [1, 2, 3])
        var (answers, server) = Self.exchange(key)
        #expect(Self.take(server.messages(20) { $0 % 5 == 0 }, answers) == .success(false))
        #expect(Self.take(server.messages(1) { _ in true }, answers) != .success(true))
    }

    @Test(arguments: [16, 17, 18, 22, 5, 0xFFFF] as [UInt16])
    func errorsAreReported(_ error: UInt16) {
        var (answers, server) = Self.exchange()
        server.error = error
        let messages = server.messages(1) { _ in true }
        #expect(Self.take(messages, answers) == .failure(.refused(error)))
        // Also where it is not signed, as with BADKEY and BADSIG.
        var octets: [UInt8] = [0, 7, 0x80, 9, 0, 0, 0, 0, 0, 0, 0, 0]
        TSIGRecord(
            keyName: Self.name, algorithmName: Self.key.algorithm.wire, timeSeconds: 0,
            fudgeSeconds: 300, code: [], originalID: 7, error: error, other: []
        ).append(to: &octets)
        let bare = Message(octets: octets, signatureOffset: Header.sizeOctets)
        #expect(Self.take([bare], answers) == .failure(.refused(error)))
    }

    @Test func clocksMayDifferByTheFudge() {
        var (answers, server) = Self.exchange()
        let messages = server.messages(2) { _ in true }
        for (seconds, isNear) in [
            (Self.now - 300, true), (Self.now + 300, true), (Self.now - 301, false),
            (Self.now + 301, false), (0, false), (UInt64.max, false),
        ] {
            let expected: Result<Bool, TSIGFailure> = isNear ? .success(true) : .failure(.tooLate)
            #expect(Self.take(messages, answers, atSeconds: seconds) == expected)
        }
        (answers, server) = Self.exchange()
        let first = server.message(0, isSigned: true)
        server.seconds += 301
        let late = server.message(1, isSigned: true)
        #expect(Self.take([first, late], answers) == .failure(.tooLate))
    }

    @Test func shortenedSignaturesAreWrong() {
        let (answers, server) = Self.exchange()
        for count in 0..<32 {
            var octets: [UInt8] = [0, 7, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            let session = TSIGSession(key: Self.key, after: server.last)
            let record = { (code: [UInt8]) in
                TSIGRecord(
                    keyName: Self.name, algorithmName: Self.key.algorithm.wire,
                    timeSeconds: Self.now, fudgeSeconds: 300, code: code, originalID: 7, error: 0,
                    other: [])
            }
            let code = session.code(over: octets, record([]))
            record(Array(code[..<count])).append(to: &octets)
            let message = Message(octets: octets, signatureOffset: Header.sizeOctets)
            #expect(Self.take([message], answers) == .failure(.wrong))
        }
    }

    @Test func whatIsNoRecordIsForeign() {
        let (answers, _) = Self.exchange()
        let octets: [UInt8] = [0, 7, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        for offset in [0, 5, 12, 13, 1_000] {
            let message = Message(octets: octets, signatureOffset: offset)
            #expect(Self.take([message], answers) == .failure(.foreign))
        }
    }

    // MARK: What others signed

    /// What was signed with the key of the recordings, and the answers to it.
    static let signed = RecordedExchange.all.filter { exchange in
        exchange.name.hasSuffix("signed")
            || ["update-kns", "update-missing", "update1"].contains(exchange.name)
            || exchange.server == "Knot" && exchange.name == "update2"
    }

    private static func recorded(
        _ exchange: RecordedExchange
    ) throws -> (answers: TSIGAnswers, messages: [Message], seconds: UInt64) {
        let request = try #require(exchange.requests.last)
        let offset = (0..<request.count).last { request[$0...].starts(with: name) } ?? 0
        let read = TSIGRecord(request.span, at: offset)
        let record = try #require(read)
        let messages = try exchange.answers.map {
            Message(octets: $0, signatureOffset: try ServerMessage($0.span).signatureOffset)
        }
        let session = TSIGSession(key: key, after: record.code)
        return (TSIGAnswers(to: session), messages, record.timeSeconds)
    }

    @Test(arguments: signed) func whatOthersSignIsVerified(_ exchange: RecordedExchange) throws {
        let (answers, messages, seconds) = try Self.recorded(exchange)
        #expect(Self.take(messages, answers, atSeconds: seconds) == .success(true))
        #expect(Self.take(messages, answers, atSeconds: seconds + 1_000) == .failure(.tooLate))
        guard messages.count > 1 else { return }
        for index in messages.indices.dropLast() {
            var dropped = messages
            dropped.remove(at: index)
            #expect(Self.take(dropped, answers, atSeconds: seconds) == .failure(.wrong))
        }
    }

    @Test func refusalsOfOthersAreUnderstood() throws {
        for (name, error) in [("badkey", TSIGError.badKey), ("badsig", .badSignature)] {
            for exchange in RecordedExchange.named(name) {
                let octets = exchange.answers[0]
                let message = try ServerMessage(octets.span)
                let (answers, _) = Self.exchange()
                let refusal = Message(octets: octets, signatureOffset: message.signatureOffset)
                #expect(Self.take([refusal], answers) == .failure(.refused(error.rawValue)))
            }
        }
    }
}
