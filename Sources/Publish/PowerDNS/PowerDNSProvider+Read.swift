import ForeignZones
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
    /// Names that are searched for instead, each of which goes through all records of the server.
    static let maximumSearches = 8

    /// Reads names one by one if they are few, else the whole zone. To the names belong those
    /// between them and the apex, at which the zone may be delegated.
    package func read(
        _ zone: String, places: Set<DomainName>?
    ) async throws(ProviderError) -> Reading<RecordSetKey, RecordSet> {
        let state = try state(of: zone)
        var cuts = state.cuts
        var contents = ZoneContents(cluster: settings.cluster)
        let withMarks = marksInRegistry(state)
        // A zone that is to be created holds nothing.
        if let path = state.path {
            let names = try places.map { places throws(ProviderError) in
                try check(places, lieIn: state)
                return namesToRead(places, in: state)
            }
            var isRead = false
            if let places, let names {
                isRead = try await read(names, of: zone, &contents, &cuts)
                if isRead {
                    isRead = try await readRegistry(places, of: zone, &contents, &cuts)
                }
            }
            if !isRead { try await readAll(of: path, &contents, &cuts) }
        }
        // While answers were awaited, a survey may have begun anew or an apply have created it.
        zones[zone]?.cuts = cuts
        zones[zone]?.remember(contents, places: places, withMarks: withMarks)
        return Reading(entries(of: contents, at: places), objection: try objection(in: zone, cuts))
    }

    /// To a name belong marks of ours that mark nothing there.
    private func entries(
        of contents: ZoneContents, at places: Set<DomainName>?
    ) -> [RecordSetKey: FoundEntry<RecordSet>] {
        let entries = contents.entries()
        guard let places else { return entries }
        return entries.filter { key, entry in
            if places.contains(key.owner) { return true }
            guard key.type == .txt, case .ours = entry.ownership else { return false }
            return Registry.key(markedAt: key.owner).map { places.contains($0.owner) } ?? false
        }
    }

    private func objection(
        in zone: String, _ cuts: Cuts
    ) throws(ProviderError) -> @Sendable (RecordSetKey) -> String? {
        let state = try state(of: zone)
        let registry = marksInRegistry(state) ? state.registry : nil
        return Obstacles(cuts: cuts, registry: registry).objection
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
        // Whether a mark marks something is seen there.
        names.formUnion(
            places.compactMap { Registry.key(markedAt: $0)?.owner }
                .filter { $0.isAtOrBelow(state.name) })
        // More are not counted: the whole zone is read then.
        for place in places where names.count <= Self.maximumNames {
            names.formUnion(state.cuts.unknownAncestors(of: place))
        }
        return names
    }

    /// False if they are too many, or the whole zone is read as quickly.
    private func read(
        _ names: Set<DomainName>, of zone: String, _ contents: inout ZoneContents,
        _ cuts: inout Cuts
    ) async throws(ProviderError) -> Bool {
        guard names.count <= Self.maximumNames, let path = try state(of: zone).path else {
            return false
        }
        let names = names.sorted()
        cuts.forget(names)
        if try state(of: zone).searches, let sets = try await search(names, in: zone) {
            for set in sets {
                if set.isServed { cuts.note(set.key) }
                contents.add(set)
            }
        } else {
            let strays = try await readEach(names.prefix(1), of: path, &contents, &cuts)
            if strays > Self.maximumStraySets {
                try await trySearch(names[0], in: zone, contents)
                if names.count > Self.minimumNames { return false }
            }
            _ = try await readEach(names.dropFirst(), of: path, &contents, &cuts)
        }
        cuts.finish(names)
        return true
    }

    /// `nil` if it leaves a question open.
    private func search(
        _ names: [DomainName], in zone: String
    ) async throws(ProviderError) -> [FoundSet]? {
        guard names.count <= Self.maximumSearches, let place = try state(of: zone).zone else {
            return nil
        }
        let searches = names.compactMap { NameSearch($0, in: place, cluster: settings.cluster) }
        guard searches.count == names.count else { return nil }
        var found: [FoundSet] = []
        do {
            let answers = try await client.getAll(
                searches.map(\.path), deadline: settings.readDeadline)
            for (search, answer) in zip(searches, answers) {
                let document = try PowerDNSClient.document(answer, call: "GET \(search.path)")
                guard let sets = search.sets(in: document) else { return nil }
                found += sets
            }
        } catch {
            // A server that cannot search can still be read.
            if error.kind == .permanent { return nil }
            throw error
        }
        return found
    }

    /// The search is believed once it has found what another way found before: a backend without
    /// one finds nothing and says no word.
    private func trySearch(
        _ name: DomainName, in zone: String, _ contents: ZoneContents
    ) async throws(ProviderError) {
        let expected = contents.entries().filter { $0.key.owner == name }
        guard !expected.isEmpty, let sets = try await search([name], in: zone) else { return }
        var found = ZoneContents(cluster: settings.cluster)
        for set in sets { found.add(set) }
        zones[zone]?.searches = found.entries() == expected
    }

    /// What has no mark as a comment may have one in the registry. Where marks are written there,
    /// whatever stands in their place has to be known before. False if that are too many names.
    private func readRegistry(
        _ places: Set<DomainName>, of zone: String, _ contents: inout ZoneContents,
        _ cuts: inout Cuts
    ) async throws(ProviderError) -> Bool {
        let state = try state(of: zone)
        guard settings.marking != .comments, let path = state.path else { return true }
        let owners =
            marksInRegistry(state)
            ? Set(places.flatMap { Registry.owners(at: $0) })
            : Set(contents.unmarkedKeys.compactMap { Registry.owner(of: $0) })
        guard owners.count <= Self.maximumNames else { return false }
        let unread = owners.subtracting(contents.sets.map(\.key.owner))
        _ = try await readEach(unread.sorted()[...], of: path, &contents, &cuts)
        return true
    }

    /// Returns how many other sets the answers held besides.
    private func readEach(
        _ names: ArraySlice<DomainName>, of path: String, _ contents: inout ZoneContents,
        _ cuts: inout Cuts
    ) async throws(ProviderError) -> Int {
        let paths = names.map { "\(path)?rrset_name=\(PowerDNSClient.escaped("\($0)"))" }
        let answers = try await client.getAll(paths, deadline: settings.readDeadline)
        var strays = 0
        for (name, (path, answer)) in zip(names, zip(paths, answers)) {
            strays += try contents.add(answer, call: "GET \(path)", cuts: &cuts, only: name)
        }
        return strays
    }

    private func readAll(
        of path: String, _ contents: inout ZoneContents, _ cuts: inout Cuts
    ) async throws(ProviderError) {
        let answer = try await client.getOctets(path, deadline: settings.readDeadline)
        contents = ZoneContents(cluster: settings.cluster)
        cuts = Cuts(apex: cuts.apex, now: .now)
        _ = try contents.add(answer, call: "GET \(path)", cuts: &cuts, only: nil)
        cuts.finishAll()
    }
}
