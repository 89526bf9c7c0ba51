/// The version number of a zone, in the arithmetic of RFC 1982: it wraps around, and "later" means
/// less than half a turn ahead.
package struct SerialNumber: Hashable, Sendable {
    /// The number in the SOA record; never 0, which some secondaries take for "no serial".
    package let number: UInt32

    /// Takes a number as it is; 0 becomes 1.
    package init(_ number: UInt32) {
        self.number = max(number, 1)
    }

    /// The serial after this one for a change at a time: the time itself if that is later, so that
    /// a serial tells when, else one more.
    package func next(atSeconds seconds: UInt64) -> SerialNumber {
        let following = SerialNumber(number &+ 1)
        let time = SerialNumber(UInt32(truncatingIfNeeded: seconds))
        return time.isLater(than: following) ? time : following
    }

    /// RFC 1982 section 3.2.
    package func isLater(than other: SerialNumber) -> Bool {
        number != other.number && number &- other.number < 1 << 31
    }
}

extension SerialNumber: CustomStringConvertible {
    package var description: String { String(number) }
}
