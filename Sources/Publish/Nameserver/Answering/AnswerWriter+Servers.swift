import Glibc

extension AnswerWriter {
    /// Adds the NS set of a delegation to the authority section, or nothing complete and gives
    /// `false`. Names of servers that lie below the delegated name point at it: mostly all of them
    /// do, and whatever an answer is longer by serves attackers.
    ///
    /// - `labels`: those of the delegated name below the apex, in wire form and in lower case.
    /// - `owner`, `apex`: where the delegated name and the zone's stand in the answer.
    mutating func append(
        servers set: SetView, of labels: UnsafeRawBufferPointer, owner: Int, apex: Int
    ) -> Bool {
        guard owner <= Self.farthestPointer else { return false }
        var record = 0
        for _ in 0..<set.count {
            let octets = set.dataOctets(ofRecordAt: record)
            let source = set.wire + record
            let data = UnsafeRawBufferPointer(
                start: source + SetView.recordHeaderOctets, count: octets)
            record += SetView.recordHeaderOctets + octets
            // Where a name does not end in the apex, its last octet is the root's zero.
            let endsInApex = data[octets - 1] != 0
            let isBelow = endsInApex && Self.ends(data[..<(octets - 2)], in: labels)
            let kept = endsInApex ? octets - 2 - (isBelow ? labels.count : 0) : octets
            let written = endsInApex ? kept + 2 : kept
            let target = position + SetView.recordHeaderOctets
            guard target + written <= limit else { return false }
            memcpy(start + position, source, SetView.recordHeaderOctets + kept)
            storePointer(to: owner, at: position)
            store(UInt16(truncatingIfNeeded: written), at: position + 10)
            if endsInApex { storePointer(to: isBelow ? owner : apex, at: target + kept) }
            position = target + written
        }
        count(set.count, in: .authority)
        return true
    }

    /// The last labels of a name, which both are without an end, are these.
    private static func ends(
        _ name: Slice<UnsafeRawBufferPointer>, in labels: UnsafeRawBufferPointer
    ) -> Bool {
        let place = name.count - labels.count
        guard place >= 0, let start = name.base.baseAddress, let other = labels.baseAddress,
            memcmp(start + place, other, labels.count) == 0
        else { return false }
        var label = 0
        while label < place { label += 1 + Int(name[label]) }
        return label == place
    }
}
