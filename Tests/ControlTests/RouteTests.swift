import HTTPClient
import Testing
import control_fixture

@testable import Control

/// Each route, asked well and badly.
@Suite struct RouteTests {
    @Test func everyQuestionHasAnAnswer() async throws {
        let paths = [
            "/v1/status", "/v1/health", "/v1/guests", "/v1/guests/101", "/v1/zones",
            "/v1/zones/example.com", "/v1/zones/EXAMPLE.com.", "/v1/zones/%65xample.com",
            "/v1/records", "/v1/records?zone=example.com&name=web1.example.com&type=a",
            "/v1/plan", "/v1/plan?provider=powerdns&zone=example.com.", "/v1/conflicts",
            "/v1/cluster", "/v1/cluster?stale=false", "/v1/cluster/members",
            "/v1/cluster/members?stale=true", "/v1/config/difference", "/v1/addresses",
            "/v1/addresses?subnet=10.0.0.0/24&routing_domain=global&stale=true",
            "/v1/plan?", "/v1/zones/example.com/file", "/v1/openapi.yaml", "/v1/events",
            "/v1/signing", "/v1/signing?zone=example.com&stale=true",
        ]
        try await RunningServer.with { server in
            for path in paths {
                let (status, _, response) = try await server.send(.get, path)
                #expect(status == 200, "\(path): \(String(decoding: response.body, as: UTF8.self))")
            }
        }
    }

    @Test func everyActionHasAnAnswer() async throws {
        let bodies = [
            ("/v1/plan/apply", nil), ("/v1/plan/apply", "{}"),
            ("/v1/plan/apply", #"{"force": true, "provider": "powerdns", "zone": "example.com"}"#),
            ("/v1/adopt", #"{"zone": "example.com", "dry_run": true}"#), ("/v1/collect", nil),
            ("/v1/publishing/pause", nil), ("/v1/publishing/resume", "{}"),
            ("/v1/reconcile", #"{"dry_run": false}"#),
            ("/v1/clean", #"{"collect": true, "dry_run": true}"#),
            ("/v1/config/apply", nil), ("/v1/config/withdraw", "{}"),
            (
                "/v1/records/add",
                #"{"name": "@", "zone": "example.com", "type": "mx", "data": ["10", "mail"]}"#
            ),
            ("/v1/records/remove", #"{"name": "example.com", "type": "TXT", "data": ["a b"]}"#),
            ("/v1/static-zones/import?zone=example.com&dry_run=true", "@ 60 IN A 10.0.0.1"),
            ("/v1/static-zones/add", #"{"zone": "static.example"}"#),
            ("/v1/static-zones/remove", #"{"zone": "example.com", "with_records": true}"#),
            (
                "/v1/signing/enable",
                #"{"zone": "new.example", "algorithm": "ed25519", "denial": "nsec3", "key_ttl": 0}"#
            ),
            ("/v1/signing/roll", #"{"zone": "example.com", "tag": 4711}"#),
            ("/v1/signing/roll", #"{"zone": "example.com", "algorithm": "ed25519"}"#),
            ("/v1/signing/parent", #"{"zone": "example.com"}"#),
            ("/v1/signing/disable", #"{"zone": "example.com", "parent_removed": true}"#),
        ]
        try await RunningServer.with { server in
            for (path, body) in bodies {
                let (status, json, _) = try await server.send(.post, path, body: body)
                #expect(status == 200, "\(path) \(body ?? ""): \(json)")
            }
        }
    }

    @Test func theRoutesOfThisTestAreAllThereAre() {
        #expect(Route.all.filter { $0.kind == .question }.count == 17)
        #expect(Route.all.filter { $0.kind == .action }.count == 28)
    }

    @Test func badQuestionsAreRefused() async throws {
        let cases = [
            ("/v1/status?a=1", 400), ("/v1/guests/abc", 400), ("/v1/guests/-1", 400),
            ("/v1/guests/4294967296", 400), ("/v1/guests/7", 404), ("/v1/guests/", 400),
            ("/v1/zones/a..b", 400), ("/v1/zones/.a", 400), ("/v1/zones/a%20b", 400),
            ("/v1/zones/a%0Ab", 400), ("/v1/zones/%C3%A4", 400), ("/v1/zones/%GG", 404),
            ("/v1/zones/%FF", 404), ("/v1/zones/other.example", 404),
            ("/v1/zones/" + String(repeating: "a", count: 1005), 400),
            ("/v1/zones/other.example/file", 404), ("/v1/records?type=A%20", 400),
            ("/v1/records?zone=a&zone=b", 400), ("/v1/records?zone=%F", 400),
            ("/v1/records?zone", 400), ("/v1/plan?provider=", 400),
            ("/v1/plan?provider=" + String(repeating: "a", count: 65), 400),
            ("/v1/events?from=-1", 400), ("/v1/events?from=99999999999999999999", 400),
            ("/v1/events?limit=0", 400), ("/v1/events?follow=yes", 400),
            ("/v1/events?from=4", 410), ("/v1/status?" + String(repeating: "a", count: 9000), 400),
            ("/", 404), ("/v1", 404), ("/v1/status/", 404), ("/v2/status", 404), ("//", 404),
        ]
        try await RunningServer.with { server in
            for (path, expected) in cases {
                let (status, json, _) = try await server.send(.get, path)
                #expect(status == expected, "\(path)")
                #expect(json["error"]?.text?.isEmpty == false, "\(path)")
                #expect(json["remedy"] != nil, "\(path)")
            }
        }
    }

    @Test func badActionsAreRefused() async throws {
        let cases = [
            ("/v1/plan/apply", "{", 400), ("/v1/plan/apply", "[]", 400),
            ("/v1/plan/apply", "null", 400), ("/v1/plan/apply", #"{"force": 1}"#, 400),
            ("/v1/plan/apply", #"{"force": "true"}"#, 400),
            ("/v1/plan/apply", #"{"zone": null}"#, 400), ("/v1/plan/apply", #"{"zone": 1}"#, 400),
            ("/v1/plan/apply", #"{"forse": true}"#, 400),
            ("/v1/plan/apply?force=true", "{}", 400), ("/v1/adopt", "{}", 400),
            ("/v1/adopt", #"{"zone": ""}"#, 400), ("/v1/adopt", #"{"zone": "a b"}"#, 400),
            ("/v1/adopt", #"{"zone": "busy.example"}"#, 409),
            ("/v1/adopt", #"{"zone": "other.example"}"#, 404), ("/v1/collect", #"{"a": 1}"#, 400),
            ("/v1/collect", String(repeating: "[", count: 100), 400),
            ("/v1/clean", String(repeating: " ", count: (1 << 20) + 1), 413),
            ("/v1/signing/enable", "{}", 400), ("/v1/signing/roll", #"{"tag": 1}"#, 400),
            ("/v1/signing/enable", #"{"zone": "a.b", "algorithm": "rsasha256"}"#, 400),
            ("/v1/signing/enable", #"{"zone": "a.b", "signature_life": 86399}"#, 400),
            ("/v1/signing/enable", #"{"zone": "a.b", "zone_key_days": 3651}"#, 400),
            ("/v1/signing/enable", #"{"zone": "example.com"}"#, 409),
            ("/v1/signing/parent", #"{"zone": "example.com", "tag": 65536}"#, 400),
            ("/v1/signing/parent", #"{"zone": "example.com", "tag": 1}"#, 404),
            ("/v1/signing/disable", #"{"zone": "other.example"}"#, 404),
        ]
        try await RunningServer.with { server in
            for (path, body, expected) in cases {
                let (status, json, _) = try await server.send(.post, path, body: body)
                #expect(status == expected, "\(path) \(body.prefix(60))")
                #expect(json["error"]?.text?.isEmpty == false, "\(path) \(body.prefix(60))")
            }
        }
    }

    @Test func aMethodThatAPathDoesNotHaveIsNamed() async throws {
        try await RunningServer.with { server in
            for (method, path, allowed) in [
                (HTTPRequest.Method.post, "/v1/status", "GET"), (.delete, "/v1/zones/a", "GET"),
                (.get, "/v1/adopt", "POST"), (.head, "/v1/status", "GET"),
                (.put, "/v1/clean", "POST"),
            ] {
                let (status, _, response) = try await server.send(method, path)
                #expect(status == 405)
                #expect(response.header("allow") == allowed)
            }
        }
    }

    @Test func ailingIsAnAnswerOfItsOwnStatus() async throws {
        var faults = FakeService.Faults()
        faults.isAiling = true
        try await RunningServer.with(FakeService(faults: faults)) { server in
            let (status, _, _) = try await server.send(.get, "/v1/health")
            #expect(status == 503)
            let health = try await server.client.answer(to: .health)
            #expect(!health.isHealthy)
            #expect(health.checks.map(\.isHealthy) == [true, false])
        }
    }

    @Test func aQuestionHasADeadline() async throws {
        var faults = FakeService.Faults()
        faults.delay = .seconds(60)
        try await RunningServer.with(FakeService(faults: faults)) {
            $0.questionDeadline = .milliseconds(50)
        } _: { server in
            let (status, json, _) = try await server.send(.get, "/v1/status")
            #expect(status == 503)
            #expect(json["error"]?.text?.contains("longer than") == true)
        }
    }

    /// What the client reads is what the service gave.
    private func expect<Answer: Equatable>(_ read: Answer, _ given: Answer) {
        #expect(read == given)
    }

    @Test func theClientReadsWhatTheServiceGave() async throws {
        try await RunningServer.with { server in
            let (client, service) = (server.client, server.service)
            let zone = "example.com."
            try await expect(client.answer(to: .status), service.status())
            try await expect(client.answer(to: .guests), service.guests())
            try await expect(client.answer(to: .guest(101)), service.guest(101))
            try await expect(client.answer(to: .zones), service.zones())
            try await expect(client.answer(to: .zone("EXAMPLE.com")), service.zone(zone))
            try await expect(client.answer(to: .zoneFile("example.com")), service.zoneFile(zone))
            let query = RecordQuery(name: "web1.example.com.", type: "A")
            try await expect(client.answer(to: .records(query)), service.records(query))
            let plan = PlanQuery(provider: "powerdns")
            try await expect(client.answer(to: .plan(plan)), service.plan(plan))
            try await expect(client.answer(to: .conflicts), service.conflicts())
            let apply = ApplyRequest(force: true, zone: zone)
            try await expect(client.answer(to: .apply(apply)), service.apply(apply))
            let adopt = AdoptRequest(zone: zone, dryRun: true)
            try await expect(client.answer(to: .adopt(adopt)), service.adopt(adopt))
            try await expect(client.answer(to: .collect), service.collect())
            let publishing = try await client.answer(to: .setPublishing(isPaused: true))
            #expect(publishing.isPaused)
            try await expect(client.answer(to: .status).isPublishingPaused, true)
            let reconcile = ReconcileRequest(dryRun: true)
            try await expect(
                client.answer(to: .reconcile(reconcile)), service.reconcile(reconcile))
            try await expect(client.answer(to: .clean(.init())), service.clean(.init()))
        }
    }

    @Test func theClientReadsErrors() async throws {
        try await RunningServer.with { server in
            await #expect(
                throws: ControlError.notFound("there is no guest 7", remedy: "see GET /v1/guests")
            ) { try await server.client.answer(to: .guest(7)) }
            await #expect(
                throws: ControlError.conflict(
                    "busy.example. is being written", remedy: "try again")
            ) { try await server.client.answer(to: .adopt(.init(zone: "busy.example"))) }
        }
    }
}
