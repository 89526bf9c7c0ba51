import NIOCore
import OpenSSL

/// A snapshot that comes in: between the event loop, where its parts arrive, and the task that
/// writes them. When the task is slow, the connection is not read.
final class SnapshotIntake {
    /// What may wait for the task, in octets.
    private static let maximumWaiting = 1024 * 1024

    private let channel: any Channel
    private let frames: AsyncStream<Frame>
    private let arrived: AsyncStream<Frame>.Continuation
    private var waiting = 0
    private var isPaused = false

    init(channel: any Channel) {
        self.channel = channel
        (frames, arrived) = AsyncStream.makeStream()
    }

    /// Hands on a part, or the end. On the event loop, as all but the job.
    func take(_ frame: Frame) {
        waiting += frame.content.count
        arrived.yield(frame)
        if frame.kind == .end { arrived.finish() }
        if waiting > Self.maximumWaiting, !isPaused { pause(true) }
    }

    /// Nothing more will come.
    func cut() { arrived.finish() }

    /// Takes the snapshot. `conclude` is called on the event loop with whether it is stored;
    /// nothing of a snapshot that is not complete or not the announced one reaches `finish` of its
    /// sink.
    func job(
        _ offer: SnapshotOffer, from replica: ReplicaID, handler: any PeerHandler, log: PeerLog,
        conclude: @escaping @Sendable (Bool) -> Void
    ) -> PeerJob {
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let loop = channel.eventLoop
        let frames = frames
        return {
            let reason = await Self.store(offer, frames, from: replica, handler: handler) {
                octets in
                loop.execute { bound.value.taken(octets) }
            }
            if let reason {
                log.note("snapshot not stored: \(reason)", peer: "\(replica)")
            } else {
                log.count { $0.receivedSnapshots += 1 }
            }
            loop.execute { conclude(reason == nil) }
        }
    }

    private func taken(_ octets: Int) {
        waiting -= octets
        if isPaused, waiting <= Self.maximumWaiting / 2 { pause(false) }
    }

    private func pause(_ isPaused: Bool) {
        self.isPaused = isPaused
        channel.setOption(.autoRead, value: !isPaused).whenComplete { _ in }
    }

    /// What went wrong; `nil` if nothing did.
    private static func store(
        _ offer: SnapshotOffer, _ frames: AsyncStream<Frame>, from replica: ReplicaID,
        handler: any PeerHandler, taken: @Sendable (Int) -> Void
    ) async -> String? {
        let sink: any SnapshotSink
        do throws(ConsensusError) {
            sink = try await handler.beginSnapshot(from: replica, descriptor: offer.descriptor)
        } catch {
            return "\(error)"
        }
        do throws(ConsensusError) {
            if let reason = try await fill(sink, offer, frames, taken: taken) {
                await sink.abandon()
                return reason
            }
            try await sink.finish(message: offer.message)
            return nil
        } catch {
            await sink.abandon()
            return "\(error)"
        }
    }

    private static func fill(
        _ sink: any SnapshotSink, _ offer: SnapshotOffer, _ frames: AsyncStream<Frame>,
        taken: @Sendable (Int) -> Void
    ) async throws(ConsensusError) -> String? {
        var digest = SHA256Hasher()
        var rest = offer.descriptor.sizeOctets
        for await frame in frames {
            if frame.kind == .end {
                guard rest == 0 else { return "it ended \(rest) octets early" }
                return digest.finish() == offer.descriptor.sha256 ? nil : "its digest is wrong"
            }
            guard frame.content.count <= rest else { return "it is longer than announced" }
            rest -= UInt64(frame.content.count)
            digest.update(frame.content)
            try await sink.write(frame.content)
            taken(frame.content.count)
        }
        return "it was cut off"
    }
}
