/// The cluster that a guest belongs to: a random number of 128 bits, drawn once when the cluster
/// was founded. Two clusters on one provider are told apart by it.
package struct ClusterID: Hashable, Sendable {
    /// The first 64 bits.
    package let high: UInt64
    /// The last 64 bits.
    package let low: UInt64

    /// Wraps the two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hexadecimal digits; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 32, text.allSatisfy({ $0.isASCII && $0.isHexDigit }),
            let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.high = high
        self.low = low
    }
}

extension ClusterID: CustomStringConvertible {
    /// 32 hexadecimal digits in lower case.
    package var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// Who a guest is, wherever it runs. A number is used again after its guest was destroyed, so the
/// number alone is not an identity; the node is none either, since guests move.
package struct GuestID: Hashable, Sendable {
    /// The cluster; numbers are unique within one only.
    package let cluster: ClusterID
    /// The guest's number in Proxmox, 100...999,999,999.
    package let vmid: UInt32
    /// What sets this guest apart from an earlier one of the same number: the SMBIOS UUID, else
    /// the creation time, else empty (containers have neither). At most 64 octets.
    package let incarnation: String

    /// Joins the three.
    package init(cluster: ClusterID, vmid: UInt32, incarnation: String) {
        self.cluster = cluster
        self.vmid = vmid
        self.incarnation = incarnation
    }
}

extension GuestID: CustomStringConvertible {
    /// The number: what an operator knows the guest by.
    package var description: String { String(vmid) }
}

extension GuestID: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.cluster.high, left.cluster.low, left.vmid, left.incarnation)
            < (right.cluster.high, right.cluster.low, right.vmid, right.incarnation)
    }
}
