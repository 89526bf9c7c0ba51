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
        /// What it has to bring besides.
        package var demand = Demand.none

        /// Joins the three.
        package init(endpoint: Endpoint, key: [UInt8]? = nil, demand: Demand = .none) {
            self.endpoint = endpoint
            self.key = key
            self.demand = demand
        }
    }

    /// How a client has to come that copies zones.
    package enum Demand: Hashable, Sendable {
        /// Over TCP or TLS.
        case none
        /// Over TLS.
        case tls
        /// Over TLS with a certificate, the SHA-256 of whose public key is one of these.
        case publicKeys(Set<[UInt8]>)

        /// What both allow of those who come over TLS: whoever shares a key is one of several.
        func joined(with other: Demand) -> Demand {
            switch (self, other) {
            case (.publicKeys(let left), .publicKeys(let right)): .publicKeys(left.union(right))
            case (.publicKeys, _): self
            case (_, .publicKeys): other
            case (.tls, _), (_, .tls): .tls
            case (.none, .none): .none
            }
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
    /// Nobody copies zones but over TLS.
    package var isOverTLSOnly = false
    /// Zones that are sent at one time; more are refused for the moment.
    package var transfers = 16
    /// A transfer that takes longer is broken off.
    package var timeout = Duration.seconds(600)
    /// How long changes are gathered before they are told.
    package var notifyDelay = Duration.seconds(2)

    /// Nobody.
    package init() {}

    /// Somebody may copy zones over TLS alone.
    var needsTLS: Bool { isOverTLSOnly || secondaries.contains { $0.demand != .none } }

    /// Somebody has to show a certificate, so that clients are asked for one.
    package var asksForCertificates: Bool {
        secondaries.contains { secondary in
            if case .publicKeys = secondary.demand { true } else { false }
        }
    }

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
