import Foundation
import HTTPClient
import TestServers
import Testing

@Suite(.serialized) struct HTTPClientTests {
    private let client: HTTPClient

    init() throws {
        client = try HTTPClient()
    }

    @Test func anAnswerHasStatusReasonHeadersAndBody() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(
            """
            {"do": "answer", "path": "/x", "status": 595, "reason": "No route to host",
             "body": "text", "headers": {"X-One": "a: b"}}
            """)
        let response = try await client.send(HTTPRequest(.get, server.text("url") + "/x?q=1"))
        #expect(response.status == 595)
        #expect(response.reason == "No route to host")
        #expect(response.header("x-one") == "a: b")
        #expect(response.header("x-two") == nil)
        #expect(response.body == Array("text".utf8))
        #expect(!response.isSuccess)
    }

    @Test func anAnswerMayHaveNoReasonAndNoBody() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "status": 204}"#)
        let response = try await client.send(HTTPRequest(.get, server.text("url") + "/x"))
        #expect(response.status == 204)
        #expect(response.reason == "")
        #expect(response.body == [])
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .patch, .delete])
    func methodHeadersAndBodyArrive(method: HTTPRequest.Method) async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x"}"#)
        var request = HTTPRequest(method, try server.text("url") + "/x")
        request.headers = [("X-Token", "s3cret"), ("X-Empty", "")]
        request.body = Array("{\"a\": 1}".utf8)
        _ = try await client.send(request)
        let seen = try await server.command(#"{"do": "requests"}"#)["requests"]?.elements?.first
        #expect(seen?["method"]?.text == method.rawValue)
        #expect(seen?["headers"]?["x-token"]?.text == "s3cret")
        #expect(seen?["headers"]?["expect"] == nil)
        #expect(seen?["body"]?.text == "{\"a\": 1}")
    }

    @Test func oneConnectionServesManyRequests() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x"}"#)
        for _ in 0..<5 { _ = try await client.send(HTTPRequest(.get, server.text("url") + "/x")) }
        let seen = try await server.command(#"{"do": "requests"}"#)
        #expect(seen["requests"]?.elements?.count == 5)
        #expect(seen["connections"]?.integer == 1)
    }

    @Test func connectionsAreBounded() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "delay": 0.02}"#)
        var settings = HTTPClient.Settings()
        settings.maximumConnections = 3
        let client = try HTTPClient(settings)
        let url = try server.text("url") + "/x"
        let statuses = try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask { try await client.send(HTTPRequest(.get, url)).status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 20))
        let seen = try await server.command(#"{"do": "requests"}"#)
        #expect(seen["connections"]?.integer == 3)
    }

    @Test func waitingRequestsAreBounded() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "delay": 0.5}"#)
        var settings = HTTPClient.Settings()
        settings.maximumRequests = 1
        let client = try HTTPClient(settings)
        let url = try server.text("url") + "/x"
        async let first = client.send(HTTPRequest(.get, url))
        try await Task.sleep(for: .milliseconds(100))
        await #expect(throws: HTTPError.busy("GET \(url)", limit: 1)) {
            try await client.send(HTTPRequest(.get, url))
        }
        #expect(try await first.status == 200)
    }

    @Test func aRedirectIsAnAnswer() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(
            #"{"do": "answer", "path": "/x", "status": 302, "headers": {"Location": "/y"}}"#)
        try await server.command(#"{"do": "answer", "path": "/y"}"#)
        let response = try await client.send(HTTPRequest(.get, server.text("url") + "/x"))
        #expect(response.status == 302)
        let seen = try await server.command(#"{"do": "requests"}"#)["requests"]?.elements
        #expect(seen?.count == 1)
    }

    @Test func aUnixSocketIsSpokenTo() async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-\(UUID().uuidString).sock").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = try await TestServer("http_server.py", ["--unix-socket", path])
        try await server.command(#"{"do": "answer", "path": "/x", "body": "here"}"#)
        let request = HTTPRequest(.get, "http://localhost/x", unixSocket: path)
        #expect(try await client.send(request).body == Array("here".utf8))
    }
}

// MARK: What goes wrong

extension HTTPClientTests {
    @Test func anAnswerIsReadUpToItsLimit() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "body": "0123456789"}"#)
        var request = HTTPRequest(.get, try server.text("url") + "/x")
        request.maximumResponseOctets = 10
        #expect(try await client.send(request).body.count == 10)
        request.maximumResponseOctets = 9
        let subject = "\(request)"
        await #expect(throws: HTTPError.tooLarge(subject, limitOctets: 9)) {
            try await client.send(request)
        }
    }

    @Test func aDeadlineEndsASlowExchange() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "delay": 20}"#)
        var request = HTTPRequest(.get, try server.text("url") + "/x")
        request.deadline = .milliseconds(150)
        let start = ContinuousClock.now
        let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
        #expect(error == .timedOut("\(request)", after: .milliseconds(150)))
        #expect(error?.isTransient == true)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func aDeadlineCountsWhileARequestWaitsForAConnection() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "delay": 2}"#)
        var settings = HTTPClient.Settings()
        settings.maximumConnections = 1
        let client = try HTTPClient(settings)
        let url = try server.text("url") + "/x"
        async let first = client.send(HTTPRequest(.get, url))
        try await Task.sleep(for: .milliseconds(100))
        var second = HTTPRequest(.get, url)
        second.deadline = .milliseconds(100)
        let waiting = second
        let error = await #expect(throws: HTTPError.self) { try await client.send(waiting) }
        #expect(error == .timedOut("GET \(url)", after: .milliseconds(100)))
        #expect(try await first.status == 200)
    }

    @Test func cancellingTheTaskEndsTheExchange() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "delay": 20}"#)
        let url = try server.text("url") + "/x"
        let client = client
        let task = Task { try await client.send(HTTPRequest(.get, url)) }
        try await Task.sleep(for: .milliseconds(100))
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: HTTPError.cancelled("GET \(url)")) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func aTaskCancelledBeforeSendsNothing() async throws {
        let server = try await TestServer("http_server.py")
        let url = try server.text("url") + "/x"
        let client = client
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(HTTPRequest(.get, url))
        }
        await #expect(throws: HTTPError.cancelled("GET \(url)")) { try await task.value }
        let seen = try await server.command(#"{"do": "requests"}"#)
        #expect(seen["requests"]?.elements?.count == 0)
    }

    @Test func closingTheClientEndsWhatIsUnderWay() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "body": "late", "delay": 0.2}"#)
        let url = try server.text("url") + "/x"
        // The last reference goes while the request waits: `send` keeps its client alive.
        let body = try await HTTPClient().send(HTTPRequest(.get, url)).body
        #expect(body == Array("late".utf8))
    }

    @Test func nobodyListeningIsUnreachable() async throws {
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(.get, "http://127.0.0.1:1/x?token=s3cret"))
        }
        guard case .unreachable("GET http://127.0.0.1:1/x", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isTransient == true)
        #expect("\(String(describing: error))".contains("s3cret") == false)
    }

    @Test func aBodyCutShortIsBroken() async throws {
        let server = try await TestServer("http_server.py")
        try await server.command(#"{"do": "answer", "path": "/x", "body": "0123456789", "cut": 4}"#)
        let url = try server.text("url") + "/x"
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(.get, url))
        }
        guard case .broken = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isTransient == true)
    }

    @Test(arguments: [
        "ftp://host/x", "host/x", "", "http://user:secret@host/x", "file:///etc/passwd",
    ])
    func otherURLsAreRefused(url: String) async throws {
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(.get, url))
        }
        guard case .invalidRequest = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isTransient == false)
    }

    @Test(arguments: ["a\r\nX-Evil: 1", "a\u{0}b", "a\nb"])
    func aHeaderCannotHoldAnother(value: String) async throws {
        var request = HTTPRequest(.get, "http://127.0.0.1:1/x")
        request.headers = [("X-Token", value)]
        let headed = request
        let error = await #expect(throws: HTTPError.self) { try await client.send(headed) }
        guard case .invalidRequest(_, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!reason.contains("Evil"))
    }

    @Test func aRequestPrintsNoSecret() {
        var request = HTTPRequest(.post, "https://host/path?password=s3cret")
        request.headers = [("Authorization", "s3cret")]
        request.body = Array("s3cret".utf8)
        #expect("\(request)" == "POST https://host/path")
        #expect(String(reflecting: request) == "POST https://host/path")
        #expect("\([request])" == "[POST https://host/path]")
    }
}
