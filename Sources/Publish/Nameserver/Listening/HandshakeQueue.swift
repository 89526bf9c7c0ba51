import NIOCore

/// Connections of one event loop that are in their handshakes. Where there is room for no more, the
/// one that has been at it longest makes room: somebody who opens many and says nothing holds no
/// place against those who do speak. Belongs to that event loop.
final class HandshakeQueue {
    /// A connection's place in the queue.
    struct Ticket: Hashable {
        fileprivate let number: UInt64
    }

    private struct Waiting {
        let channel: any Channel
        let admission: ConnectionLimits.Admission
    }

    private var waiting: [Ticket: Waiting] = [:]
    private var next: UInt64 = 0

    /// Puts a connection at the end.
    func add(_ channel: any Channel, _ admission: ConnectionLimits.Admission) -> Ticket {
        let ticket = Ticket(number: next)
        next += 1
        waiting[ticket] = Waiting(channel: channel, admission: admission)
        return ticket
    }

    /// Takes a connection out whose handshake is over, one way or the other.
    func remove(_ ticket: Ticket) {
        waiting[ticket] = nil
    }

    /// Closes the connection at the head, and gives its place away at once; `false` if there is
    /// none.
    func closeFirst() -> Bool {
        // A search, but only among so many as may be open, and only when all places are taken.
        guard let ticket = waiting.keys.min(by: { $0.number < $1.number }),
            let first = waiting.removeValue(forKey: ticket)
        else { return false }
        first.admission.release()
        first.channel.close(promise: nil)
        return true
    }
}
