/// Writes fields one behind the other: numbers in network order, octets behind their count.
struct FieldWriter {
    private(set) var octets: [UInt8] = []

    mutating func number<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.bigEndian) { octets += $0 }
    }

    /// At most 65,535 octets.
    mutating func field(_ field: some Collection<UInt8>) {
        precondition(field.count <= Int(UInt16.max), "a field of \(field.count) octets")
        number(UInt16(field.count))
        octets += field
    }
}

/// Reads what `FieldWriter` wrote, from octets that anybody may have sent: what is too short, too
/// long or no UTF-8 reads as `nil`.
struct FieldReader {
    private var rest: ArraySlice<UInt8>

    init(_ octets: some Collection<UInt8>) {
        rest = Array(octets)[...]
    }

    /// Everything was read.
    var isAtEnd: Bool { rest.isEmpty }

    mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
        _ type: Number.Type
    ) -> Number? {
        octets(Number.bitWidth / 8).map { $0.reduce(0) { $0 << 8 | Number($1) } }
    }

    mutating func octets(_ count: Int) -> [UInt8]? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func field(maximumOctets: Int) -> [UInt8]? {
        guard let count = number(UInt16.self), Int(count) <= maximumOctets else { return nil }
        return octets(Int(count))
    }

    mutating func text(maximumOctets: Int) -> String? {
        field(maximumOctets: maximumOctets).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
