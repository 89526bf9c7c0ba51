import DNSWire
import Testing

/// Reads bytes as the name server would.
private func read(_ message: [UInt8]) -> InboundMessage {
    var room = [UInt8](repeating: 0, count: QuestionName.maximumOctets)
    var name = room.mutableSpan
    return QueryReader.read(message.span, name: &name)
}

/// A header with counts, for a query with RD set.
private func header(_ counts: [UInt8], flags: [UInt8] = [1, 0]) -> [UInt8] {
    [0x12, 0x34] + flags + counts.flatMap { [0, $0] }
}

private let name: [UInt8] = [3] + Array("WwW".utf8) + [4] + Array("test".utf8) + [0]
private let question = name + [0, 1, 0, 1]
private let opt: [UInt8] = [0, 0, 41, 0x10, 0, 0, 0, 0x80, 0, 0, 0]
private let cookie: [UInt8] = [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]
private let signature: [UInt8] =
    [3] + Array("key".utf8) + [0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 3, 1, 2, 3]

/// OPT with options.
private func opt(_ options: [UInt8]) -> [UInt8] {
    Array(opt[..<9]) + [0, UInt8(options.count)] + options
}

@Suite("RFC 1035 section 4.1: messages")
struct RFC1035Section4_1 {
    @Test func aPlainQueryIsUnderstood() throws {
        guard case .query(let query) = read(header([1, 0, 0, 0]) + question) else {
            Issue.record("not understood")
            return
        }
        #expect(query.header.id == 0x1234 && query.type == 1 && query.recordClass == 1)
        #expect(query.questionOctets == question.count)
        #expect(query.edns == nil && query.signatureOffset == nil)
    }

    @Test func theNameIsMadeCanonical() {
        var room = [UInt8](repeating: 0xFF, count: QuestionName.maximumOctets)
        var canonical = room.mutableSpan
        _ = QueryReader.read((header([1, 0, 0, 0]) + question).span, name: &canonical)
        let octets = Array(room[..<name.count])
        #expect(octets == [3] + Array("www".utf8) + [4] + Array("test".utf8) + [0])
    }

    @Test func everyTruncationIsDroppedOrRejected() {
        let records = opt(cookie) + signature
        let whole =
            header([1, 1, 0, 2]) + question + question + [0, 0, 0, 0, 0, 4, 1, 2, 3, 4]
            + records
        guard case .query(let query) = read(whole) else {
            Issue.record("the whole message is not understood")
            return
        }
        #expect(query.signatureOffset == whole.count - signature.count)
        for count in 0..<whole.count {
            switch read(Array(whole[..<count])) {
            case .drop: #expect(count < 12)
            case .cookieRequest: Issue.record("\(count) octets ask for no cookie")
            case .reject(_, let code): #expect(count >= 12 && code == .formatError)
            case .query, .rejectVersion: Issue.record("understood at \(count) octets")
            }
        }
    }

    @Test func octetsBehindTheEndAreAnError() {
        expectFormatError(header([1, 0, 0, 0]) + question + [0])
    }

    @Test(
        arguments: [[0xC0, 12], [0x40, 0], [0x80, 0], [3, 97, 98, 99, 0xC0, 12]] as [[UInt8]])
    func aQuestionWithOtherLabelsThanPlainOnesIsAnError(name: [UInt8]) {
        expectFormatError(header([1, 0, 0, 0]) + name + [0, 1, 0, 1])
    }

    @Test func aNameHasAtMost255Octets() {
        let label: [UInt8] = [63] + Array(repeating: 97, count: 63)
        let longest = label + label + label + [61] + Array(repeating: 97, count: 61) + [0]
        #expect(longest.count == 255)
        if case .query = read(header([1, 0, 0, 0]) + longest + [0, 1, 0, 1]) {
        } else {
            Issue.record("255 octets are allowed")
        }
        let longer = label + label + label + [62] + Array(repeating: 97, count: 62) + [0]
        expectFormatError(header([1, 0, 0, 0]) + longer + [0, 1, 0, 1])
    }

    @Test func answersAndScrapsAreDropped() {
        #expect(read(header([1, 0, 0, 0], flags: [0x81, 0]) + question) == .drop)
        #expect(read([]) == .drop)
    }

    @Test func otherOpcodesAreNotLookedInto() {
        guard case .reject(_, .notImplemented) = read(header([9, 9, 9, 9], flags: [0x28, 0])) else {
            Issue.record("UPDATE is not implemented")
            return
        }
    }

    @Test func randomOctetsDoNoHarm() {
        var random = SplitMix(state: 20_261_122)
        for _ in 0..<200_000 {
            let count = Int(random.next() % 90)
            var message = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            // Most random messages fail at the header; half of these get past it.
            if count > 12, random.next() % 2 == 0 {
                message.replaceSubrange(2..<12, with: [1, 0, 0, 1, 0, 0, 0, 0, 0, 2])
            }
            _ = read(message)
        }
    }

    @Test func randomChangesOfAGoodMessageDoNoHarm() {
        var random = SplitMix(state: 7)
        let good = header([1, 0, 0, 2]) + question + opt(cookie) + signature
        for _ in 0..<200_000 {
            var message = good
            for _ in 0...(random.next() % 4) {
                message[Int(random.next() % UInt64(good.count))] =
                    UInt8(truncatingIfNeeded: random.next())
            }
            _ = read(message)
        }
    }
}

@Suite("RFC 9619: one question")
struct RFC9619 {
    @Test(arguments: [0, 2, 255] as [UInt8]) func otherCountsAreErrors(count: UInt8) {
        expectFormatError(header([count, 0, 0, 0]) + question + question)
    }
}

@Suite("RFC 6891: OPT")
struct RFC6891Reading {
    private func edns(_ records: [UInt8]) -> EDNS? {
        guard case .query(let query) = read(header([1, 0, 0, 1]) + question + records) else {
            return nil
        }
        return query.edns
    }

    @Test func section6_1_2FieldsAreRead() {
        #expect(edns(opt) == EDNS(payloadOctets: 4_096, wantsSignatures: true))
    }

    @Test func section6_2_3SmallPayloadsCountAs512() {
        #expect(edns([0, 0, 41, 0, 100, 0, 0, 0, 0, 0, 0])?.payloadOctets == 512)
    }

    @Test func section6_1_2UnknownOptionsAreIgnored() {
        #expect(edns(opt([0xFF, 0xFE, 0, 1, 7] + cookie)) != nil)
    }

    @Test func section6_1_1TwoAreAnError() {
        expectFormatError(header([1, 0, 0, 2]) + question + opt + opt)
    }

    @Test func section6_1_2TheOwnerIsTheRoot() {
        expectFormatError(header([1, 0, 0, 1]) + question + [1, 97] + opt)
        expectFormatError(header([1, 0, 0, 1]) + question + [0xC0, 12] + opt.dropFirst())
    }

    @Test func section6_1_1OPTStandsInTheAdditionalSection() {
        expectFormatError(header([1, 0, 1, 0]) + question + opt)
    }

    @Test(
        arguments: [
            [0], [0, 10], [0, 10, 0], [0, 10, 0, 1], [0, 10, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8],
        ]
            as [[UInt8]])
    func section6_1_2OverlongOptionsAreErrors(options: [UInt8]) {
        expectFormatError(header([1, 0, 0, 1]) + question + opt(options))
    }

    @Test func section6_1_3OtherVersionsAreTold() {
        let version1: [UInt8] = [0, 0, 41, 0x10, 0, 0, 1, 0, 0, 0, 0]
        guard case .rejectVersion(let query) = read(header([1, 0, 0, 1]) + question + version1)
        else {
            Issue.record("version 1 is not ours")
            return
        }
        #expect(query.edns?.version == 1)
    }
}

@Suite("RFC 8945 section 5.1: TSIG")
struct RFC8945Section5_1 {
    @Test func theSignatureIsTheLastRecord() {
        expectFormatError(header([1, 0, 0, 2]) + question + signature + opt)
        expectFormatError(header([1, 0, 0, 2]) + question + signature + signature)
        expectFormatError(header([1, 0, 1, 0]) + question + signature)
    }
}

private func expectFormatError(
    _ message: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) {
    guard case .reject(_, .formatError) = read(message) else {
        Issue.record("\(message) is understood", sourceLocation: sourceLocation)
        return
    }
}

/// A small generator with a seed, so that a failure can be had again.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

@Suite("RFC 8467")
struct RFC8467 {
    @Test(arguments: [
        (1, 65_535, 467), (467, 65_535, 1), (468, 65_535, 0), (469, 65_535, 467),
        (65_520, 65_535, 0), (65_521, 65_535, 14), (65_535, 65_535, 0), (65_540, 65_535, 0),
        (500, 512, 12),
    ]) func section4_1LengthsAreMultiplesUpToTheLimit(octets: Int, limit: Int, padding: Int) {
        #expect(Padding.octets(behind: octets, limitOctets: limit) == padding)
    }
}
