import DNSWire
import Inventory
import NIOCore

/// One zone on its way to a client, message by message as the client takes them; there is never
/// more of it in memory than one message and what the connection holds. It keeps the zone as it was
/// when the transfer began. Belongs to one event loop.
final class Transfer {
    /// What is sent.
    enum Source {
        case zone(ZoneWalk)
        case journal(JournalWalk)
        case done
    }

    /// When it is broken off.
    let deadline: NIODeadline
    /// A record does not fit any message, so that the rest cannot be sent.
    private(set) var isBroken = false

    /// What is asked for, and by whom.
    struct Subject {
        let apex: DomainName
        let client: IPAddress?
    }

    private let subject: Subject
    private let frame: ReplyFrame
    private let snapshot: TableSnapshot
    private let place: TransferOffice.Place
    private var session: TSIGSession?
    private var source: Source

    init(
        _ source: Source, of subject: Subject, frame: ReplyFrame, snapshot: TableSnapshot,
        place: TransferOffice.Place, session: TSIGSession?
    ) {
        self.subject = subject
        self.source = source
        self.frame = frame
        self.snapshot = snapshot
        self.place = place
        self.session = session
        deadline = .now() + TimeAmount(place.office.settings.timeout)
    }

    /// The next message; `nil` behind the last one.
    func next() -> [UInt8]? {
        let reserved = session?.key.answerRecordOctets ?? 0
        var message = ReplyMessage(
            frame, limitOctets: ReplyMessage.usualOctets, reservedOctets: reserved)
        switch source {
        case .done:
            return nil
        case .zone(var walk):
            let isDone = walk.fill(&message)
            source = isDone ? .done : .zone(walk)
            if isDone { count(.wholeZone) }
        case .journal(var walk):
            let isDone = walk.fill(&message)
            source = isDone ? .done : .journal(walk)
            if isDone { count(.changes) }
        }
        guard !message.isEmpty else {
            isBroken = true
            source = .done
            return nil
        }
        var octets = message.finished()
        session?.sign(&octets, atSeconds: WallTime.seconds())
        return octets
    }

    private func count(_ event: TransferEvent) {
        place.office.count(event, zone: subject.apex, client: subject.client)
    }
}
