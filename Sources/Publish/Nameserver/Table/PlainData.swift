import DNSWire
import Zones

/// Tells record data that are in canonical wire form beyond doubt: an address, or names of other
/// types that every zone has many of. Nearly all data are such, and asking ldns about each took most
/// of the time that loading a zone takes. What is not such is for ldns to check or to refuse.
enum PlainData {
    /// The data are what `LDNSRecord` would make of them.
    static func isCanonical(_ data: [UInt8], type: RecordType) -> Bool {
        switch type {
        case .a: data.count == 4
        case .aaaa: data.count == 16
        case .ns, .cname, .ptr: nameEnd(data, from: 0) == data.count
        case .mx: nameEnd(data, from: 2) == data.count
        case .soa:
            nameEnd(data, from: 0).flatMap { nameEnd(data, from: $0) } == data.count - 20
        default: false
        }
    }

    /// Behind a whole name without compression and without capital letters.
    private static func nameEnd(_ data: [UInt8], from start: Int) -> Int? {
        data.withUnsafeBufferPointer { octets in
            var offset = start
            while offset < octets.count, offset - start < QuestionName.maximumOctets {
                let length = Int(octets[offset])
                if length == 0 { return offset + 1 }
                let end = offset + 1 + length
                guard length <= QuestionName.maximumLabelOctets, end <= octets.count else {
                    return nil
                }
                for place in offset + 1..<end
                where octets[place] >= UInt8(ascii: "A") && octets[place] <= UInt8(ascii: "Z") {
                    return nil
                }
                offset = end
            }
            return nil
        }
    }
}
