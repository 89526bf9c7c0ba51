import Testing

@testable import DNSWire

/// RFC 1035 section 4.1.4: names in messages of servers.
@Suite struct WireNameTests {
    private static let header = [UInt8](repeating: 0, count: Header.sizeOctets)

    /// Reads a name that stands at an offset behind the header.
    private static func read(_ octets: [UInt8], at offset: Int = 0) -> (wire: [UInt8], end: Int)? {
        let message = header + octets
        guard let name = WireName.read(from: message.span, at: header.count + offset) else {
            return nil
        }
        return (name.wire, name.end - header.count)
    }

    private static func label(_ count: Int, _ octet: UInt8 = 97) -> [UInt8] {
        [UInt8(count)] + [UInt8](repeating: octet, count: count)
    }

    /// A pointer to an offset behind the header.
    private static func pointer(_ offset: Int) -> [UInt8] {
        let target = header.count + offset
        return [0xC0 | UInt8(target >> 8), UInt8(truncatingIfNeeded: target)]
    }

    /// A name of so many octets, at least 65.
    private static func name(octets count: Int) -> [UInt8] {
        var name: [UInt8] = []
        while name.count + 65 < count { name += label(min(63, count - name.count - 3)) }
        return name + label(count - name.count - 2) + [0]
    }

    @Test func namesAreReadInLowerCase() throws {
        let read = try #require(Self.read([3, 65, 66, 90, 1, 0x5B, 0, 7]))
        #expect(read.wire == [3, 97, 98, 122, 1, 0x5B, 0])
        #expect(read.end == 7)
        #expect(try #require(Self.read([0])).wire == [0])
    }

    @Test func pointersLeadBack() throws {
        // a.b., then c. in front of it, then nothing in front of that.
        let octets = [1, 97, 1, 98, 0, 1, 99] + Self.pointer(0) + Self.pointer(5)
        let second = try #require(Self.read(octets, at: 5))
        #expect(second.wire == [1, 99, 1, 97, 1, 98, 0])
        #expect(second.end == 9)
        let third = try #require(Self.read(octets, at: 9))
        #expect(third.wire == second.wire)
        #expect(third.end == 11)
        let inner = try #require(Self.read([1, 97, 1, 98, 0] + Self.pointer(2), at: 5))
        #expect(inner.wire == [1, 98, 0])
    }

    @Test func pointersLeadNowhereElse() {
        let itself = Self.pointer(0)
        #expect(Self.read(itself) == nil)
        let forward = Self.pointer(2) + [1, 97, 0]
        #expect(Self.read(forward) == nil)
        let intoItsOwnLabels = [1, 97] + Self.pointer(0)
        #expect(Self.read(intoItsOwnLabels) == nil)
        // Two that lead to each other, and one into a name that goes on with itself.
        let pair = Self.pointer(2) + Self.pointer(0)
        #expect(Self.read(pair) == nil)
        #expect(Self.read(pair, at: 2) == nil)
        let circle = [1, 97] + Self.pointer(4) + Self.pointer(0)
        #expect(Self.read(circle, at: 4) == nil)
        // Behind the end of the message.
        #expect(Self.read([0xFF, 0xFF]) == nil)
        // Into the header.
        for target in 0..<UInt8(Header.sizeOctets) {
            #expect(Self.read([0, 0xC0, target], at: 1) == nil)
        }
        #expect(Self.read([0, 0xC0, UInt8(Header.sizeOctets)], at: 1) != nil)
    }

    @Test func namesHaveAtMost255Octets() throws {
        #expect(try #require(Self.read(Self.name(octets: 255))).wire.count == 255)
        #expect(Self.read(Self.name(octets: 256)) == nil)
        // As long where a part of it stands elsewhere.
        let tail = Self.name(octets: 200)
        let whole = tail + Self.label(54) + Self.pointer(0)
        #expect(try #require(Self.read(whole, at: 200)).wire.count == 255)
        let longer = tail + Self.label(55) + Self.pointer(0)
        #expect(Self.read(longer, at: 200) == nil)
        // 127 labels of one octet.
        let most = [[UInt8]](repeating: Self.label(1), count: 127).flatMap(\.self) + [0]
        #expect(try #require(Self.read(most)).wire.count == 255)
        #expect(Self.read(Self.label(1) + most) == nil)
    }

    @Test func labelsHaveAtMost63Octets() throws {
        #expect(try #require(Self.read(Self.label(63) + [0])).wire.count == 65)
        for kind: UInt8 in [64, 65, 0x7F, 0x80, 0xBF] {
            let label = [kind] + [UInt8](repeating: 97, count: Int(kind)) + [0]
            #expect(Self.read(label) == nil, "\(kind)")
        }
    }

    @Test func cutNamesAreNone() {
        let octets = [1, 97, 1, 98, 0, 3, 99, 100, 101] + Self.pointer(0)
        for count in 0..<6 { #expect(Self.read(Array(octets[5..<5 + count])) == nil) }
        for count in 0..<5 { #expect(Self.read(Array(octets[..<count])) == nil) }
        #expect(Self.read(octets, at: octets.count) == nil)
        #expect(Self.read(octets, at: octets.count + 100) == nil)
    }

    @Test func pointersToPointersEnd() throws {
        // The root, and pointers of which each leads to the one before.
        let chain = { (count: Int) -> [UInt8] in
            (0..<count).reduce(into: [0]) { octets, number in
                octets += Self.pointer(number == 0 ? 0 : 2 * number - 1)
            }
        }
        let most = WireName.maximumPointers
        #expect(try #require(Self.read(chain(most), at: 2 * most - 1)).wire == [0])
        #expect(Self.read(chain(most + 1), at: 2 * most + 1) == nil)
    }

    @Test func aNameOfPointersAndSingleLabelsIsRead() throws {
        // As compressed as a name of 127 labels can be: each label but the last followed by one.
        var octets = Self.label(1) + [0]
        var place = 0
        for _ in 1..<127 {
            let next = octets.count
            octets += Self.label(1) + Self.pointer(place)
            place = next
        }
        #expect(try #require(Self.read(octets, at: place)).wire.count == 255)
    }
}
