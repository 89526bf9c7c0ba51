/// The id of an 802.1Q VLAN, 1...4094. Untagged is the absence of one.
package struct VLANID: Hashable, Sendable {
    /// 1...4094.
    package let number: UInt16

    /// `nil` outside 1...4094: 0 is a priority tag and 4095 is reserved (IEEE 802.1Q table 9-2).
    package init?(_ number: Int) {
        guard (1...4094).contains(number) else { return nil }
        self.number = UInt16(number)
    }
}

extension VLANID: CustomStringConvertible {
    package var description: String { String(number) }
}

extension VLANID: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
