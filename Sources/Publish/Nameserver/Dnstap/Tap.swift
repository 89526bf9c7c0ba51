import DNSWire
import Glibc

/// A worker's hand on dnstap: takes what the worker answered, one query in so many. Belongs to
/// that worker. Where dnstap is off there is none, and the worker's loop asks for no more than
/// that.
final class Tap {
    private let hub: DnstapHub
    private let bell: TapBell
    private let ring: TapRing
    private let question = QuestionRoom()
    private let zone = QuestionRoom()
    private var name = LookupName()
    private var queriesToSample: Int

    init(_ service: DnstapService) {
        hub = service.hub
        bell = service.bell
        ring = hub.makeRing()
        // The first is told of, so that a reader soon sees something.
        queriesToSample = 1
    }

    /// The time that queries are taken to have come.
    func now() -> UInt64 { TapClock.nanoseconds }

    /// Takes a query and its answer; `nil`: it got none, or one of many messages. What is no query
    /// is left out.
    func take(
        _ query: UnsafeRawBufferPointer, _ answer: UnsafeRawBufferPointer?, of peer: TapPeer,
        arrivedAt: UInt64, in snapshot: TableSnapshot
    ) {
        guard query.count >= Header.sizeOctets, query[2] & 0x80 == 0 else { return }
        queriesToSample -= 1
        guard queriesToSample <= 0 else { return }
        queriesToSample = hub.settings.sampleInterval
        let answer = answer ?? UnsafeRawBufferPointer(start: nil, count: 0)
        let messages = hub.settings.messages(hasAnswer: !answer.isEmpty)
        guard messages > 0 else { return }
        guard hub.isOpen else { return ring.countLost(messages) }
        let apex = apex(for: query, in: snapshot.view)
        let head = TapHead(
            arrivedNanoseconds: arrivedAt, answeredNanoseconds: TapClock.nanoseconds, peer: peer,
            zoneOctets: apex.count, queryOctets: query.count, answerOctets: answer.count)
        guard ring.put(head, zone: apex, query: query, answer: answer) else {
            return ring.countLost(messages)
        }
        bell.ringIfAwaited()
    }

    /// The apex of the zone that a query is about, in wire form; empty if it is none of ours.
    private func apex(
        for query: UnsafeRawBufferPointer, in table: TableView
    ) -> UnsafeRawBufferPointer {
        let nowhere = UnsafeRawBufferPointer(start: nil, count: 0)
        let octets = question.octets
        var canonical = octets.mutableSpan
        let message = query.bindMemory(to: UInt8.self).span
        guard case .query(let query) = QueryReader.read(message, name: &canonical),
            query.recordClass == 1
        else { return nowhere }
        name.load(question.start, apex: nil)
        name.hashAll(with: table.hashKey)
        guard var number = table.closestZone(of: name, labels: name.labels) else { return nowhere }
        // Of a zone's DS set the zone above has the say (RFC 4035 section 3.1.4.1).
        if query.type == TypeNumber.ds, table.zones[number].apexLabels == name.labels,
            name.labels > 0, let above = table.closestZone(of: name, labels: name.labels - 1)
        {
            number = above
        }
        guard let room = zone.octets.baseAddress else { return nowhere }
        let count = name.writeWire(labels: table.zones[number].apexLabels, to: room)
        return UnsafeRawBufferPointer(start: room, count: count)
    }
}

extension DnstapSettings {
    /// How many messages a query is told of in.
    fileprivate func messages(hasAnswer: Bool) -> UInt64 {
        (messages.contains(.query) ? 1 : 0) + (messages.contains(.response) && hasAnswer ? 1 : 0)
    }
}

/// The time of day to the nanosecond.
private enum TapClock {
    /// Since 1970.
    static var nanoseconds: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(clamping: now.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: now.tv_nsec)
    }
}
