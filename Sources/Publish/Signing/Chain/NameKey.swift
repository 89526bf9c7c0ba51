import Inventory

/// A name of a zone with the beginning of what it is ordered by: most names are told apart by
/// comparing two numbers, which takes a tenth of the time that their labels take.
struct NameKey: Sendable {
    let name: DomainName
    // The labels from the last to the first, without those of the zone's own name, each closed by a
    // zero, in network order; what is missing counts as zero.
    private let high: UInt64
    private let low: UInt64

    /// A name at or below `apex`.
    init(_ name: DomainName, in apex: DomainName) {
        self.name = name
        var prefix = Prefix()
        var starts = InlineArray<128, UInt8>(repeating: 0)
        var count = 0
        var offset = 0
        let end = name.wire.count - apex.wire.count
        while offset < end {
            starts[count] = UInt8(offset)
            count += 1
            offset += 1 + Int(name.wire[offset])
        }
        while count > 0, !prefix.isFull {
            count -= 1
            let start = Int(starts[count])
            let length = Int(name.wire[start])
            for octet in name.wire[start + 1..<start + 1 + min(length, Prefix.octets)] {
                // The end of a label comes before each octet that it could go on with.
                if octet <= 1 { prefix.append(1) }
                prefix.append(octet <= 1 ? octet + 1 : octet)
            }
            prefix.append(0)
        }
        (high, low) = prefix.padded
    }

    private struct Prefix {
        static let octets = 16

        private var high: UInt64 = 0
        private var low: UInt64 = 0
        private var count = 0

        var isFull: Bool { count >= Self.octets }

        mutating func append(_ octet: UInt8) {
            guard !isFull else { return }
            if count < 8 {
                high = high << 8 | UInt64(octet)
            } else {
                low = low << 8 | UInt64(octet)
            }
            count += 1
        }

        var padded: (UInt64, UInt64) {
            (
                high << UInt64(8 * max(8 - count, 0)),
                low << UInt64(8 * min(Self.octets - count, 8))
            )
        }
    }
}

extension NameKey: Comparable {
    static func == (left: Self, right: Self) -> Bool {
        left.high == right.high && left.low == right.low && left.name == right.name
    }

    static func < (left: Self, right: Self) -> Bool {
        if left.high != right.high { return left.high < right.high }
        if left.low != right.low { return left.low < right.low }
        return left.name < right.name
    }
}
