import Control
import HTTPClient
import Synchronization
import Testing
import control_fixture

/// What Prometheus reads.
@Suite struct MetricsTests {
    private func withServer(_ body: (String) async throws -> Void) async throws {
        var settings = MetricsServer.Settings()
        settings.port = 0
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let server = MetricsServer(
            service: FakeService(), settings: settings, logger: RunningServer.quiet
        ) { continuation.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await server.run()
            }
            for await port in ports {
                try await body("http://127.0.0.1:\(port)")
                break
            }
            group.cancelAll()
        }
    }

    @Test func theTextIsThatOfPrometheus() async throws {
        try await withServer { url in
            let response = try await HTTPClient().send(HTTPRequest(.get, url + "/metrics"))
            #expect(response.status == 200)
            #expect(
                response.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            let expected = #"""
                # HELP pipam_guests Guests by what they are.
                # TYPE pipam_guests gauge
                pipam_guests{type="qemu"} 3
                pipam_guests{type="a\"b\\c\nd"} 1.5
                # HELP pipam_commands_total Commands applied \\ since\nthe start.
                # TYPE pipam_commands_total counter
                pipam_commands_total 42
                # HELP pipam_plan_duration_seconds How long a plan takes.
                # TYPE pipam_plan_duration_seconds histogram
                pipam_plan_duration_seconds_bucket{le="0.1"} 2
                pipam_plan_duration_seconds_bucket{le="+Inf"} 3
                pipam_plan_duration_seconds_sum 0.25
                pipam_plan_duration_seconds_count 3

                """#
            #expect(String(decoding: response.body, as: UTF8.self) == expected)
        }
    }

    @Test func nothingElseIsServed() async throws {
        try await withServer { url in
            let client = try HTTPClient()
            #expect(try await client.send(HTTPRequest(.get, url + "/")).status == 404)
            #expect(try await client.send(HTTPRequest(.get, url + "/v1/status")).status == 404)
            #expect(try await client.send(HTTPRequest(.post, url + "/metrics")).status == 405)
        }
    }

    @Test func anAddressInUseIsNamed() async throws {
        try await withServer { url in
            var settings = MetricsServer.Settings()
            settings.port = try #require(url.split(separator: ":").last.flatMap { UInt16($0) })
            let second = MetricsServer(
                service: FakeService(), settings: settings, logger: RunningServer.quiet)
            await #expect(throws: ControlError.self) { try await second.run() }
        }
    }
}
