import DNSWire
import Inventory
import Zones

/// Which zones a server has, as far as names of ours lie in them. A server tells no list of its
/// zones, so it is asked for the SOA of names: the answer names the zone around them. Pure.
struct ZoneFinder: Sendable {
    /// What is known of a name.
    private struct Answer {
        /// `nil`: no zone of the server holds it.
        let zone: DomainName?
        let at: ContinuousClock.Instant
        /// It was signed, or nothing is.
        let isVerified: Bool

        func isOld(_ now: ContinuousClock.Instant) -> Bool {
            now - at > (zone == nil ? lifetimes.none : lifetimes.zone)
        }
    }

    /// How long an answer is believed: a zone, and that there is none, which somebody may be about
    /// to make.
    static let lifetimes: (zone: Duration, none: Duration) = (.seconds(600), .seconds(50))
    /// More answers are not remembered.
    static let maximum = 200_000

    private var answers: [DomainName: Answer] = [:]

    /// Those of the names that have to be asked for, sorted.
    func unknown(_ names: Set<DomainName>, now: ContinuousClock.Instant) -> [DomainName] {
        names.filter { name in
            answers[name].map { $0.isOld(now) } ?? true
        }.sorted()
    }

    /// The zone around a name; `nil` if the server has none, or was not asked.
    func zone(around name: DomainName) -> DomainName? { answers[name]?.zone }

    /// A name that is denied in an answer that is not to be believed: the server has a zone around
    /// it. Knot signs no refusal of what lies in none of its zones, so that alone says little.
    var contradiction: DomainName? {
        let denied = answers.filter { !$0.value.isVerified }.keys
        guard !denied.isEmpty else { return nil }
        let zones = Set(answers.values.compactMap(\.zone))
        return denied.filter { name in
            sequence(first: name, next: \.parent).contains(where: zones.contains)
        }.min()
    }

    /// Takes note of an answer.
    mutating func note(
        _ name: DomainName, zone: DomainName?, now: ContinuousClock.Instant,
        isVerified: Bool = true
    ) {
        if answers.count >= Self.maximum {
            answers = answers.filter { !$0.value.isOld(now) }
            if answers.count >= Self.maximum { answers = [:] }
        }
        answers[name] = Answer(zone: zone, at: now, isVerified: isVerified)
    }

    // MARK: Questions

    /// The labels of the smallest reverse zones that are looked for: a network of 24 bits, or 64.
    private static let reverseLabels = (v4: 5, v6: 18)

    /// The name to ask for so that the zone of an entry is known. Neighbours share one, so that
    /// few questions do for many entries.
    static func probe(for owner: DomainName, listed: Set<DomainName>) -> DomainName {
        if listed.contains(owner) { return owner }
        let limit =
            owner.isAtOrBelow(.inAddrArpa)
            ? reverseLabels.v4
            : owner.isAtOrBelow(.ip6Arpa) ? reverseLabels.v6 : owner.labelCount - 1
        var name = owner
        while name.labelCount > max(limit, 1), let parent = name.parent { name = parent }
        return name
    }

    /// The question for a name.
    static func question(_ name: DomainName, id: UInt16) -> RequestWriter {
        RequestWriter(id: id, name: name.wire, type: RecordType.soa.rawValue)
    }

    /// What an answer says.
    enum Finding: Hashable {
        /// This zone holds it.
        case zone(DomainName)
        /// None does, of which the server speaks with authority.
        case none
        /// The name is an alias, or redirected: the one above it has to be asked for.
        case above(DomainName)
        /// The server could not tell, with this response code.
        case failed(UInt16)
    }

    /// Reads the answer to the question for a name.
    static func finding(_ message: ServerMessage, for name: DomainName) -> Finding {
        let isNone = message.code == ResponseCode.nameError.rawValue
        guard isNone || message.code == ResponseCode.noError.rawValue else {
            let denials: [ResponseCode] = [.refused, .notAuthorized]
            return denials.contains { $0.rawValue == message.code } ? .none : .failed(message.code)
        }
        guard message.header.flags.contains(.authoritative) else { return .none }
        let isAlias = message.answers.contains {
            $0.type == RecordType.cname.rawValue || $0.type == RecordType.dname.rawValue
        }
        if isAlias { return name.parent.map { .above($0) } ?? .none }
        let authority = (message.answers + message.authorities).first {
            $0.type == RecordType.soa.rawValue
        }
        guard let authority, let zone = DomainName(wire: authority.owner),
            name.isAtOrBelow(zone), !isBuiltIn(authority)
        else { return .none }
        return .zone(zone)
    }

    /// BIND answers for private reverse zones that nobody gave it (RFC 6303). Their SOA names the
    /// zone itself as its server, nobody as its contact, and the serial 0.
    private static func isBuiltIn(_ authority: WireRecord) -> Bool {
        authority.data.starts(with: authority.owner + [0, 0, 0, 0, 0])
            && authority.data.count == authority.owner.count + 1 + 20
    }
}
