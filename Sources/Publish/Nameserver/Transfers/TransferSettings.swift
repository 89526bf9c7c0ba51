package import DNSWire
package import Inventory

/// Who may copy whole zones, and who is told of their changes. By default nobody is: a zone lists
/// everything that a network has.
package struct TransferSettings: Sendable {
    /// Another name server that copies our zones.
    package struct Secondary: Hashable, Sendable {
        /// Where it is told of changes.
        package var endpoint: Endpoint
        /// The name in wire form of the key that it is spoken to with; it may copy the zones with
        /// that key and no other way. Without one it may copy them by its address.
        package var key: [UInt8]?

        /// Joins the two.
        package init(endpoint: Endpoint, key: [UInt8]? = nil) {
            self.endpoint = endpoint
            self.key = key
        }
    }

    /// The keys that requests may be signed with.
    package var keys: [TSIGKey] = []
    /// Networks from where zones may be copied without a signature.
    package var networks: [CIDR] = []
    /// Names in wire form of keys that allow to copy zones, from anywhere.
    package var allowedKeys: Set<[UInt8]> = []
    /// Who is told of changes.
    package var secondaries: [Secondary] = []
    /// Zones that are sent at one time; more are refused for the moment.
    package var transfers = 16
    /// A transfer that takes longer is broken off.
    package var timeout = Duration.seconds(600)
    /// How long changes are gathered before they are told.
    package var notifyDelay = Duration.seconds(2)

    /// Nobody.
    package init() {}

    /// The first thing that cannot be, in words.
    var objection: String? {
        let names = Set(keys.map(\.name))
        let wanted = allowedKeys.union(secondaries.compactMap(\.key))
        if names.count != keys.count { return "a key stands twice" }
        if !wanted.isSubset(of: names) { return "a key that is not among the keys" }
        if transfers < 1 || timeout <= .zero { return "no transfer could be made" }
        return secondaries.count <= 64 ? nil : "more than 64 secondaries"
    }
}
