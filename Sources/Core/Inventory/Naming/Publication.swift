/// What one guest would have published, seen by itself; whether it may is settled where the claims
/// of all guests meet.
package struct Publication: Hashable, Sendable {
    /// What supports a guest's claim on an address, when another guest claims it too.
    package struct Evidence: Hashable, Sendable {
        /// The hardware address of the interface that carries it.
        package let mac: MACAddress?
        /// The guest runs.
        package let isRunning: Bool
        /// The operator gave it this address in Proxmox.
        package let isConfigured: Bool

        /// Joins the three.
        package init(mac: MACAddress?, isRunning: Bool, isConfigured: Bool) {
            self.mac = mac
            self.isRunning = isRunning
            self.isConfigured = isConfigured
        }
    }

    /// One claim on a name.
    package enum Claim: Hashable, Sendable {
        /// The guest's own name for one of its addresses, with a PTR record if `hasReverse`.
        case host(
            name: DomainName, address: ScopedAddress, hasReverse: Bool, evidence: Evidence)
        /// Another name for one of the guest's own (CNAME).
        case alias(name: DomainName, target: DomainName)
        /// A name that several guests may answer for.
        case service(name: DomainName, address: ScopedAddress)

        /// The name claimed.
        package var name: DomainName {
            switch self {
            case .host(let name, _, _, _), .alias(let name, _), .service(let name, _): name
            }
        }

        /// The name that it points at, if it does.
        package var target: DomainName? {
            switch self {
            case .alias(_, let target): target
            case .host, .service: nil
            }
        }

        /// The address that goes with it, if one does.
        package var address: ScopedAddress? {
            switch self {
            case .host(_, let address, _, _), .service(_, let address): address
            case .alias: nil
            }
        }
    }

    /// One thing of the guest's that is not published, and why.
    package struct Finding: Hashable, Sendable {
        /// An address, a name, or the guest itself ("guest").
        package let subject: String
        /// Why.
        package let reason: Withholding

        /// Joins the two.
        package init(subject: String, reason: Withholding) {
            self.subject = subject
            self.reason = reason
        }
    }

    /// In the order of interfaces and addresses; no duplicates.
    package var claims: [Claim] = []
    /// Everything that makes no claim, in the order it was met.
    package var findings: [Finding] = []
    /// When time alone changes the verdict on an address, in seconds since 1970.
    package var reviewAtSeconds: UInt64?

    /// Nothing claimed, nothing found.
    package init() {}
}
