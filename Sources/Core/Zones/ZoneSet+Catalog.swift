import Inventory

// The catalog (RFC 9432): a zone that lists the others, so that a secondary that follows it picks
// up each new zone by itself, and gives up those that are gone. It holds nothing that zones are
// asked for; who may copy it is decided as for any other zone.

extension ZoneSet {
    /// The version of the catalog's form.
    private static let form = "2"

    /// The catalog of the zones as they are now; `nil` if none is wanted, or another zone is in its
    /// way.
    func listZones() -> Zone? {
        guard let apex = settings.catalog,
            !zones.keys.contains(where: { $0.isAtOrBelow(apex) || apex.isAtOrBelow($0) }),
            let nobody = DomainName("invalid"),
            let version = DomainName(label: "version".utf8, in: apex),
            let list = DomainName(label: "zones".utf8, in: apex)
        else { return nil }
        let authority = Zone.Authority(primary: nobody, contact: nobody, times: settings.times)
        var catalog = Zone(
            apex: apex, serial: serials[apex] ?? SerialNumber(0), authority: authority)
        let text = [UInt8(Self.form.utf8.count)] + Array(Self.form.utf8)
        let put = { (owner: DomainName, type: RecordType, data: [UInt8]) in
            let set = RecordSet(
                owner: owner, type: type, ttlSeconds: settings.times.nameServer, data: [data])
            _ = catalog.replace(set.key, with: set)
        }
        // Nobody asks for its name servers, and secondaries know whom to ask (section 4.1).
        put(apex, .ns, nobody.wire)
        put(version, .txt, text)
        for zone in zones.keys.sorted() {
            guard let owner = Self.member(zone, of: list) else { continue }
            put(owner, .ptr, zone.wire)
        }
        return catalog
    }

    /// A label that stays with a zone: secondaries take another one for another zone (section 4.1).
    private static func member(_ zone: DomainName, of list: DomainName) -> DomainName? {
        DomainName(label: "\(Digest128(hashing: zone.wire))".utf8, in: list)
    }
}
