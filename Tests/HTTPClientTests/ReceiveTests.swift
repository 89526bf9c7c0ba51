import HTTPClient
import TestServers
import Testing

/// Bodies that are handed over in parts.
@Suite(.serialized) struct ReceiveTests {
    private let client: HTTPClient

    init() throws {
        client = try HTTPClient()
    }

    /// A server that answers with 8 MiB of one letter.
    private func longAnswer() async throws -> (server: TestServer, url: String) {
        let server = try await TestServer("http_server.py")
        try await server.command(
            #"{"do": "answer", "path": "/x", "body": "abcdefgh", "repeat": 1048576}"#)
        return (server, try server.text("url") + "/x")
    }

    @Test func aLongBodyArrivesWholeAndInOrder() async throws {
        let (server, url) = try await longAnswer()
        defer { withExtendedLifetime(server) {} }
        var request = HTTPRequest(.get, url)
        // The bound on answers is for those that are kept.
        request.maximumResponseOctets = 1
        var received = 0
        var isInOrder = true
        let pattern = Array("abcdefgh".utf8)
        let response = try await client.receive(request) { part in
            isInOrder = isInOrder && !part.isEmpty
            for (index, octet) in part.enumerated() where octet != pattern[(received + index) % 8] {
                isInOrder = false
            }
            received += part.count
            return true
        }
        #expect(response.status == 200)
        #expect(response.body == [])
        #expect(received == 8 << 20)
        #expect(isInOrder)
    }

    @Test func aSlowReaderIsWaitedFor() async throws {
        let (server, url) = try await longAnswer()
        defer { withExtendedLifetime(server) {} }
        var parts: [Int] = []
        _ = try await client.receive(HTTPRequest(.get, url)) { part in
            if parts.count < 20 { try? await Task.sleep(for: .milliseconds(5)) }
            parts.append(part.count)
            return true
        }
        #expect(parts.reduce(0, +) == 8 << 20)
        // What waits for the reader is bounded: 256 KiB and one part of libcurl's.
        #expect((parts.max() ?? 0) <= (256 << 10) + (16 << 10))
    }

    @Test func aReaderMayHaveEnough() async throws {
        let (server, url) = try await longAnswer()
        defer { withExtendedLifetime(server) {} }
        await #expect(throws: HTTPError.cancelled("GET \(url)")) {
            try await client.receive(HTTPRequest(.get, url)) { _ in false }
        }
        // The client goes on.
        #expect(try await client.send(HTTPRequest(.get, url)).body.count == 8 << 20)
    }

    @Test func anErrorKeepsItsBody() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "status": 404, "body": "gone"}"#)
        let url = try server.text("url") + "/x"
        var parts = 0
        let response = try await client.receive(HTTPRequest(.get, url)) { _ in
            parts += 1
            return true
        }
        #expect(response.status == 404)
        #expect(response.body == Array("gone".utf8))
        #expect(parts == 0)
    }

    @Test func aBodyThatBreaksOffIsAnError() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "body": "abcdef", "cut": 3}"#)
        let url = try server.text("url") + "/x"
        var received: [UInt8] = []
        do {
            _ = try await client.receive(HTTPRequest(.get, url)) { part in
                received += part
                return true
            }
            Issue.record("half a body passed for a whole one")
        } catch {
            guard case .broken = error else { throw error }
        }
        #expect(received == Array("abc".utf8))
    }

    @Test func aCancelledTaskReceivesNoMore() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "body": "a", "delay": 60}"#)
        let url = try server.text("url") + "/x"
        let task = Task { [client] in
            try await client.receive(HTTPRequest(.get, url)) { _ in true }
        }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        await #expect(throws: HTTPError.cancelled("GET \(url)")) { try await task.value }
    }
}
