import Testing

@testable import Consensus

@Suite struct FrameReaderTests {
    private func written(_ frames: [Frame]) -> [UInt8] {
        frames.flatMap { frame in
            let word = FrameHeader.word(kind: frame.kind, octets: frame.content.count)
            return withUnsafeBytes(of: word.littleEndian) { Array($0) } + frame.content
        }
    }

    private func read(_ parts: [[UInt8]]) throws(FrameError) -> [Frame] {
        var reader = FrameReader()
        var frames: [Frame] = []
        for part in parts {
            part.withUnsafeBytes { reader.take($0) }
            while let frame = try reader.next() { frames.append(frame) }
        }
        return frames
    }

    private let frames = [
        Frame(kind: .ping, content: []), Frame(kind: .message, content: [1, 2, 3]),
        Frame(kind: .stored, content: [1]), Frame(kind: .hello, content: Array(0..<200)),
    ]

    @Test func framesCutAnywhereAreReadAsOneWould() throws {
        let octets = written(frames)
        for cut in 0...octets.count {
            #expect(try read([Array(octets[..<cut]), Array(octets[cut...])]) == frames)
        }
        #expect(try read(octets.map { [$0] }) == frames)
    }

    @Test func anIncompleteFrameIsNone() throws {
        let octets = written([frames[1]])
        for count in 0..<octets.count {
            #expect(try read([Array(octets.prefix(count))]).isEmpty)
        }
    }

    @Test func theLargestFrameOfEachKindIsRead() throws {
        for kind in FrameKind.allCases {
            let frame = Frame(
                kind: kind, content: [UInt8](repeating: 7, count: kind.maximumOctets))
            #expect(try read([written([frame])]) == [frame])
            let word = FrameHeader.word(kind: kind, octets: 0) + UInt64(kind.maximumOctets + 1)
            #expect(throws: FrameError.tooLong(kind, octets: kind.maximumOctets + 1)) {
                try FrameHeader(word)
            }
        }
    }

    @Test func whatIsUnknownIsRefused() throws {
        for number in UInt8.min...UInt8.max where FrameKind(rawValue: number) == nil {
            #expect(throws: FrameError.unknownKind(number)) {
                try FrameHeader(UInt64(number) << 32 | 1 << 40)
            }
        }
        let ping = FrameHeader.word(kind: .ping, octets: 0)
        #expect(throws: FrameError.unknownVersion(0)) { try FrameHeader(ping & ~(0xFF << 40)) }
        #expect(throws: FrameError.unknownVersion(2)) { try FrameHeader(ping ^ 3 << 40) }
        #expect(throws: FrameError.unknownFlags(1)) { try FrameHeader(ping | 1 << 48) }
    }

    @Test func aLowerBoundHolds() throws {
        var reader = FrameReader()
        reader.maximumOctets = 2
        written([frames[2]]).withUnsafeBytes { reader.take($0) }
        #expect(try reader.next() == frames[2])
        written([frames[1]]).withUnsafeBytes { reader.take($0) }
        #expect(throws: FrameError.tooLong(.message, octets: 3)) { try reader.next() }
    }
}

@Suite struct FrameContentTests {
    private let hello = Hello(
        versions: 1...3, purpose: .snapshot, cluster: "demo", identity: "pipam://demo/node/1",
        replica: ReplicaID(5), incarnation: 9)

    @Test func aHelloIsReadBackAndNoPartOfItIs() {
        let octets = hello.encoded()
        #expect(Hello(octets) == hello)
        #expect(Hello(octets + [1, 2]) == hello)
        for count in 0..<octets.count { #expect(Hello(Array(octets.prefix(count))) == nil) }
    }

    @Test func aHelloWithOddTextIsRefused() {
        for text in ["a b", "\u{430}", "\n", String(repeating: "x", count: 600)] {
            let odd = Hello(
                purpose: .messages, cluster: text, identity: "x", replica: nil, incarnation: 1)
            #expect(Hello(odd.encoded()) == nil)
        }
    }

    @Test func aSnapshotOfferIsReadBackAndNoPartOfItIs() {
        let offer = SnapshotOffer(
            descriptor: SnapshotDescriptor(
                index: 7, term: 2, file: 3, sizeOctets: 10,
                sha256: [UInt8](repeating: 4, count: 32),
                configuration: Configuration(voters: [testReplica(1)], learners: [])),
            message: [1, 2, 3])
        let octets = offer.encoded()
        #expect(SnapshotOffer(octets) == offer)
        for count in 0..<octets.count {
            #expect(SnapshotOffer(Array(octets.prefix(count))) == nil)
        }
    }

    @Test func anExchangeIsReadBack() {
        let exchange = Exchange(number: 7, word: 9, octets: [1, 2])
        #expect(Exchange(exchange.encoded()) == exchange)
        for count in 0..<Exchange.headOctets {
            #expect(Exchange(Array(exchange.encoded().prefix(count))) == nil)
        }
    }

    @Test func aRefusalIsReadBackAsPlainText() {
        let note = RefusalNote(.cluster, "because")
        #expect(RefusalNote(note.encoded()) == note)
        #expect(RefusalNote([]) == nil && RefusalNote([99]) == nil)
        #expect(RefusalNote([1, 0x41, 0x0A, 0x1B, 0xFF, 0x42])?.text == "AB")
        #expect(
            RefusalNote(RefusalNote(.frame, String(repeating: "x", count: 999)).encoded())
                != nil)
    }

    @Test func aJoinQuestionHoldsForOneConnectionAndOneSecret() {
        let question = JoinQuestion(
            token: "t1", certificateRequest: [1, 2], details: [3], secret: [9],
            channelBinding: [5])
        let octets = question.encoded()
        let read = JoinQuestion(octets)
        #expect(read == question)
        #expect(read?.isProven(by: [9], channelBinding: [5]) == true)
        #expect(read?.isProven(by: [9], channelBinding: [6]) == false)
        #expect(read?.isProven(by: [8], channelBinding: [5]) == false)
        for count in 0..<octets.count {
            #expect(JoinQuestion(Array(octets.prefix(count))) == nil)
        }
        for index in octets.indices {
            var changed = octets
            changed[index] ^= 1
            #expect(
                JoinQuestion(changed)?.isProven(by: [9], channelBinding: [5]) != true)
        }
    }
}

@Suite struct PeerAddressTests {
    @Test func addressesAreRead() {
        #expect(PeerAddress("10.0.0.1:7000") == PeerAddress("10.0.0.1:7000"))
        #expect(PeerAddress("[::1]:7000")?.host == "::1")
        #expect(PeerAddress("pve1.example:7000")?.port == 7000)
        for text in ["", ":1", "a", "a:", "a:b", "a:70000", "::1:7000", "[]:1", "a:-1"] {
            #expect(PeerAddress(text) == nil, "\(text)")
        }
    }
}
