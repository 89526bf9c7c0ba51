import DNSWire
import ForeignZones
import Inventory
package import Planning
package import Zones

extension DynamicUpdateProvider {
    /// Questions that are under way at one time.
    static let maximumQuestions = 64

    /// Asks for the zones around all entries, of which few have one of their own.
    package func survey(
        _ keys: some Sequence<RecordSetKey> & Sendable
    ) async throws(ProviderError) -> Survey<RecordSetKey> {
        let listed = Set(settings.zones)
        let keys = Array(keys)
        let probes = keys.map { ZoneFinder.probe(for: $0.owner, listed: listed) }
        try await find(Set(probes).union(listed))
        let found = Set(probes).union(listed).compactMap { finder.zone(around: $0) }
        var placement = Placement(
            server: settings.place, present: Set(found), listed: listed, creation: .impossible)
        var survey = Survey<RecordSetKey>()
        survey.server = settings.place
        var used = listed.filter { finder.zone(around: $0) == $0 }
        for key in keys {
            switch placement.place(of: key) {
            case .zone(let zone):
                used.insert(zone)
                survey.destinations[key] = "\(zone)"
            // None is created.
            case .newZone(let zone): survey.homeless[key] = placement.obstacle(to: zone)
            case .nowhere(let reason): survey.homeless[key] = reason
            }
        }
        for zone in listed {
            survey.zones["\(zone)"] = placement.obstacle(to: zone).map { .init(obstacle: $0) }
        }
        let warnings =
            settings.key == nil
            ? ["updates of \(settings.place) are not signed; give it dns.rfc2136.key"] : []
        for zone in used { survey.zones["\(zone)"] = .init(warnings: warnings) }
        return survey
    }

    private func find(_ names: Set<DomainName>) async throws(ProviderError) {
        var open = finder.unknown(names, now: .now)
        guard !open.isEmpty else { return }
        let failures = Failures(settings)
        let client = client
        let finder = finder
        self.finder = try await client.connected(until: .now + settings.readDeadline) {
            conversation throws(ProviderError) in
            var finder = finder
            while !open.isEmpty {
                let batch = open.suffix(Self.maximumQuestions)
                open.removeLast(batch.count)
                try await Self.ask(for: Array(batch), &conversation, &finder, failures)
            }
            if let name = finder.contradiction { throw failures.denied(name) }
            return finder
        }
    }

    /// Asks for names at one time. An alias has its zone where the name above it has.
    private static func ask(
        for names: [DomainName], _ conversation: inout Conversation, _ finder: inout ZoneFinder,
        _ failures: Failures
    ) async throws(ProviderError) {
        // What is asked for, and for which name.
        var waiting = names.map { (name: $0, asked: $0) }
        while !waiting.isEmpty {
            var sent: [UInt16: Conversation.Sent] = [:]
            let first = UInt16.random(in: .min ... .max)
            for (index, question) in waiting.enumerated() {
                let id = first &+ UInt16(index)
                sent[id] = try await conversation.send(
                    ZoneFinder.question(question.asked, id: id))
            }
            var further: [(name: DomainName, asked: DomainName)] = []
            for _ in waiting {
                let message = try await conversation.receive(&sent, allowsBareRefusal: true)
                let isVerified = sent[message.header.id]?.isVerified ?? false
                sent[message.header.id] = nil
                let question = waiting[Int(message.header.id &- first)]
                switch ZoneFinder.finding(message, for: question.asked) {
                case .zone(let zone): finder.note(question.name, zone: zone, now: .now)
                case .none:
                    finder.note(question.name, zone: nil, now: .now, isVerified: isVerified)
                case .above(let name): further.append((question.name, name))
                case .failed(let code):
                    throw failures.refused(
                        code, to: "the question for the zone of \(question.asked)",
                        remedy: "see the server's log")
                }
            }
            waiting = further
        }
    }
}
