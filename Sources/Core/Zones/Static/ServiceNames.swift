import Inventory

/// What follows from service records that the operator gives (RFC 6763). Under the name of a kind
/// of service, `_http._tcp.example.com`, PTR records name its instances. Whoever looks for services
/// asks first which domains to look in and which kinds there are: `b._dns-sd._udp.example.com`,
/// `lb._dns-sd._udp` and `_services._dns-sd._udp`. These follow.
struct ServiceNames: Sendable {
    /// The names of kinds of services, by the domain that they stand in.
    private var kinds: [DomainName: Set<DomainName>] = [:]
    /// The names at which something follows.
    private(set) var names: Set<DomainName> = []

    private static let transports = ["_tcp", "_udp"].map { Array($0.utf8) }
    private static let meta = Array("_dns-sd".utf8)
    private static let browsing = ["b", "lb"].map { Array($0.utf8) }
    private static let listing = Array("_services".utf8)

    /// There are PTR records at a name, or there are none any more.
    mutating func take(_ owner: DomainName, hasInstances: Bool) {
        guard let domain = Self.domain(ofKind: owner) else { return }
        if hasInstances {
            kinds[domain, default: []].insert(owner)
            names.formUnion(Self.names(in: domain))
        } else {
            kinds[domain]?.remove(owner)
            guard kinds[domain]?.isEmpty ?? true else { return }
            kinds[domain] = nil
            names.subtract(Self.names(in: domain))
        }
    }

    /// The names at which something may come or go with the PTR records of a name.
    static func names(following owner: DomainName) -> [DomainName] {
        domain(ofKind: owner).map { names(in: $0) } ?? []
    }

    /// The domain and the data of the PTR records that follow at a name; `nil` if none do.
    func pointers(at name: DomainName) -> (domain: DomainName, data: [[UInt8]])? {
        guard names.contains(name), let domain = name.parent?.parent?.parent,
            let first = name.labels.first, let kinds = kinds[domain]
        else { return nil }
        let isListing = first.elementsEqual(Self.listing)
        return (domain, isListing ? kinds.sorted().map(\.wire) : [domain.wire])
    }

    /// The domain of a name such as `_http._tcp.example.com`.
    private static func domain(ofKind owner: DomainName) -> DomainName? {
        let labels = owner.labels.prefix(2)
        guard labels.count == 2, labels[0].first == UInt8(ascii: "_"),
            !labels[0].elementsEqual(meta),
            transports.contains(where: labels[1].elementsEqual)
        else { return nil }
        return owner.parent?.parent
    }

    private static func names(in domain: DomainName) -> [DomainName] {
        let base = DomainName(label: "_udp".utf8, in: domain)
            .flatMap { DomainName(label: meta, in: $0) }
        guard let base else { return [] }
        return (browsing + [listing]).compactMap { DomainName(label: $0, in: base) }
    }
}
