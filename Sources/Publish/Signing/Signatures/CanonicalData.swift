import Zones

/// Record data in the form that is signed (RFC 4034 section 6.2): names in the data of old types
/// are in lower case there, those in newer ones stay as they are (RFC 6840 section 5.1).
enum CanonicalData {
    /// Where names stand in the data of a type.
    private struct Layout {
        /// Octets in front of the first name.
        var leading = 0
        /// Character strings between these and the first name.
        var strings = 0
        /// Names, one behind the other.
        var names = 1
    }

    /// All data of a set in canonical form and order.
    static func records(of set: RecordSet) -> [[UInt8]] {
        guard let layout = layout(of: set.key.type) else { return set.data }
        let canonical = set.data.map { lowercased($0, layout) }
        guard canonical != set.data else { return set.data }
        return Set(canonical).sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// `nil` for types whose data stay as they are. The numbers are those of the registry; most of
    /// the types have been forgotten, but a zone may have them.
    private static func layout(of type: RecordType) -> Layout? {
        switch type.rawValue {
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, NXT, DNAME.
        case 2, 3, 4, 5, 7, 8, 9, 12, 30, 39: Layout()
        // SOA, MINFO, RP.
        case 6, 14, 17: Layout(names: 2)
        // MX, AFSDB, RT, KX.
        case 15, 18, 21, 36: Layout(leading: 2)
        // PX.
        case 26: Layout(leading: 2, names: 2)
        // SRV.
        case 33: Layout(leading: 6)
        // NAPTR.
        case 35: Layout(leading: 4, strings: 3)
        // SIG.
        case 24: Layout(leading: 18)
        default: nil
        }
    }

    /// Data whose form is broken come back as far as they are right, the rest as it was.
    private static func lowercased(_ data: [UInt8], _ layout: Layout) -> [UInt8] {
        var octets = data
        var place = layout.leading
        for _ in 0..<layout.strings {
            guard place < octets.count else { return octets }
            place += 1 + Int(octets[place])
        }
        for _ in 0..<layout.names {
            while place < octets.count, octets[place] != 0 {
                let end = place + 1 + Int(octets[place])
                guard octets[place] < 64, end < octets.count else { return octets }
                for index in place + 1..<end where 0x41...0x5A ~= octets[index] {
                    octets[index] += 0x20
                }
                place = end
            }
            place += 1
        }
        return octets
    }
}
