/// The sum of the hashes of many things, whatever the order they came in: what is put in and taken
/// out again leaves no trace. Two nodes compare it to find out whether they hold the same.
///
/// It shows mistakes, not malice: whoever may choose what is put in can make two sets of equal sum.
package struct Digest128: Hashable, Sendable {
    /// The first 64 bits.
    package private(set) var high: UInt64 = 0
    /// The last 64 bits.
    package private(set) var low: UInt64 = 0

    /// Of nothing.
    package init() {}

    /// Wraps the two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Of one thing: 128 bits of MurmurHash3 (Appleby, public domain; x64 variant, seed 0).
    package init(hashing octets: [UInt8]) {
        (high, low) = Murmur.hash(octets)
    }

    /// Puts a thing, or all of a set, in.
    package mutating func add(_ other: Digest128) {
        let (sum, isOver) = low.addingReportingOverflow(other.low)
        low = sum
        high = high &+ other.high &+ (isOver ? 1 : 0)
    }

    /// Takes a thing out that was put in.
    package mutating func subtract(_ other: Digest128) {
        let (difference, isUnder) = low.subtractingReportingOverflow(other.low)
        low = difference
        high = high &- other.high &- (isUnder ? 1 : 0)
    }

    /// Both halves, most significant octet first: to be hashed with others.
    package var octets: [UInt8] {
        [high, low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) }
        }
    }
}

extension Digest128: CustomStringConvertible {
    /// 32 hexadecimal digits in lower case.
    package var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// MurmurHash3_x64_128.
private enum Murmur {
    private static let first: UInt64 = 0x87C3_7B91_1142_53D5
    private static let second: UInt64 = 0x4CF5_AD43_2745_937F

    static func hash(_ octets: [UInt8]) -> (UInt64, UInt64) {
        var one: UInt64 = 0
        var two: UInt64 = 0
        var place = 0
        while octets.count - place >= 16 {
            one = (one ^ scrambled(word(octets, place, 8), first, 31, second)).rotated(27)
            one = (one &+ two) &* 5 &+ 0x52DC_E729
            two = (two ^ scrambled(word(octets, place + 8, 8), second, 33, first)).rotated(31)
            two = (two &+ one) &* 5 &+ 0x3849_5AB5
            place += 16
        }
        let rest = octets.count - place
        if rest > 8 { two ^= scrambled(word(octets, place + 8, rest - 8), second, 33, first) }
        if rest > 0 { one ^= scrambled(word(octets, place, min(rest, 8)), first, 31, second) }
        one ^= UInt64(octets.count)
        two ^= UInt64(octets.count)
        one = one &+ two
        two = two &+ one
        one = finished(one)
        two = finished(two)
        one = one &+ two
        return (one, two &+ one)
    }

    private static func scrambled(
        _ word: UInt64, _ before: UInt64, _ turn: UInt64, _ after: UInt64
    ) -> UInt64 {
        (word &* before).rotated(turn) &* after
    }

    private static func word(_ octets: [UInt8], _ start: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for offset in 0..<count {
            word |= UInt64(octets[start + offset]) << UInt64(8 * offset)
        }
        return word
    }

    private static func finished(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ value >> 33
    }
}

extension UInt64 {
    fileprivate func rotated(_ turn: UInt64) -> UInt64 { self << turn | self >> (64 - turn) }
}
