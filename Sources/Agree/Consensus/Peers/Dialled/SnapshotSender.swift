import Glibc
import NIOCore
import NIOPosix

/// Sends one snapshot's file on a connection of its own, part by part: each part goes when the one
/// before it has left, and no faster than allowed.
struct SnapshotSender: Sendable {
    private static let chunkOctets = FrameKind.chunk.maximumOctets

    /// Runs something on the event loop, or the other thing if it has ended.
    let execute:
        @Sendable (@escaping @Sendable (PeerHub) -> Void, @escaping @Sendable () -> Void) -> Void
    let loop: any EventLoop
    let limits: PeerLimits
    let offer: SnapshotOffer

    /// A connection for a snapshot, and what becomes of it.
    private struct Conduit: Sendable {
        let channel: any Channel
        let stored: EventLoopFuture<Bool>
    }

    /// Returns when the other side has stored it.
    func send(to replica: ReplicaID, path: String) async throws(PeerError) {
        let file: SnapshotFile
        do {
            file = try SnapshotFile(path)
        } catch {
            throw .unreachable(peer: path, reason: "\(error)")
        }
        let conduit = try await open(replica)
        do {
            try await send(file, over: conduit)
            let isStored = try await withinStall(conduit) { try await conduit.stored.get() }
            conduit.channel.close(promise: nil)
            guard isStored else {
                throw PeerError.refused(peer: "\(replica)", reason: "it did not store it")
            }
        } catch {
            conduit.channel.close(promise: nil)
            throw error as? PeerError
                ?? .unreachable(peer: "\(replica)", reason: "\(error)")
        }
    }

    private func open(_ replica: ReplicaID) async throws(PeerError) -> Conduit {
        let opened = loop.makePromise(of: (any Channel).self)
        let stored = loop.makePromise(of: Bool.self)
        let fail: @Sendable (PeerError) -> Void = { error in
            opened.fail(error)
            stored.fail(error)
        }
        execute(
            { hub in
                guard let peer = hub.peer(replica) else { return fail(.unknownPeer(replica)) }
                Self.dial(peer, peer.addresses[...], hub: hub, opened: opened, stored: stored)
            }, { fail(.stopped) })
        do {
            let channel = try await opened.futureResult.get()
            return Conduit(channel: channel, stored: stored.futureResult)
        } catch {
            throw error as? PeerError ?? .stopped
        }
    }

    /// Tries the addresses in turn.
    private static func dial(
        _ peer: Peer, _ addresses: ArraySlice<String>, hub: PeerHub,
        opened: EventLoopPromise<any Channel>, stored: EventLoopPromise<Bool>
    ) {
        guard let address = addresses.first else {
            let error = PeerError.unreachable(peer: peer.identity, reason: "it has no address")
            opened.fail(error)
            return stored.fail(error)
        }
        var isOpen = false
        hub.dial(
            .init(address: address, identity: peer.identity, replica: peer.replica),
            purpose: .snapshot,
            events: DialledConnection.Events(
                opened: { connection, hello in
                    guard hub.accepts(incarnation: hello.incarnation, of: peer.replica),
                        let channel = connection.channel
                    else { return .incarnation }
                    isOpen = true
                    opened.succeed(channel)
                    return nil
                },
                arrived: { connection, frame in
                    guard frame.kind == .stored, frame.content.count == 1 else { return false }
                    stored.succeed(frame.content == [1])
                    // It may say so before all of the file has gone.
                    if frame.content != [1] { connection.retire() }
                    return true
                },
                closed: { _, error in
                    if !isOpen, addresses.count > 1 {
                        return dial(
                            peer, addresses.dropFirst(), hub: hub, opened: opened, stored: stored)
                    }
                    opened.fail(error)
                    stored.fail(error)
                }))
    }

    private func send(_ file: SnapshotFile, over conduit: Conduit) async throws {
        try await write(.snapshot, offer.encoded(), over: conduit)
        let clock = ContinuousClock()
        let start = clock.now
        var sent = 0
        var rest = offer.descriptor.sizeOctets
        while rest > 0 {
            let wanted = Int(min(rest, UInt64(Self.chunkOctets)))
            let chunk = try await NIOThreadPool.singleton.runIfActive { try file.read(wanted) }
            guard !chunk.isEmpty else { throw SnapshotFile.Failure(reason: "it is too short") }
            try await write(.chunk, chunk, over: conduit)
            rest -= UInt64(chunk.count)
            sent += chunk.count
            let due = start + .seconds(1) * (Double(sent) / Double(limits.snapshotOctetsPerSecond))
            if due > clock.now { try await Task.sleep(until: due, clock: clock) }
            try Task.checkCancellation()
        }
        try await write(.end, [], over: conduit)
    }

    private func write(_ kind: FrameKind, _ content: [UInt8], over conduit: Conduit) async throws {
        var frame = conduit.channel.allocator.buffer(
            capacity: FrameHeader.octetCount + content.count)
        frame.writeFrame(kind, content)
        let written = frame
        try await withinStall(conduit) { try await conduit.channel.writeAndFlush(written).get() }
    }

    /// Cuts the connection if `work` takes longer than a part of a snapshot may, which ends it.
    private func withinStall<Value>(
        _ conduit: Conduit, _ work: () async throws -> Value
    ) async throws -> Value {
        let channel = conduit.channel
        let watch = loop.scheduleTask(in: limits.snapshotStall.amount) {
            channel.close(promise: nil)
        }
        defer { watch.cancel() }
        return try await work()
    }
}

/// A file that is read from its start to its end.
final class SnapshotFile: Sendable {
    /// Why it cannot be read.
    struct Failure: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }

        init(reason: String) {
            self.reason = reason
        }

        init() {
            reason = String(cString: strerror(errno))
        }
    }

    private let descriptor: Int32

    init(_ path: String) throws(Failure) {
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure() }
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    /// At most `count` octets; none at the end.
    func read(_ count: Int) throws(Failure) -> [UInt8] {
        var status = -1
        let octets = [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            repeat {
                status = Glibc.read(descriptor, room.baseAddress, count)
            } while status < 0 && errno == EINTR
            filled = max(0, status)
        }
        guard status >= 0 else { throw Failure() }
        return octets
    }
}
