import DNSWire
import OpenSSL

/// Works out the hashes of names (RFC 5155 section 5), without salt and further iterations (RFC
/// 9276 section 3.1). Room is taken once; it belongs to one thread.
struct NameHash: ~Copyable {
    /// Base32hex digits, five bits each.
    private static let digits = 32
    /// The key of a hash below the apex: the digits, and the zero that ends a label.
    static let keyOctets = digits + 1

    private var hasher = SHA1Hasher()
    private let room: UnsafeMutableRawBufferPointer
    private let wire: UnsafeMutablePointer<UInt8>

    init() {
        room = .allocate(byteCount: SHA1Hasher.octets + Self.keyOctets, alignment: 8)
        room.initializeMemory(as: UInt8.self, repeating: 0)
        wire = .allocate(capacity: QuestionName.maximumOctets)
        wire.initialize(repeating: 0, count: QuestionName.maximumOctets)
    }

    deinit {
        room.deallocate()
        wire.deallocate()
    }

    /// The latest hash as the key of its node, relative to the apex.
    var key: UnsafeRawPointer {
        guard let start = room.baseAddress else { preconditionFailure("room without memory") }
        return UnsafeRawPointer(start + SHA1Hasher.octets)
    }

    /// Hashes a name's ancestor with so many labels.
    mutating func take(_ name: borrowing LookupName, labels: Int) {
        let octets = name.writeWire(labels: labels, to: wire)
        hasher.hash(UnsafeRawBufferPointer(start: wire, count: octets), into: room)
        // Five octets are eight digits.
        for group in 0..<4 {
            var bits: UInt64 = 0
            for index in 0..<5 { bits = bits << 8 | UInt64(room[5 * group + index]) }
            for index in 0..<8 {
                let digit = UInt8(truncatingIfNeeded: bits >> UInt64(35 - 5 * index)) & 31
                room[SHA1Hasher.octets + 8 * group + index] =
                    digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a")
            }
        }
    }
}
