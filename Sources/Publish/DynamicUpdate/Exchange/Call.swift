import DNSWire
import Inventory

/// What is asked of a server, in the words of messages.
enum Call: Hashable, Sendable {
    /// Which zone there is around a name.
    case question(DomainName)
    /// A transfer of a zone, or of what changed in it.
    case transfer(DomainName)
    /// An update of a zone.
    case update(DomainName)

    /// How a server gives a key the right to it.
    var permission: String {
        switch self {
        // Knot denies even the question to a key without any right.
        case .question, .transfer:
            "let the key transfer the zone (allow-transfer in BIND, an acl with action transfer in "
                + "Knot, TSIG-ALLOW-AXFR in PowerDNS): what stands there has to be known before "
                + "anything is changed"
        case .update:
            "let dns.rfc2136.server lead to the primary of the zone, and the key update it, A, "
                + "AAAA, CNAME, PTR and TXT records alike (update-policy or allow-update in BIND, "
                + "an acl with action update in Knot, TSIG-ALLOW-DNSUPDATE in PowerDNS)"
        }
    }

    /// What can be done where a server answers with a response code that says no.
    func remedy(for code: UInt16) -> String {
        switch ResponseCode(rawValue: code) {
        case .refused: permission
        case .notAuthorized:
            switch self {
            case .update: permission
            case .question, .transfer:
                "let dns.rfc2136.server lead to the primary of the zone, and \(permission)"
            }
        case .notImplemented:
            "let dns.rfc2136.server lead to the primary of the zone, and switch dynamic updates on "
                + "there"
        case .formatError, .badVersion, .badCookie, .nameError, .noError, .serverFailure,
            .nameTooLong, nil:
            "see the server's log"
        }
    }
}

extension Call: CustomStringConvertible {
    /// "the transfer of example.com."
    var description: String {
        switch self {
        case .question(let name): "the question for the zone of \(name)"
        case .transfer(let zone): "the transfer of \(zone)"
        case .update(let zone): "an update of \(zone)"
        }
    }
}
