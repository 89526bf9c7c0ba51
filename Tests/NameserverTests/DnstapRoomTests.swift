import DNSWire
import Testing

@testable import Nameserver

/// The ring between a worker and the thread that tells of its queries, against a list.
@Suite struct TapRingTests {
    private func put(_ ring: TapRing, _ number: UInt64, _ sizes: (Int, Int, Int)) -> Bool {
        let octet = UInt8(truncatingIfNeeded: number)
        let part = { (count: Int) in [UInt8](repeating: octet, count: count) }
        let client = ClientAddress(ipv4: 1)
        let peer = TapPeer(
            client: client, clientPort: 1, server: client, serverPort: 53, transport: .tls)
        let head = TapHead(
            arrivedNanoseconds: number, answeredNanoseconds: number + 1, peer: peer,
            zoneOctets: sizes.0, queryOctets: sizes.1, answerOctets: sizes.2)
        return part(sizes.0).withUnsafeBytes { zone in
            part(sizes.1).withUnsafeBytes { query in
                part(sizes.2).withUnsafeBytes { answer in
                    ring.put(head, zone: zone, query: query, answer: answer)
                }
            }
        }
    }

    /// Puts and takes as a sequence of numbers says, and sees that what goes in comes out.
    @Test(arguments: 0..<4) func whatGoesInComesOut(seed: UInt64) {
        var random = SeededNumbers(state: seed)
        let ring = TapRing(sizeOctets: DnstapSettings.leastRoomOctets)
        var expected: [(UInt64, (Int, Int, Int))] = []
        var refused = 0
        for number in 0..<1_000 as Range<UInt64> {
            let limit = random.next() % 4 == 0 ? 65_536 : 600 as UInt64
            let sizes = (
                Int(random.next() % 256), Int(12 + random.next() % limit),
                Int(random.next() % limit)
            )
            if put(ring, number, sizes) { expected.append((number, sizes)) } else { refused += 1 }
            guard random.next() % 8 < 3 || expected.count > 60 else { continue }
            take(ring, &expected)
        }
        while !expected.isEmpty { take(ring, &expected) }
        #expect(ring.isEmpty && refused > 0)
        let isMore = ring.take { _ in }
        #expect(!isMore)
    }

    private func take(_ ring: TapRing, _ expected: inout [(UInt64, (Int, Int, Int))]) {
        let (number, sizes) = expected.removeFirst()
        let octet = UInt8(truncatingIfNeeded: number)
        let isTaken = ring.take { entry in
            let head = entry.head
            #expect(head.arrivedNanoseconds == number && head.peer.transport == .tls)
            let counts = (entry.zone.count, entry.query.count, entry.answer.count)
            #expect(counts == sizes)
            let isWhole = [Array(entry.zone), Array(entry.query), Array(entry.answer)]
                .allSatisfy { $0 == [UInt8](repeating: octet, count: $0.count) }
            #expect(isWhole)
        }
        #expect(isTaken)
    }

    @Test func theLargestEntryFitsAnEmptyRingAnywhere() {
        let ring = TapRing(sizeOctets: DnstapSettings.leastRoomOctets)
        for number in 0..<100 as Range<UInt64> {
            #expect(put(ring, number, (255, 65_535, 65_535)))
            #expect(put(ring, number, (0, 12, Int(number) * 100)))
            var count = 0
            while ring.take({ _ in count += 1 }) {}
            #expect(count == 2)
        }
    }
}

/// Numbers that follow from a seed.
private struct SeededNumbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}

/// The control frames of Frame Streams.
@Suite struct FrameStreamTests {
    private static let accept: [UInt8] =
        [0, 0, 0, 0, 0, 0, 0, 34, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 22]
        + Array("protobuf:dnstap.Dnstap".utf8)

    @Test func whatIsSaidIsReadBack() {
        for control in [FrameStream.Control.accept, .start, .stop, .ready, .finish] {
            let octets = FrameStream.control(control)
            #expect(FrameStream.read(octets) == .control(control, octets: octets.count))
        }
        #expect(FrameStream.control(.accept) == Self.accept)
        #expect(FrameStream.control(.stop) == [0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 3])
    }

    @Test func aPartIsIncompleteAtEveryLength() {
        for count in 0..<Self.accept.count {
            #expect(FrameStream.read(Array(Self.accept.prefix(count))) == .incomplete)
        }
    }

    @Test func otherContentIsRefused() {
        var other = Self.accept
        other[other.count - 1] = UInt8(ascii: "x")
        #expect(FrameStream.read(other) == .malformed)
        // One that names nothing takes everything.
        let open: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1]
        #expect(FrameStream.read(open) == .control(.accept, octets: 12))
    }

    @Test(
        arguments: [
            // A data frame, lengths out of range, an unknown kind and an unknown field.
            [0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1],
            [0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 9],
            [0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1, 255, 255, 255, 255],
            [0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0],
        ] as [[UInt8]])
    func whatIsNoneIsRefused(octets: [UInt8]) {
        #expect(FrameStream.read(octets) == .malformed)
    }

    @Test func frameGoesBehindItsLength() {
        var octets: [UInt8] = [9]
        FrameStream.append([1, 2, 3], to: &octets)
        #expect(octets == [9, 0, 0, 0, 3, 1, 2, 3])
    }
}
