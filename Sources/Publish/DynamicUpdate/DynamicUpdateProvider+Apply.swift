import DNSWire
import ForeignZones
import Inventory
package import Planning
package import Zones

extension DynamicUpdateProvider {
    /// One update, or several where one has no room for all or is not accepted. A group that the
    /// server refuses is refused as a whole; one that no longer fits what stands there is left for
    /// the next plan.
    package func apply(
        _ chunk: [Plan<RecordSetKey, RecordSet>.Group], to zone: String, stamp: FencingStamp
    ) async throws(ProviderError) -> ChunkOutcome<RecordSetKey> {
        let end = ContinuousClock.now + settings.writeDeadline
        await turn.begin()
        defer { turn.end() }
        let copy: ZoneCopy
        if let known = copies[zone] {
            copy = known
        } else {
            copy = try await refreshedCopy(of: zone, by: end)
        }
        let begin = queue(for: chunk, copy)
        let failures = Failures(settings)
        let queue = try await client.connected(until: end) { conversation throws(ProviderError) in
            var queue = begin
            // What is done is worth more than an error; the rest stands in the next plan.
            while queue.outcome.done.isEmpty || end > .now, let groups = queue.next() {
                let request = RequestWriter(
                    of: groups, to: copy.apex, id: .random(in: .min ... .max))
                let answer = try await conversation.ask(request)
                try Self.note(answer.code, to: groups, of: copy.apex, &queue, failures)
            }
            return queue
        }
        return outcome(of: queue)
    }

    private func queue(
        for chunk: [Plan<RecordSetKey, RecordSet>.Group], _ copy: ZoneCopy
    ) -> UpdateQueue {
        let keys = chunk.flatMap(\.steps).map(\.key)
        // A mark is looked at with what it marks.
        let places = Set(keys.map(\.owner)).union(
            keys.filter { $0.type == .txt }.compactMap { Registry.key(markedAt: $0.owner)?.owner })
        let view = ZoneView(copy, cluster: settings.cluster, places: places)
        let encoder = UpdateEncoder(
            cluster: settings.cluster, registry: view.registry, entries: view.entries)
        var groups: [UpdateGroup] = []
        var refused: [RecordSetKey: String] = [:]
        var done: [RecordSetKey] = []
        for group in chunk {
            do {
                if let update = try encoder.encode(group) {
                    groups.append(update)
                } else {
                    done += group.steps.map(\.key)
                }
            } catch {
                for step in group.steps { refused[step.key] = error.reason }
            }
        }
        return UpdateQueue(groups, refused: refused, done: done)
    }

    /// What is missed again and again is told.
    private func outcome(of queue: UpdateQueue) -> ChunkOutcome<RecordSetKey> {
        var outcome = queue.outcome
        misses.clear(outcome.done)
        for key in misses.add(queue.missed) {
            outcome.refused[key] =
                "\(settings.place) compares it with something else than it transfers to us; let "
                + "the key transfer and update one and the same view of the zone"
        }
        return outcome
    }

    /// Goes by the response code of an update (RFC 2136 section 3).
    private static func note(
        _ code: UInt16, to groups: [UpdateGroup], of apex: DomainName, _ queue: inout UpdateQueue,
        _ failures: Failures
    ) throws(ProviderError) {
        let failure = failures.refused(code, to: "an update of \(apex)", remedy: remedy(for: code))
        switch code {
        case ResponseCode.noError.rawValue: queue.accept(groups)
        case _ where UpdateCode.comparisons.contains(code): queue.miss(groups)
        case ResponseCode.refused.rawValue, ResponseCode.formatError.rawValue:
            queue.refuse(groups, reason: failure.description)
            if queue.isGivenUp { throw failure }
        default: throw failure
        }
    }

    private static func remedy(for code: UInt16) -> String {
        switch ResponseCode(rawValue: code) {
        case .refused:
            "let the key update the zone, A, AAAA, CNAME, PTR and TXT records alike "
                + "(update-policy or allow-update in BIND, an acl with action update in Knot)"
        case .notAuthorized:
            "let dns.rfc2136.server lead to the primary of the zone"
        case .notImplemented:
            "let dns.rfc2136.server lead to the primary of the zone, and switch dynamic updates on "
                + "there"
        case .formatError, .badVersion, .badCookie, .nameError, .noError, .serverFailure,
            .nameTooLong, nil:
            "see the server's log"
        }
    }
}
