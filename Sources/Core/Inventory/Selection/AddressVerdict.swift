/// What the rules say of one address of a guest.
package struct AddressVerdict: Hashable, Sendable {
    /// Whether the address counts, and if not, why.
    package enum Outcome: Hashable, Sendable {
        /// It may stand under the guest's own name.
        case accepted
        /// It belongs to whoever holds it at the moment: only a service name may have it.
        case floating(Withholding)
        /// It does not count.
        case withheld(Withholding)
    }

    /// The interface it was found on, `net0`...`net31`.
    package let interface: String
    /// As it was found.
    package let found: GuestAddress
    /// As it would be published: translated, in its routing domain.
    package let address: ScopedAddress
    /// The verdict.
    package let outcome: Outcome

    /// Joins the four.
    package init(
        interface: String, found: GuestAddress, address: ScopedAddress, outcome: Outcome
    ) {
        self.interface = interface
        self.found = found
        self.address = address
        self.outcome = outcome
    }
}

/// Why an address or a name is not published. Each case prints as a sentence for the operator.
package enum Withholding: Hashable, Sendable {
    // Addresses.
    case notRoutable
    case selfAssigned
    case tunnel
    case skipped(by: CIDR)
    case notAttached
    case notPrimary(MACAddress)
    case notInUse
    case virtualRouter(MACAddress)
    case hostRoute
    case maturing(untilSeconds: UInt64)
    case onePerPrefix(kept: IPAddress)
    case seenOnSeveralGuests
    case addressHeld(by: GuestID)
    case noMapping
    case privateInPublicZone(DomainName)

    // Names.
    case template
    case ignored
    case inTransition(lock: String)
    case stopped
    case destroyed
    case noAddress(because: String?)
    case noName(synthetic: String)
    case illegalName(String, suggestion: String?)
    case tooLong(String)
    case outsideZones(DomainName)
    case notTrusted(DomainName, zone: DomainName)
    case reserved(DomainName)
    case staticName(DomainName)
    case delegated(DomainName, at: DomainName)
    case staticZone(DomainName, zone: DomainName)
    case nameHeld(DomainName, by: GuestID)
    case nameFull(DomainName, limit: Int)
    case aliasWithoutTarget
    case braked(DomainName)
    case badSettings(String)
}

extension Withholding: CustomStringConvertible {
    package var description: String {
        addressText ?? nameText
    }

    private var addressText: String? {
        switch self {
        case .notRoutable: "loopback, link-local, multicast or broadcast: no address of one host"
        case .selfAssigned: "self-assigned because no DHCP server answered (169.254.0.0/16)"
        case .tunnel: "Teredo tunnel address"
        case .skipped(let network): "inside skip_cidrs \(network)"
        case .notAttached: "the interface is attached to no bridge"
        case .notPrimary(let mac): "the notes name \(mac) as primary_mac"
        case .notInUse: "configured, but not seen in use on the guest"
        case .virtualRouter(let mac): "address of the virtual router \(mac); declare a service name"
        case .hostRoute: "floating address beside an on-link one; declare a service name"
        case .maturing(let until):
            "perhaps temporary: IPv6 address not formed from the MAC, accepted if unchanged until "
                + "unix time \(until)"
        case .onePerPrefix(let kept): "\(kept) already stands for this prefix"
        case .seenOnSeveralGuests: "in use on several guests; declare a service name"
        case .addressHeld(let guest): "guest \(guest) had it first"
        case .noMapping: "inside no network of [mapping]"
        case .privateInPublicZone(let zone): "private address, and \(zone) is marked public"
        default: nil
        }
    }

    private var nameText: String {
        switch self {
        case .template: "a template is never published"
        case .ignored: "the notes say ignore"
        case .inTransition(let lock): "locked (\(lock)): not published until that ends"
        case .stopped: "stopped, and stopped guests are withdrawn"
        case .destroyed: "destroyed; its records go after the grace time"
        case .noAddress(let reason):
            "no address is known" + (reason.map { ": \($0)" } ?? "")
        case .noName(let synthetic):
            "it has no name of its own (\"\(synthetic)\" is made up by Proxmox); set one"
        case .illegalName(let name, let suggestion):
            "\"\(name)\" is no legal host name"
                + (suggestion.map { "; \"\($0)\" would be" } ?? "")
        case .tooLong(let name): "\"\(name)\" makes a name of more than 255 octets"
        case .outsideZones(let name): "\(name) lies outside every zone"
        case .notTrusted(let name, let zone):
            "\(name) was chosen by the guest, and \(zone) does not trust its pool or tags"
        case .reserved(let name): "\(name) is reserved"
        case .staticName(let name):
            "the operator gave \(name) records of its own; pipamctl record remove frees it"
        case .delegated(let name, let cut): "\(name) lies below \(cut), which is delegated"
        case .staticZone(let name, let zone):
            "\(name) lies in \(zone), which holds the operator's records only"
        case .nameHeld(let name, let guest): "\(name) is held by guest \(guest)"
        case .nameFull(let name, let limit): "\(name) has \(limit) records already"
        case .aliasWithoutTarget: "the guest itself has no name that an alias could point at"
        case .braked(let name):
            "too much of its zone was to change within an hour, so \(name) stays as it was; "
                + "pipamctl plan apply --force lets it change"
        case .badSettings(let problem): "pipam block in the notes: \(problem)"
        default: ""
        }
    }
}
