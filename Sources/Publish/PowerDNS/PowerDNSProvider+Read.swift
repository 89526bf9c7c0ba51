import HTTPClient
package import Inventory
package import Planning
package import Zones

extension PowerDNSProvider {
    /// Names that are asked for one by one; for more the whole zone is read. PowerDNS takes as long
    /// for a name as for some hundred record sets of a whole zone.
    static let maximumNames = 32
    /// PowerDNS before 4.9 answers for one name with the comments of all: where that are more sets
    /// than this, a few names take as long as the whole zone.
    static let maximumStraySets = 500
    /// So many names are read one by one even then.
    static let minimumNames = 2

    /// Reads names one by one if they are few, else the whole zone. To the names belong those
    /// between them and the apex, at which the zone may be delegated.
    package func read(
        _ zone: String, places: Set<DomainName>?
    ) async throws(ProviderError) -> Reading<RecordSetKey, RecordSet> {
        let state = try state(of: zone)
        var cuts = state.cuts
        var contents = ZoneContents(cluster: settings.cluster)
        // A zone that is to be created holds nothing.
        if let path = state.path {
            let names = try places.map { places throws(ProviderError) in
                try check(places, lieIn: state)
                return namesToRead(places, in: state)
            }
            if let names, try await read(names, of: path, &contents, &cuts) {
                try await readRegistry(of: path, &contents, &cuts)
            } else {
                try await readAll(of: path, &contents, &cuts)
            }
        }
        // While answers were awaited, a survey may have begun anew or an apply have created it.
        zones[zone]?.cuts = cuts
        zones[zone]?.remember(contents, places: places, cluster: settings.cluster)
        var entries = contents.entries(cluster: settings.cluster)
        if let places { entries = entries.filter { places.contains($0.key.owner) } }
        let needsRegistry = marksInRegistry(try self.state(of: zone))
        return Reading(entries) { [cuts] key in
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

    /// False if they are too many, or the whole zone is read as quickly.
    private func read(
        _ names: Set<DomainName>, of path: String, _ contents: inout ZoneContents,
        _ cuts: inout Cuts
    ) async throws(ProviderError) -> Bool {
        guard names.count <= Self.maximumNames else { return false }
        let names = names.sorted()
        cuts.forget(names)
        let strays = try await readEach(names.prefix(1), of: path, &contents, &cuts)
        if strays > Self.maximumStraySets, names.count > Self.minimumNames { return false }
        _ = try await readEach(names.dropFirst(), of: path, &contents, &cuts)
        cuts.finish(names)
        return true
    }

    /// What has no mark as a comment may have one in the registry.
    private func readRegistry(
        of path: String, _ contents: inout ZoneContents, _ cuts: inout Cuts
    ) async throws(ProviderError) {
        guard settings.marking != .comments else { return }
        let owners = Set(contents.unmarkedKeys.compactMap { Registry.owner(of: $0) })
        _ = try await readEach(owners.sorted()[...], of: path, &contents, &cuts)
    }

    /// Returns how many other sets the answers held besides.
    private func readEach(
        _ names: ArraySlice<DomainName>, of path: String, _ contents: inout ZoneContents,
        _ cuts: inout Cuts
    ) async throws(ProviderError) -> Int {
        let paths = names.map { "\(path)?rrset_name=\(PowerDNSClient.escaped("\($0)"))" }
        let documents = try await client.getAll(paths, deadline: settings.readDeadline)
        var strays = 0
        for (name, (path, document)) in zip(names, zip(paths, documents)) {
            strays += try contents.add(document, call: "GET \(path)", cuts: &cuts, only: name)
        }
        return strays
    }

    private func readAll(
        of path: String, _ contents: inout ZoneContents, _ cuts: inout Cuts
    ) async throws(ProviderError) {
        let document = try await client.get(path, deadline: settings.readDeadline)
        contents = ZoneContents(cluster: settings.cluster)
        cuts = Cuts(apex: cuts.apex, now: .now)
        _ = try contents.add(document, call: "GET \(path)", cuts: &cuts, only: nil)
        cuts.finishAll()
    }
}
