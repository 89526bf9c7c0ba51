import Hummingbird
import NIOCore

/// Events as lines of JSON, written as fast as the reader takes them and not faster.
struct EventStream: Sendable {
    /// Events that are on their way to one reader at a time.
    private static let batch: UInt64 = 64

    let query: EventQuery
    let events: EventBuffer

    /// The answer. Whether the first event is held is known before its head goes out; what is lost
    /// later ends the lines with one that holds the error.
    func response(to request: Request) throws(ControlError) -> Response {
        _ = try events.events(from: query.from, limit: 1)
        return Response(
            status: .ok, headers: [.contentType: "application/x-ndjson"],
            body: .init { writer in
                guard query.follows else { return try await writeAll(to: &writer) }
                // Else a reader that left would keep its place until the next event.
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    try await writeAll(to: &writer)
                }
            })
    }

    @concurrent private func writeAll(to writer: inout any ResponseBodyWriter) async throws {
        do throws(ControlError) {
            try await write(to: &writer)
        } catch {
            try await writer.write(ByteBuffer(bytes: error.octets))
        }
        try await writer.finish(nil)
    }

    @concurrent private func write(to writer: inout any ResponseBodyWriter)
        async throws(ControlError)
    {
        var next = query.from
        var left = query.limit ?? .max
        while left > 0 {
            let count = Int(min(left, Self.batch))
            let found =
                query.follows
                ? try await events.nextEvents(from: next, limit: count)
                : try events.events(from: next, limit: count)
            guard let last = found.last else { return }
            var lines = ByteBuffer()
            for event in found { lines.writeBytes(try JSONText.encode(event)) }
            do {
                try await writer.write(lines)
            } catch {
                // The reader left.
                return
            }
            next = last.index + 1
            left -= UInt64(found.count)
        }
    }
}
