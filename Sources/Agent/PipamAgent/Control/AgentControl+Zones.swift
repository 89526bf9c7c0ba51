import Control
import ClusterState
import Inventory
import Zones

extension AgentControl {
    func zones() async throws(ControlError) -> ZoneListAnswer {
        let state = await keeper.state
        let view = recordView(of: state)
        return ZoneListAnswer(
            index: state.index,
            zones: state.zones.zones.values.sorted { $0.apex < $1.apex }.map { zone in
                let sets = zone.allSets
                return ZoneListAnswer.ZoneSummary(
                    name: zone.apex.description, serial: zone.serial.number,
                    records: sets.reduce(0) { $0 + $1.data.count }, isReverse: zone.apex.isReverse,
                    isStatic: state.zones.isStaticZone(zone.apex),
                    providers: view.states(ofAll: sets.map(\.key)))
            })
    }

    func zone(_ name: String) async throws(ControlError) -> ZoneAnswer {
        let state = await keeper.state
        let zone = try Self.zone(name, in: state)
        let list = RecordLister(state: state, view: recordView(of: state))
        return ZoneAnswer(
            index: state.index, name: zone.apex.description, serial: zone.serial.number,
            records: zone.allSets.flatMap { list.items($0, in: zone) })
    }

    func zoneFile(_ name: String) async throws(ControlError) -> String {
        try Self.zone(name, in: await keeper.state).file
    }

    func records(_ query: RecordQuery) async throws(ControlError) -> RecordListAnswer {
        if let type = query.type, !RecordType.isMnemonic(type) {
            throw .invalid(
                "\(type) is no record type",
                remedy: "ask for A, AAAA, CNAME, PTR and the like, or TYPE65280")
        }
        let state = await keeper.state
        let list = RecordLister(state: state, view: recordView(of: state))
        var zones = state.zones.zones.values.sorted { $0.apex < $1.apex }
        if let name = query.zone { zones = [try Self.zone(name, in: state)] }
        let owner = query.name.flatMap { DomainName($0) }
        if query.name != nil, owner == nil { return RecordListAnswer(index: state.index) }
        return RecordListAnswer(
            index: state.index,
            records: zones.flatMap { zone in
                zone.allSets.filter { set in
                    (owner == nil || set.key.owner == owner)
                        && (query.type == nil || set.key.type.description == query.type)
                }.flatMap { list.items($0, in: zone) }
            })
    }

    private static func zone(
        _ name: String, in state: ReplicatedState
    ) throws(ControlError) -> Zone {
        guard let apex = DomainName(name), let zone = state.zones.zones[apex] else {
            throw .notFound("there is no zone \(name)", remedy: "pipamctl zone list shows them")
        }
        return zone
    }
}

/// Records for people, with the guests they are of.
private struct RecordLister {
    private let view: RecordView
    private let state: ReplicatedState
    private var guestsByName: [DomainName: UInt32] = [:]

    init(state: ReplicatedState, view: RecordView) {
        self.view = view
        self.state = state
        for id in state.guests.keys.sorted() {
            for claim in state.standing(of: id)?.published ?? [] {
                guestsByName[claim.name] = id.vmid
                if case .host(_, let address, true, _) = claim,
                    let owner = state.zones.pointerOwner(of: address.address)
                {
                    guestsByName[owner] = id.vmid
                }
            }
        }
    }

    func items(_ set: RecordSet, in zone: Zone) -> [RecordItem] {
        let states = view.states(of: set.key)
        let guest = guestsByName[set.key.owner]
        let given = state.zones.statics.sets[set.key]?.data ?? []
        return zip(set.data, set.presentations).map { octets, data in
            let isStatic = given.contains(octets)
            let note = isStatic ? state.staticNote(of: set.key) : nil
            return RecordItem(
                zone: zone.apex.description, name: set.key.owner.description,
                type: set.key.type.description, ttl: set.ttlSeconds, data: data,
                guest: isStatic ? nil : guest,
                origin: isStatic ? .static : guest == nil ? .zone : .guest,
                comment: note.flatMap { $0.comment.isEmpty ? nil : $0.comment },
                version: note?.version, since: note?.seconds, providers: states)
        }
    }
}

extension Zone {
    /// The zone as a file (RFC 1035 section 5): every name in full, the SOA first.
    var file: String {
        let sets = allSets
        let ordered = sets.filter { $0.key.type == .soa } + sets.filter { $0.key.type != .soa }
        var text = "; \(apex) at serial \(serial.number)\n"
        for set in ordered {
            for data in set.presentations {
                text += "\(set.key.owner)\t\(set.ttlSeconds)\tIN\t\(set.key.type)\t\(data)\n"
            }
        }
        return text
    }
}

extension DomainName {
    fileprivate var isReverse: Bool { isAtOrBelow(.inAddrArpa) || isAtOrBelow(.ip6Arpa) }
}
