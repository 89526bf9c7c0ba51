/// SipHash, the keyed hash of Aumasson and Bernstein ("SipHash: a fast short-input PRF", 2012).
///
/// Names in a query are chosen by strangers and names in a zone by tenants: with an unkeyed hash
/// either could make a table slow on purpose. The rounds are parameters, since tables are content
/// with SipHash-1-3 and server cookies need SipHash-2-4 (RFC 9018 section 4.4).
///
/// The message is taken in words, so that the hashes of all prefixes of a message cost one pass:
/// `absorb` each whole word of eight octets, and ask `finished` wherever a prefix ends.
///
/// Everything is inlinable: a call across modules with rounds known only at run time would cost as
/// much again as the hash itself.
package struct SipHash<let compressionRounds: Int, let finalizationRounds: Int>: Sendable {
    @usableFromInline var v0: UInt64
    @usableFromInline var v1: UInt64
    @usableFromInline var v2: UInt64
    @usableFromInline var v3: UInt64

    /// Starts a message under a key of 128 bits, given as the two little-endian halves.
    @inlinable @inline(__always)
    package init(key: SipHashKey) {
        v0 = key.low ^ 0x736f_6d65_7073_6575
        v1 = key.high ^ 0x646f_7261_6e64_6f6d
        v2 = key.low ^ 0x6c79_6765_6e65_7261
        v3 = key.high ^ 0x7465_6462_7974_6573
    }

    /// Takes the next eight octets of the message as a little-endian word.
    @inlinable @inline(__always)
    package mutating func absorb(_ word: UInt64) {
        v3 ^= word
        for _ in 0..<compressionRounds { round() }
        v0 ^= word
    }

    /// The hash of a message that ends here. `tail` holds its last `count % 8` octets in
    /// little-endian order with zeros above, `count` is the length of the whole message in octets.
    @inlinable @inline(__always)
    package func finished(tail: UInt64, count: Int) -> UInt64 {
        var state = self
        state.absorb(UInt64(truncatingIfNeeded: count) << 56 | tail)
        state.v2 ^= 0xFF
        for _ in 0..<finalizationRounds { state.round() }
        return state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    }

    /// The hash of a whole message.
    @inlinable @inline(__always)
    package static func hash(_ message: RawSpan, key: SipHashKey) -> UInt64 {
        var state = Self(key: key)
        let count = message.byteCount
        var offset = 0
        while offset + 8 <= count {
            state.absorb(Self.word(of: message, at: offset))
            offset += 8
        }
        return state.finished(tail: Self.tail(of: message, at: offset), count: count)
    }

    /// The eight octets at an offset as a little-endian word; all of them must be there.
    @inlinable @inline(__always)
    package static func word(of message: RawSpan, at offset: Int) -> UInt64 {
        // The load checks its bounds; every bit pattern is a number.
        UInt64(littleEndian: message.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// What is left of the message from an offset on, at most seven octets.
    @inlinable @inline(__always)
    package static func tail(of message: RawSpan, at offset: Int) -> UInt64 {
        var tail: UInt64 = 0
        var index = message.byteCount
        while index > offset {
            index -= 1
            let octet = message.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            tail = tail << 8 | UInt64(octet)
        }
        return tail
    }

    @inlinable @inline(__always)
    mutating func round() {
        v0 = v0 &+ v1
        v1 = rotated(v1, 13) ^ v0
        v0 = rotated(v0, 32)
        v2 = v2 &+ v3
        v3 = rotated(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = rotated(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = rotated(v1, 17) ^ v2
        v2 = rotated(v2, 32)
    }

    @inlinable @inline(__always)
    func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value &<< bits | value &>> (64 &- bits)
    }
}

/// 128 secret bits for `SipHash`.
package struct SipHashKey: Equatable, Sendable, BitwiseCopyable {
    /// Octets 0...7 of the key as a little-endian number.
    package let low: UInt64
    /// Octets 8...15.
    package let high: UInt64

    /// Joins the halves.
    @inlinable
    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }
}

/// The variant for tables in memory.
package typealias TableHash = SipHash<1, 3>
/// The variant of the paper, which cookies use (RFC 9018).
package typealias CookieHash = SipHash<2, 4>
