import Glibc
import Synchronization

/// Wakes the thread that tells of queries. It costs workers a look while that thread is busy, and a
/// system call for each time it went to sleep.
final class TapBell: Sendable {
    private let isAwaited = Atomic<Bool>(false)
    /// A pipe: an octet in it means that there is something to do.
    private let readEnd: Int32
    private let writeEnd: Int32

    init() throws(NameserverError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw .workerFailed(reason: "no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Called after something was put into a ring.
    func ringIfAwaited() {
        guard isAwaited.load(ordering: .sequentiallyConsistent) else { return }
        if isAwaited.exchange(false, ordering: .sequentiallyConsistent) { ring() }
    }

    /// Ends the present wait, or the next one.
    func ring() {
        var octet: UInt8 = 1
        // A full pipe wakes as well.
        _ = write(writeEnd, &octet, 1)
    }

    /// Waits for the bell, for a socket, or for the end of the time, `nil`: none is set. Gives
    /// what happened on the socket. `isIdle` is asked once more before the wait: what was put
    /// after that rings. Without it, only `ring` counts.
    func wait(
        for events: Int32 = 0, on socket: Int32 = -1, until deadline: TapDeadline? = nil,
        whileIdle isIdle: (() -> Bool)? = nil
    ) -> Int32 {
        if let isIdle {
            isAwaited.store(true, ordering: .sequentiallyConsistent)
            guard isIdle() else {
                isAwaited.store(false, ordering: .relaxed)
                return 0
            }
        }
        var sources = [
            pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket, events: Int16(truncatingIfNeeded: events), revents: 0),
        ]
        // Interrupted, it is called again by whoever waits for something.
        let count = poll(&sources, nfds_t(sources.count), deadline?.restMilliseconds ?? -1)
        isAwaited.store(false, ordering: .relaxed)
        guard count > 0 else { return 0 }
        var octets: (UInt64, UInt64) = (0, 0)
        if sources[0].revents != 0 { while Glibc.read(readEnd, &octets, 16) == 16 {} }
        return Int32(sources[1].revents)
    }
}

/// When a wait ends.
struct TapDeadline {
    private let end: ContinuousClock.Instant

    init(in duration: Duration) {
        end = .now + duration
    }

    /// Whichever comes first.
    func sooner(_ other: TapDeadline) -> TapDeadline { other.end < end ? other : self }

    var isOver: Bool { restMilliseconds == 0 }

    /// As poll(2) takes it, rounded up.
    var restMilliseconds: Int32 {
        let rest = (end - .now).components
        guard rest.seconds >= 0, rest.attoseconds >= 0 else { return 0 }
        let part = (rest.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: rest.seconds * 1_000 + part)
    }
}
