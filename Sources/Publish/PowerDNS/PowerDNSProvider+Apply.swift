import ForeignZones
import HTTPClient
import Inventory
package import Planning
package import Zones

extension PowerDNSProvider {
    /// What the server says when a zone's backend keeps no comments.
    private static let noComments = "does not support editing comments"
    /// What it says when the API cannot write to the backend at all.
    private static let noRecords = "does not support editing records"
    /// A body of fewer octets is no reason for a server to break the connection.
    private static let longBodyOctets = 256 << 10

    /// One PATCH, or several where the limits or a refusal ask for it. A group that the server
    /// refuses is refused as a whole; the rest goes on.
    package func apply(
        _ chunk: [Plan<RecordSetKey, RecordSet>.Group], to zone: String, stamp: FencingStamp
    ) async throws(ProviderError) -> ChunkOutcome<RecordSetKey> {
        let end = ContinuousClock.now + settings.writeDeadline
        await turn.begin()
        defer { turn.end() }
        if let obstacle = try state(of: zone).obstacle {
            throw ProviderError(.permanent, reason: obstacle, remedy: "")
        }
        if try state(of: zone).zone == nil { try await create(zone, by: end) }
        var queue = PatchQueue([], suspects: try state(of: zone).suspects)
        // What was found out is kept, also by a call that fails.
        defer {
            zones[zone]?.suspects = queue.suspects
            zones[zone]?.noteWritten(queue.outcome.done)
        }
        try await readAhead(chunk, in: zone)
        while try await write(chunk, to: zone, by: end, &queue) == .withoutComments {
            guard settings.marking == .automatic, zones[zone]?.usesRegistry == false else {
                throw ProviderError(
                    .permanent, reason: "the backend of \(zone) keeps no comments",
                    remedy: "let marks stand in the registry or be placed automatically")
            }
            zones[zone]?.usesRegistry = true
            try await readAhead(chunk, in: zone)
        }
        return queue.outcome
    }

    private enum WriteResult { case finished, withoutComments }

    /// Comments of others on what is replaced have to be known, or they would be lost; and what
    /// stands where marks go, or it would be overwritten.
    private func readAhead(
        _ chunk: [Plan<RecordSetKey, RecordSet>.Group], in zone: String
    ) async throws(ProviderError) {
        let state = try state(of: zone)
        let places = chunk.flatMap(\.steps).map { step in
            // A mark is read with what it marks.
            let marked = step.key.type == .txt ? Registry.key(markedAt: step.key.owner) : nil
            return marked?.owner ?? step.key.owner
        }
        let unread = state.unread(Set(places), withMarks: marksInRegistry(state))
        if !unread.isEmpty { _ = try await read(zone, places: unread) }
    }

    private func write(
        _ chunk: [Plan<RecordSetKey, RecordSet>.Group], to zone: String,
        by end: ContinuousClock.Instant, _ queue: inout PatchQueue
    ) async throws(ProviderError) -> WriteResult {
        let state = try state(of: zone)
        queue = encode(chunk, for: state)
        while let patch = queue.next() {
            let left = end - .now
            guard left > .zero else {
                // What was found out is kept: a record set that is refused would be found anew
                // each time.
                if queue.outcome != ChunkOutcome() { return .finished }
                throw ProviderError(
                    .transient, reason: "PATCH \(zone): no time left within the write deadline",
                    remedy: "")
            }
            let body = patch.body
            do {
                let response = try await client.send(
                    .patch, state.path ?? "", body: body, deadline: left)
                guard try note(response, to: patch, of: zone, &queue) else {
                    return .withoutComments
                }
            } catch let error as HTTPError {
                // A server that finds a body too long may hang up instead of answering.
                guard case .broken = error, body.count >= Self.longBodyOctets,
                    queue.shorten(patch)
                else { throw ProviderError(error) }
            } catch let error as ProviderError {
                throw error
            } catch { preconditionFailure("no other error is thrown: \(error)") }
        }
        return .finished
    }

    private func encode(
        _ chunk: [Plan<RecordSetKey, RecordSet>.Group], for state: ZoneState
    ) -> PatchQueue {
        let encoder = GroupEncoder(
            cluster: settings.cluster, usesRegistry: marksInRegistry(state),
            otherComments: state.otherComments, registry: state.registry,
            orphaned: state.orphaned)
        var groups: [EncodedGroup] = []
        var refused: [RecordSetKey: String] = [:]
        var done: [RecordSetKey] = []
        for group in chunk {
            do {
                let encoded = try encoder.encode(group)
                if encoded.setCount > 0 { groups.append(encoded) } else { done += encoded.keys }
            } catch {
                for step in group.steps { refused[step.key] = error.reason }
            }
        }
        return PatchQueue(groups, refused: refused, done: done, suspects: state.suspects)
    }

    /// Goes by an answer. False if the backend keeps no comments, for which nothing was done.
    private func note(
        _ response: HTTPResponse, to patch: PatchQueue.Patch, of zone: String,
        _ queue: inout PatchQueue
    ) throws(ProviderError) -> Bool {
        let failure = ProviderError(response, to: "PATCH \(zone)")
        switch response.status {
        case 200...299:
            queue.accept(patch)
        case 422:
            let text = PowerDNSClient.text(of: response)
            if text.contains(Self.noComments) { return false }
            if text.contains(Self.noRecords) {
                throw ProviderError(
                    .permanent, reason: failure.reason,
                    remedy: "move \(zone) to a backend that the API can write to")
            }
            queue.refuse(patch, reason: text)
        case 400, 413:
            if !queue.shorten(patch) { queue.refuse(patch, reason: failure.reason) }
        default:
            throw failure
        }
        return true
    }
}

// MARK: - Zones

extension PowerDNSProvider {
    private func create(_ zone: String, by end: ContinuousClock.Instant) async throws(ProviderError)
    {
        let left = end - .now
        guard left > .zero else {
            throw ProviderError(
                .transient, reason: "POST \(zone): no time left within the write deadline",
                remedy: "")
        }
        let response = try await client.demand(
            .post, "/zones", body: creation(of: zone), deadline: left)
        let document = try? JSONValue(parsing: response.body)
        guard let id = document?["id"]?.text, let kind = document?["kind"]?.text else {
            throw ProviderError(malformed: "POST /zones", at: ".id")
        }
        guard let state = zones[zone] else { return }
        zones[zone]?.zone = ServerZone(name: state.name, id: id, kind: kind)
    }

    /// The server rectifies on each PATCH then. Without, names between an entry and the apex that
    /// hold nothing themselves would be answered as if they did not exist.
    private func creation(of zone: String) -> [UInt8] {
        var json = JSONWriter()
        json.raw("{\"name\":")
        json.string(zone)
        json.raw(
            ",\"kind\":\"Native\",\"soa_edit_api\":\"DEFAULT\",\"api_rectify\":true,\"account\":")
        json.string(Mark.account(of: settings.cluster))
        json.raw(",\"nameservers\":[")
        for (index, server) in settings.nameservers.enumerated() {
            if index > 0 { json.raw(",") }
            json.string("\(server)")
        }
        json.raw("]}")
        return json.octets
    }

    /// Rectifies the zone where the server does not do so itself, and tells its secondaries.
    package func finish(_ zone: String) async throws(ProviderError) {
        await turn.begin()
        defer { turn.end() }
        let state = try state(of: zone)
        guard let path = state.path else { return }
        let needsRectifying: Bool
        if let known = state.needsRectifying {
            needsRectifying = known
        } else {
            needsRectifying = try await askWhetherToRectify(state, at: path)
            zones[zone]?.needsRectifying = needsRectifying
        }
        if needsRectifying {
            _ = try await client.demand(
                .put, "\(path)/rectify", deadline: settings.readDeadline)
        }
        if state.zone?.notifies == true {
            _ = try await client.demand(.put, "\(path)/notify", deadline: settings.readDeadline)
        }
    }

    /// The zone's details show `api_rectify` as false also where nothing is set and the server's
    /// default holds, so the metadata are asked. Off, it concerns unsigned zones too: names that
    /// hold nothing themselves exist only once rectified.
    private func askWhetherToRectify(
        _ state: ZoneState, at path: String
    ) async throws(ProviderError) -> Bool {
        if state.details?.rectifies == true { return false }
        let document = try await client.get("\(path)/metadata", deadline: settings.readDeadline)
        guard let entries = document.elements else {
            throw ProviderError(malformed: "GET \(path)/metadata", at: "no list")
        }
        let entry = entries.first { $0["kind"]?.text == "API-RECTIFY" }
        guard let value = entry?["metadata"]?.elements?.first?.flag else {
            return state.details?.isSigned ?? false
        }
        return !value
    }
}
