/// A 64-bit digest (FNV-1a) for comparing what two runs or two nodes did. Swift's own hashes differ
/// from process to process; nobody attacks this one.
package struct Digest: Hashable, Sendable {
    /// What was taken in so far.
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Of nothing.
    package init() {}

    /// Takes in octets.
    package mutating func add(_ octets: [UInt8]) {
        var mixed = value
        octets.withUnsafeBufferPointer { octets in
            for octet in octets {
                mixed = (mixed ^ UInt64(octet)) &* 0x0000_0100_0000_01B3
            }
        }
        value = mixed
        add(UInt64(octets.count))
    }

    /// Takes in a number.
    package mutating func add(_ number: UInt64) {
        value = (value ^ number) &* 0x0000_0100_0000_01B3
        value ^= value >> 29
    }

    /// Takes in text.
    package mutating func add(_ text: String) {
        add(Array(text.utf8))
    }

    /// The digest of some octets.
    package static func of(_ octets: [UInt8]) -> UInt64 {
        var digest = Digest()
        digest.add(octets)
        return digest.value
    }
}
