import Control
import ClusterState
import Inventory
import Planning
import Zones

extension AgentControl {
    func guests() async throws(ControlError) -> GuestListAnswer {
        let state = await keeper.state
        return GuestListAnswer(
            index: state.index,
            guests: state.guests.keys.sorted().compactMap { id in
                guard let entry = state.guests[id], let standing = state.standing(of: id) else {
                    return nil
                }
                return GuestListAnswer.GuestSummary(entry, standing)
            })
    }

    func guest(_ vmid: UInt32) async throws(ControlError) -> GuestAnswer {
        let state = await keeper.state
        guard let id = state.guests.keys.filter({ $0.vmid == vmid }).max(),
            let entry = state.guests[id], let standing = state.standing(of: id)
        else {
            throw .notFound(
                "no guest \(vmid) is known",
                remedy: "pipamctl guest list shows those that are; pipamctl collect looks anew")
        }
        let view = GuestView(
            entry: entry, standing: standing, state: state, providers: recordView(of: state),
            nowSeconds: WallClock.nowSeconds())
        return view.answer
    }
}

extension GuestListAnswer.GuestSummary {
    fileprivate init(_ entry: GuestEntry, _ standing: ReplicatedState.Standing) {
        let guest = entry.guest
        self.init(
            vmid: guest.id.vmid, type: guest.kind.rawValue, node: guest.node,
            status: guest.runState.rawValue, name: guest.name, isGone: entry.goneAtSeconds != nil,
            names: Set(standing.published.map(\.name)).sorted().map(\.description),
            addresses: Set(standing.published.compactMap { $0.address?.address }).sorted()
                .map(\.description),
            unpublished: standing.findings.count { $0.reason != .notRoutable })
    }
}

/// One guest with everything that can be said of it.
private struct GuestView {
    let entry: GuestEntry
    let standing: ReplicatedState.Standing
    let state: ReplicatedState
    let providers: RecordView
    let nowSeconds: UInt64

    private var guest: Guest { entry.guest }

    var answer: GuestAnswer {
        GuestAnswer(
            index: state.index, vmid: guest.id.vmid, type: guest.kind.rawValue,
            node: guest.node, status: guest.runState.rawValue, name: guest.name,
            hostName: guest.hostName,
            isTemplate: guest.isTemplate, isGone: entry.goneAtSeconds != nil, pool: guest.pool,
            tags: guest.tags, virtualCPUs: guest.virtualCPUs, memoryBytes: guest.memoryBytes,
            diskBytes: guest.diskBytes,
            interfaces: guest.interfaces.map(GuestAnswer.Interface.init),
            names: names, addresses: addresses)
    }

    // MARK: Names

    private var names: [GuestAnswer.Item] {
        let published = Set(standing.published.map(\.name))
        let items = published.sorted().map(publishedName) + heldNames(without: published)
        let addresses = Set(addressItems.map(\.text))
        // What is said of no address is said of the guest and its names.
        let refused = standing.findings.filter { !addresses.contains($0.subject) }.map { finding in
            GuestAnswer.Item(
                value: finding.subject, origin: origin(ofFinding: finding.subject),
                isPublished: false, reason: finding.reason.description)
        }
        return items + refused
    }

    private func publishedName(_ name: DomainName) -> GuestAnswer.Item {
        let claims = standing.published.filter { $0.name == name }
        let since = entry.nameStamps[name]?.seconds
        return item(
            name.description, origin: claims.first.map(origin) ?? "", since: since,
            claims: claims)
    }

    /// Names that stand as they were, since the brake keeps them so.
    private func heldNames(without published: Set<DomainName>) -> [GuestAnswer.Item] {
        entry.nameStamps.keys.filter { !published.contains($0) }.sorted().compactMap { name in
            let keys = [RecordType.a, .aaaa, .cname].map { RecordSetKey(owner: name, type: $0) }
            guard let apex = state.zones.apex(of: name), let brake = state.zones.brakes[apex],
                keys.contains(where: { brake.held[$0] != nil })
            else { return nil }
            let standing = keys.compactMap { state.zones.set($0) }
            let since = entry.nameStamps[name]?.seconds
            return GuestAnswer.Item(
                value: name.description, origin: hostOrigin(name), since: since,
                ageSeconds: since.map { nowSeconds - min($0, nowSeconds) },
                isPublished: !standing.isEmpty,
                reason: "the brake keeps it as it was: \(brake.reason?.description ?? ""); "
                    + "pipamctl plan show",
                zone: apex.description,
                records: standing.flatMap { set in
                    set.presentations.map {
                        GuestAnswer.Record(
                            name: name.description, type: set.key.type.description,
                            ttl: set.ttlSeconds, data: $0)
                    }
                }, providers: providers.states(ofAll: keys))
        }
    }

    private func origin(of claim: Publication.Claim) -> String {
        switch claim {
        case .alias: return "an alias in the notes"
        case .service: return "a service in the notes"
        case .host(let name, _, _, _): return hostOrigin(name)
        }
    }

    private func hostOrigin(_ name: DomainName) -> String {
        if guest.settings.name != nil { return "the name in the notes" }
        if let hostName = guest.hostName, case .success(let given) = GivenName.read(hostName) {
            switch given {
            case .full(name): return "the guest's own host name"
            case .label(let label)
            where guest.name == nil && name.parent.flatMap(label.name) == name:
                return "the guest's own host name"
            case .full, .label: break
            }
        }
        return "the name in Proxmox"
    }

    private func origin(ofFinding subject: String) -> String {
        switch subject {
        case "guest": "the guest as a whole"
        case "notes": "the notes in Proxmox"
        default: "a name asked for"
        }
    }

    // MARK: Addresses

    private struct AddressItem {
        let text: String
        let scoped: ScopedAddress
        let interface: GuestInterface
        let found: GuestAddress
    }

    /// As they are published: what the operator has translated is told by its new address.
    private var addressItems: [AddressItem] {
        guest.interfaces.flatMap { interface in
            interface.addresses.map { found in
                let address = state.settings.naming.selection.published(for: found.address.address)
                let scoped = ScopedAddress(address, in: interface.routingDomain)
                return AddressItem(
                    text: scoped.description, scoped: scoped, interface: interface, found: found)
            }
        }
    }

    private var addresses: [GuestAnswer.Item] {
        var seen: Set<String> = []
        return addressItems.filter { seen.insert($0.text).inserted }.map { address in
            let claims = standing.published.filter { $0.address == address.scoped }
            let finding = standing.findings.first { $0.subject == address.text }
            return item(
                address.text, origin: address.found.origin.sentence,
                interface: address.interface.key,
                since: entry.addressStamps[address.scoped]?.seconds, claims: claims,
                reason: finding?.reason.description)
        }
    }

    // MARK: Both

    private func item(
        _ value: String, origin: String, interface: String? = nil, since: UInt64?,
        claims: [Publication.Claim], reason: String? = nil
    ) -> GuestAnswer.Item {
        let records = OutputReport.GuestLine.records(claims, in: state.zones)
        let keys = records.map(\.key)
        let isPublished = !records.isEmpty
        return GuestAnswer.Item(
            value: value, origin: origin, interface: interface, since: since,
            ageSeconds: since.map { nowSeconds - min($0, nowSeconds) }, isPublished: isPublished,
            reason: isPublished ? nil : reason ?? guestReason,
            zone: keys.first.flatMap { state.zones.apex(of: $0.owner)?.description },
            records: records.map {
                GuestAnswer.Record(name: $0.name, type: $0.type, ttl: $0.ttl, data: $0.data)
            }, providers: providers.states(ofAll: keys))
    }

    /// Why nothing at all of the guest is published.
    private var guestReason: String {
        standing.findings.first { $0.subject == "guest" }?.reason.description
            ?? "no name leads to it"
    }
}

extension GuestAddress.Origin {
    /// Where an address is known from, in words.
    fileprivate var sentence: String {
        switch self {
        case .cloudInit: "the cloud-init settings in Proxmox"
        case .configured: "the guest's configuration in Proxmox"
        case .agent: "the guest agent"
        case .host: "the host that runs it"
        }
    }
}

extension GuestAnswer.Interface {
    fileprivate init(_ interface: GuestInterface) {
        self.init(
            key: interface.key, name: interface.guestName, mac: interface.mac?.description,
            bridge: interface.bridge, vlan: interface.vlan.map { Int($0.number) },
            routingDomain: interface.routingDomain.name)
    }
}
