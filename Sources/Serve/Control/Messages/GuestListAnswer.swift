/// All guests: what `GET /v1/guests` answers.
package struct GuestListAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// Sorted by number.
    package let guests: [GuestSummary]

    /// Joins the two.
    package init(index: UInt64, guests: [GuestSummary] = []) {
        self.index = index
        self.guests = guests
    }
}

extension GuestListAnswer {
    /// One guest in a list.
    package struct GuestSummary: Codable, Hashable, Sendable {
        /// Its number in Proxmox.
        package let vmid: UInt32
        /// "qemu" or "lxc".
        package let type: String
        /// The host that it is on.
        package let node: String
        /// "running", "stopped" and the like, as Proxmox says.
        package let status: String
        /// Its name in Proxmox.
        package let name: String?
        /// It was destroyed, and its records are about to be.
        package let isGone: Bool
        /// Its published names, sorted.
        package let names: [String]
        /// Its published addresses, sorted.
        package let addresses: [String]
        /// Names and addresses that a person could have published by doing something.
        package let unpublished: Int

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            vmid: UInt32, type: String, node: String, status: String, name: String? = nil,
            isGone: Bool, names: [String] = [], addresses: [String] = [], unpublished: Int
        ) {
            self.vmid = vmid
            self.type = type
            self.node = node
            self.status = status
            self.name = name
            self.isGone = isGone
            self.names = names
            self.addresses = addresses
            self.unpublished = unpublished
        }
    }
}
