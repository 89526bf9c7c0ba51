package import Zones

/// The types of a name as NSEC and NSEC3 records have them (RFC 4034 section 4.1.2).
package enum TypeBitmap {
    /// The octets for types in ascending order without duplicates; none for no types.
    package static func octets(of types: [RecordType]) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(10)
        var index = 0
        while index < types.count {
            let window = types[index].rawValue >> 8
            let start = octets.count
            octets.append(UInt8(window))
            octets.append(0)
            while index < types.count, types[index].rawValue >> 8 == window {
                let number = Int(types[index].rawValue & 0xFF)
                let place = start + 2 + number / 8
                while octets.count <= place { octets.append(0) }
                octets[place] |= 0x80 >> UInt8(number % 8)
                index += 1
            }
            octets[start + 1] = UInt8(octets.count - start - 2)
        }
        return octets
    }
}
