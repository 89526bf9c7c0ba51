import HTTPClient
package import Inventory
package import Planning
package import Zones

extension PowerDNSProvider {
    /// Names that are asked for one by one; for more the whole zone is read. PowerDNS takes as long
    /// for a name as for some hundred record sets of a whole zone.
    static let maximumNames = 32

    /// Reads names one by one if they are few, else the whole zone. To the names belong those
    /// between them and the apex, at which the zone may be delegated.
    package func read(
        _ zone: String, places: Set<DomainName>?
    ) async throws(ProviderError) -> Reading<RecordSetKey, RecordSet> {
        var state = try state(of: zone)
        var contents = ZoneContents(cluster: settings.cluster)
        // A zone that is to be created holds nothing.
        if let path = state.path {
            let inner = try places.map { places throws(ProviderError) in
                try check(places, lieIn: state)
                return namesToRead(places, in: state)
            }
            if let inner, inner.count <= Self.maximumNames {
                try await read(inner, of: path, into: &contents, cuts: &state.cuts)
            } else {
                try await readAll(of: path, places: places, into: &contents, cuts: &state.cuts)
            }
        }
        state.remember(contents, places: places, cluster: settings.cluster)
        keep(state, as: zone)
        var entries = contents.entries(cluster: settings.cluster)
        if let places { entries = entries.filter { places.contains($0.key.owner) } }
        let (cuts, needsRegistry) = (state.cuts, marksInRegistry(state))
        return Reading(entries) { key in
            if needsRegistry, Registry.owner(of: key) == nil {
                return GroupEncoder.noRoom(for: key)
            }
            return cuts.objection(to: key.owner)
        }
    }

    /// Marks of a zone are written to the registry, as far as is known.
    func marksInRegistry(_ state: ZoneState) -> Bool {
        switch settings.marking {
        case .automatic: state.usesRegistry
        case .comments: false
        case .registry: true
        }
    }

    /// While an answer was awaited, a survey may have begun anew.
    private func keep(_ state: ZoneState, as zone: String) {
        if zones[zone] != nil { zones[zone] = state }
    }

    private func check(
        _ places: Set<DomainName>, lieIn state: ZoneState
    ) throws(ProviderError) {
        if let stray = places.first(where: { !$0.isAtOrBelow(state.name) }) {
            throw ProviderError(
                .permanent, reason: "\(stray) does not lie in \(state.name)", remedy: "")
        }
    }

    private func namesToRead(_ places: Set<DomainName>, in state: ZoneState) -> Set<DomainName> {
        var names = places
        // More are not counted: the whole zone is read then.
        for place in places where names.count <= Self.maximumNames {
            names.formUnion(state.cuts.unknownAncestors(of: place))
        }
        return names
    }

    private func read(
        _ names: Set<DomainName>, of path: String, into contents: inout ZoneContents,
        cuts: inout Cuts
    ) async throws(ProviderError) {
        try await readEach(names.sorted(), of: path, into: &contents, cuts: &cuts)
        cuts.finish(names)
        guard settings.marking != .comments else { return }
        // What has no mark as a comment may have one in the registry.
        let owners = Set(contents.unmarkedKeys.compactMap { Registry.owner(of: $0) })
        try await readEach(owners.subtracting(names).sorted(), of: path, into: &contents, cuts: &cuts)
    }

    private func readEach(
        _ names: [DomainName], of path: String, into contents: inout ZoneContents,
        cuts: inout Cuts
    ) async throws(ProviderError) {
        let paths = names.map { "\(path)?rrset_name=\(PowerDNSClient.escaped("\($0)"))" }
        let documents = try await client.getAll(paths, deadline: settings.readDeadline)
        for (index, document) in documents.enumerated() {
            let name = names[index]
            // A server that does not know the filter answers with the whole zone.
            try contents.add(document, call: "GET \(paths[index])", cuts: &cuts) { $0 == name }
        }
    }

    private func readAll(
        of path: String, places: Set<DomainName>?, into contents: inout ZoneContents,
        cuts: inout Cuts
    ) async throws(ProviderError) {
        let document = try await client.get(path, deadline: settings.readDeadline)
        try contents.add(document, call: "GET \(path)", cuts: &cuts)
        cuts.finishAll()
    }
}
