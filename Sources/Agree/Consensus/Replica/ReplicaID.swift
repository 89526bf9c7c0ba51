/// The engine's name of a replica: random, never zero, never used again. A host whose disk was lost
/// comes back under a new one, since the old one may have promised what it no longer knows.
package struct ReplicaID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Not zero.
    package let number: UInt64

    /// `nil` for zero, which means nobody.
    package init?(_ number: UInt64) {
        guard number != 0 else { return nil }
        self.number = number
    }

    /// A new one.
    package static func random(
        using generator: inout some RandomNumberGenerator
    ) -> ReplicaID {
        while true {
            if let id = ReplicaID(generator.next()) { return id }
        }
    }

    package static func < (left: ReplicaID, right: ReplicaID) -> Bool {
        left.number < right.number
    }

    /// 16 hexadecimal digits.
    package var description: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
