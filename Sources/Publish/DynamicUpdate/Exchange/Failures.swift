import DNSWire
import Inventory
import Planning

/// What goes wrong with a server, in the words of whoever has to mend it.
struct Failures: Sendable {
    private let place: String
    private let key: TSIGKey?

    init(_ settings: DynamicUpdateSettings) {
        place = settings.place
        key = settings.key
    }

    /// The task was cancelled.
    var cancelled: ProviderError {
        ProviderError(.cancelled, reason: "\(place) was not waited for", remedy: "")
    }

    /// The connection ended before its time.
    var broken: ProviderError { noAnswer("it hung up") }

    /// No answer came.
    func noAnswer(_ reason: String) -> ProviderError {
        ProviderError(
            .transient, reason: "\(place) does not answer: \(reason)",
            remedy: "check that it runs, takes DNS over TCP from here, and that "
                + "dns.rfc2136.server leads to it")
    }

    /// An answer that nothing can be made of.
    func malformed(_ what: String) -> ProviderError {
        ProviderError(
            .permanent, reason: "\(place) answers what cannot be read: \(what)",
            remedy: "check that dns.rfc2136.server leads to a DNS server")
    }

    /// An answer whose signature does not hold. `code` is its response code.
    func unbelievable(_ failure: TSIGFailure, code: UInt16, to call: Call) -> ProviderError {
        let name = key.flatMap { DomainName(wire: $0.name) }.map { "\($0)" } ?? "of the settings"
        let kind: ProviderError.Kind
        let reason: String
        var remedy =
            "compare dns.rfc2136.key, \(name), with the server's: name, algorithm and secret"
        switch failure {
        case .missing:
            kind = .permanent
            reason = "answers \(call) with \(Self.text(of: code)) and does not sign that"
            // PowerDNS says the same to a wrong key and to one without the right.
            remedy =
                code == ResponseCode.notImplemented.rawValue
                ? call.remedy(for: code) : "\(remedy); \(call.permission)"
        case .foreign:
            (kind, reason) = (.permanent, "signs with another key than \(name)")
        case .wrong:
            (kind, reason) = (.permanent, "signs with another secret for the key \(name)")
        case .refused(TSIGError.badKey.rawValue):
            kind = .permanent
            reason = "does not know the key \(name), or not with its algorithm, or not for \(call)"
            // Knot says so to a key that no acl gives the right.
            remedy += "; \(call.permission)"
        case .refused(TSIGError.badSignature.rawValue):
            (kind, reason) = (.permanent, "has another secret for the key \(name)")
        case .tooLate, .refused(TSIGError.badTime.rawValue):
            (kind, reason) = (.transient, "has a clock that differs by more than five minutes")
            remedy = "set the clocks of both, by NTP"
        case .refused(let error):
            (kind, reason) = (.permanent, "refuses the signature with error \(error)")
        }
        return ProviderError(kind, reason: "\(place) \(reason)", remedy: remedy)
    }

    /// An unsigned answer that there is no zone around a name, though there is one.
    func denied(_ name: DomainName) -> ProviderError {
        ProviderError(
            .transient,
            reason:
                "\(place) denies that it has \(name), does not sign that, and is known to have a "
                + "zone around it",
            remedy: "see the server's log; if it has nothing to do with it, somebody else answers")
    }

    /// An answer with a response code that says no.
    func refused(_ code: UInt16, to call: Call) -> ProviderError {
        let isTransient = code == ResponseCode.serverFailure.rawValue
        return ProviderError(
            isTransient ? .transient : .permanent,
            reason: "\(place) answers \(call) with \(Self.text(of: code))",
            remedy: call.remedy(for: code))
    }

    /// The mnemonic of the IANA registry "DNS RCODEs".
    static func text(of code: UInt16) -> String {
        switch code {
        case UpdateCode.setExists: "YXRRSET"
        case UpdateCode.setMissing: "NXRRSET"
        case UpdateCode.outsideZone: "NOTZONE"
        default: ResponseCode(rawValue: code).map { "\($0)" } ?? "response code \(code)"
        }
    }
}

/// Response codes that only updates have (RFC 2136 section 2.2).
enum UpdateCode {
    /// YXDOMAIN: a name exists that should not.
    static let nameExists: UInt16 = 6
    /// YXRRSET: a record set exists that should not.
    static let setExists: UInt16 = 7
    /// NXRRSET: a record set does not exist that should, or it is another one.
    static let setMissing: UInt16 = 8
    /// NOTZONE: a name that lies not in the zone.
    static let outsideZone: UInt16 = 10
    /// What was wanted to stand there, or not to, did not, or did.
    static let comparisons: Set<UInt16> = [
        ResponseCode.nameError.rawValue, nameExists, setExists, setMissing,
    ]
}
