import Glibc
import Threads

/// Tells whoever reads a unix socket of queries and answers, on a thread of its own: workers leave
/// them in their rings and never wait.
final class DnstapService: Sendable {
    let hub: DnstapHub
    let bell: TapBell
    private let thread: OwnThread
    private let stopMark: StopMark

    /// Starts the thread.
    init(_ hub: DnstapHub, answers: AnswerSettings) throws(NameserverError) {
        let (bell, stopMark) = (try TapBell(), StopMark())
        let encoder = DnstapEncoder(hub.settings, answers: answers)
        do {
            thread = try OwnThread("pipam-dnstap") {
                DnstapWriter(hub: hub, bell: bell, encoder: encoder, stopMark: stopMark).run()
            }
        } catch {
            throw .workerFailed(reason: "no thread for dnstap: \(error.reason)")
        }
        (self.hub, self.bell, self.stopMark) = (hub, bell, stopMark)
    }

    /// Tells of what is in the rings, says good-bye and ends the thread: two seconds at most,
    /// whatever the reader does. Workers have ended before.
    func stop() {
        stopMark.set()
        bell.ring()
        thread.join()
    }
}

/// The loop of the thread.
///
///     nobody reads ──> connected ──> agreed on the content ──> frames ──> STOP, FINISH
///          ^               │                   │                 │
///          └───────────────┴───────────────────┴─────────────────┘ after a second
private struct DnstapWriter: Sendable {
    /// How often a reader is looked for: nothing tells when a socket appears.
    private static let retryInterval = Duration.seconds(1)
    /// A reader has to agree on the content within so long.
    private static let greetingTimeout = Duration.seconds(5)
    /// A reader that takes nothing for so long loses the connection.
    private static let stallTimeout = Duration.seconds(30)
    /// What is left at the end is sent, and the end acknowledged, within so long.
    private static let farewellTimeout = Duration.seconds(1)
    /// Frames are gathered up to about so many octets for one system call.
    private static let batchOctets = 1 << 16

    let hub: DnstapHub
    let bell: TapBell
    let encoder: DnstapEncoder
    let stopMark: StopMark

    func run() {
        while !stopMark.isSet {
            do throws(DnstapProblem) {
                let socket = try DnstapSocket(path: hub.settings.socketPath)
                try serve(socket)
            } catch {
                hub.setOpen(problem: error.description)
                discard()
                pause()
            }
        }
    }

    /// Until it is time to look for a reader again, or to end.
    private func pause() {
        let deadline = TapDeadline(in: Self.retryInterval)
        while !stopMark.isSet, !deadline.isOver { _ = bell.wait(until: deadline) }
    }

    /// What was put for a reader that is gone does not go to the next one.
    private func discard() {
        var lost = 0
        let rings = hub.rings
        while let frames = nextFrames(of: rings) { lost += frames.count }
        hub.countLost(lost)
    }

    /// Tells one reader, until it goes or the service ends.
    private func serve(_ socket: borrowing DnstapSocket) throws(DnstapProblem) {
        let greeting = TapDeadline(in: Self.greetingTimeout)
        try send(FrameStream.control(.ready), over: socket, until: greeting)
        try expect(.accept, from: socket, until: greeting)
        try send(FrameStream.control(.start), over: socket, until: greeting)
        hub.setOpen()
        while !stopMark.isSet {
            if try !tell(socket, until: TapDeadline(in: Self.stallTimeout)) {
                try rest(socket)
            }
        }
        try end(socket)
    }

    /// Waits until there is something to tell. A reader that says something ends the stream: it has
    /// nothing to say before its end.
    private func rest(_ socket: borrowing DnstapSocket) throws(DnstapProblem) {
        let rings = hub.rings
        let events = bell.wait(for: POLLIN, on: socket.descriptor) {
            rings.allSatisfy(\.isEmpty) && !stopMark.isSet
        }
        if events != 0 { throw .ended }
    }

    private func end(_ socket: borrowing DnstapSocket) throws(DnstapProblem) {
        let deadline = TapDeadline(in: Self.farewellTimeout)
        while try tell(socket, until: deadline) {}
        try send(FrameStream.control(.stop), over: socket, until: deadline)
        try expect(.finish, from: socket, until: deadline)
        hub.setOpen(problem: "the name server ended")
    }

    /// Sends some of what there is; `false` if there is nothing.
    private func tell(
        _ socket: borrowing DnstapSocket, until deadline: TapDeadline
    ) throws(DnstapProblem) -> Bool {
        var octets: [UInt8] = []
        var ends: [Int] = []
        let rings = hub.rings
        while octets.count < Self.batchOctets, let frames = nextFrames(of: rings) {
            for frame in frames {
                FrameStream.append(frame, to: &octets)
                ends.append(octets.count)
            }
        }
        guard !octets.isEmpty else { return false }
        var sent = 0
        defer {
            let written = ends.count { $0 <= sent }
            hub.countWritten(written)
            hub.countLost(ends.count - written)
        }
        try send(octets, over: socket, until: deadline, sent: &sent)
        return true
    }

    /// Frames about one query; `nil` if no ring has any.
    private func nextFrames(of rings: [TapRing]) -> [[UInt8]]? {
        for ring in rings {
            var frames: [[UInt8]] = []
            if ring.take({ frames = encoder.frames($0) }) { return frames }
        }
        return nil
    }
}

extension DnstapWriter {
    private func send(
        _ octets: [UInt8], over socket: borrowing DnstapSocket, until deadline: TapDeadline
    ) throws(DnstapProblem) {
        var sent = 0
        try send(octets, over: socket, until: deadline, sent: &sent)
    }

    /// Sends all, as fast as the reader takes it. At the service's end the time is short, whatever
    /// it was before.
    private func send(
        _ octets: [UInt8], over socket: borrowing DnstapSocket, until deadline: TapDeadline,
        sent: inout Int
    ) throws(DnstapProblem) {
        var deadline = deadline
        var isEnding = false
        while true {
            sent += try socket.send(octets[sent...])
            guard sent < octets.count else { return }
            if stopMark.isSet, !isEnding {
                isEnding = true
                deadline = deadline.sooner(TapDeadline(in: Self.farewellTimeout))
            }
            if deadline.isOver { throw .stalled }
            _ = bell.wait(for: POLLOUT, on: socket.descriptor, until: deadline)
        }
    }

    /// Waits for a control frame, which comes alone.
    private func expect(
        _ wanted: FrameStream.Control, from socket: borrowing DnstapSocket,
        until deadline: TapDeadline
    ) throws(DnstapProblem) {
        var octets: [UInt8] = []
        var deadline = deadline
        var isEnding = false
        while true {
            octets += try socket.receive(atMost: FrameStream.maximumControlOctets + 8)
            switch FrameStream.read(octets) {
            case .control(wanted, octets: octets.count): return
            case .control, .malformed: throw .foreign
            case .incomplete: break
            }
            if stopMark.isSet, !isEnding {
                isEnding = true
                deadline = deadline.sooner(TapDeadline(in: Self.farewellTimeout))
            }
            if deadline.isOver { throw .stalled }
            _ = bell.wait(for: POLLIN, on: socket.descriptor, until: deadline)
        }
    }
}

/// Why nobody reads.
enum DnstapProblem: Error, CustomStringConvertible {
    case unreachable(path: String, errno: Int32)
    /// The connection failed.
    case broken(errno: Int32)
    /// The reader closed it.
    case ended
    /// What reads there does not speak Frame Streams, or wants no dnstap.
    case foreign
    case stalled

    var description: String {
        switch self {
        case .unreachable(let path, let errno): "\(path): \(String(cString: strerror(errno)))"
        case .broken(let errno): "the connection failed: \(String(cString: strerror(errno)))"
        case .ended: "the reader closed the connection"
        case .foreign: "the reader takes no dnstap over Frame Streams"
        case .stalled: "the reader took too long"
        }
    }
}
