import DNSWire
import ForeignZones
package import Inventory
package import Planning
package import Zones

extension DynamicUpdateProvider {
    /// Brings the copy of the zone up to date and looks there. The whole zone is fetched anew: a
    /// server whose data were put back may have others under the same serial.
    package func read(
        _ zone: String, places: Set<DomainName>?
    ) async throws(ProviderError) -> Reading<RecordSetKey, RecordSet> {
        await turn.begin()
        defer { turn.end() }
        if places == nil { copies[zone] = nil }
        let copy = try await refreshedCopy(of: zone, by: .now + settings.readDeadline)
        if let stray = places?.first(where: { !$0.isAtOrBelow(copy.apex) }) {
            throw ProviderError(
                .permanent, reason: "\(stray) does not lie in \(copy.apex)", remedy: "")
        }
        let view = ZoneView(copy, cluster: settings.cluster, places: places)
        return Reading(view.entries, objection: view.obstacles.objection)
    }

    /// The copy as the server has the zone now.
    func refreshedCopy(
        of zone: String, by deadline: ContinuousClock.Instant
    ) async throws(ProviderError) -> ZoneCopy {
        guard let apex = DomainName(zone) else {
            throw ProviderError(.permanent, reason: "\(zone) is no name of a zone", remedy: "")
        }
        let known = copies[zone]
        let failures = Failures(settings)
        do {
            let copy = try await client.connected(until: deadline) {
                conversation throws(ProviderError) in
                if let known, let copy = try await Self.follow(known, &conversation, failures) {
                    return copy
                }
                return try await Self.fetch(apex, &conversation, failures)
            }
            copies[zone] = copy
            return copy
        } catch {
            // Changes that cannot be read are not asked for again: the next look fetches the zone.
            if !error.isTransient { copies[zone] = nil }
            throw error
        }
    }

    /// A copy with what changed since (RFC 1995); `nil` if the whole zone has to be fetched.
    private static func follow(
        _ known: ZoneCopy, _ conversation: inout Conversation, _ failures: Failures
    ) async throws(ProviderError) -> ZoneCopy? {
        var copy = known
        let outcome: TransferReader.Outcome
        switch try await transfer(copy.apex, since: copy, &conversation, failures) {
        case .success(let found): outcome = found
        // A server need not know IXFR.
        case .failure: return nil
        }
        switch outcome {
        case .whole(let fresh): return fresh
        case .unchanged(let serial): return serial == copy.serial ? copy : nil
        case .changes(let changes, let serial):
            do {
                try copy.follow(changes, to: serial)
                return copy
            } catch {
                return nil
            }
        }
    }

    /// The whole zone (RFC 5936).
    private static func fetch(
        _ apex: DomainName, _ conversation: inout Conversation, _ failures: Failures
    ) async throws(ProviderError) -> ZoneCopy {
        switch try await transfer(apex, since: nil, &conversation, failures) {
        case .success(.whole(let copy)): return copy
        case .success: throw failures.malformed("changes, where the whole zone was asked for")
        case .failure(let refusal):
            throw failures.refused(refusal.code, to: .transfer(apex))
        }
    }

    /// A transfer that the server does not want to make.
    private struct Refusal: Error {
        let code: UInt16
    }

    private static func transfer(
        _ apex: DomainName, since copy: ZoneCopy?, _ conversation: inout Conversation,
        _ failures: Failures
    ) async throws(ProviderError) -> Result<TransferReader.Outcome, Refusal> {
        let request = try await conversation.send(
            question(apex, since: copy), for: .transfer(apex))
        var sent = [request.id: request]
        var reader = TransferReader(apex, since: copy?.serial)
        while true {
            let message = try await conversation.receive(&sent)
            guard message.code == ResponseCode.noError.rawValue else {
                return .failure(Refusal(code: message.code))
            }
            guard !message.answers.isEmpty else {
                throw failures.malformed("a transfer of \(apex) without records")
            }
            do {
                guard let outcome = try reader.take(message.answers) else { continue }
                guard sent[request.id]?.isVerified == true else {
                    throw failures.unbelievable(
                        .missing, code: message.code, to: .transfer(apex))
                }
                return .success(outcome)
            } catch let error as TransferReader.Disorder {
                throw failures.malformed("a transfer of \(apex): \(error)")
            } catch let error as ProviderError {
                throw error
            } catch { preconditionFailure("no other error is thrown: \(error)") }
        }
    }

    private static func question(_ apex: DomainName, since copy: ZoneCopy?) -> RequestWriter {
        let id = UInt16.random(in: .min ... .max)
        guard let copy else {
            return RequestWriter(id: id, name: apex.wire, type: RecordTypeNumber.axfr)
        }
        var request = RequestWriter(id: id, name: apex.wire, type: RecordTypeNumber.ixfr)
        // Of the SOA record only the serial counts (RFC 1995 section 3).
        let serial = copy.serial
        let numbers = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: serial >> $0) }
        request.add(
            to: .changes, owner: apex.wire, type: RecordType.soa.rawValue, .internet,
            data: [0, 0] + numbers + [UInt8](repeating: 0, count: 16))
        return request
    }
}
