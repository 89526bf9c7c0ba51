import HTTPClient
import Synchronization
import Testing
import control_fixture

@testable import Control

/// The routes of clusters, settings and addresses, asked well and badly.
@Suite struct ClusterRouteTests {
    private static let cutOff: FakeService.Faults = {
        var faults = FakeService.Faults()
        faults.isCutOff = true
        return faults
    }()

    @Test func everyActionHasAnAnswer() async throws {
        let subnet = #""subnet": "10.0.0.0/24""#
        let bodies: [(String, String?)] = [
            ("cluster/token", nil), ("cluster/token", #"{"expires_seconds": 60, "witness": true}"#),
            ("cluster/token", #"{"expires_seconds": 900.0}"#),
            ("cluster/join", #"{"token": "\#(FakeService.token)", "address": "pve1:8553"}"#),
            ("cluster/leave", #"{"force": true}"#), ("cluster/remove", #"{"node": "pve3"}"#),
            ("cluster/replace", #"{"node": "pve3"}"#), ("cluster/transfer", nil),
            ("cluster/transfer", #"{"node": "pve2"}"#),
            ("addresses/claim", #"{\#(subnet), "key": "a"}"#),
            ("addresses/claim", #"{\#(subnet), "key": "a", "strategy": "none"}"#),
            (
                "addresses/claim",
                #"{\#(subnet), "key": "a", "strategy": "exact", "address": "10.0.0.9"}"#
            ),
            (
                "addresses/claim",
                #"{\#(subnet), "key": "a", "range": {"first": "10.0.0.9", "last": "10.0.0.9"}}"#
            ),
            (
                "addresses/claim",
                #"{\#(subnet), "key": "a", "routing_domain": "dmz", "ttl_seconds": 2592000}"#
            ),
            ("addresses/confirm", #"{\#(subnet), "key": "order-4711", "fence": 41}"#),
            ("addresses/release", #"{\#(subnet), "key": "order-4711", "address": "10.0.0.11"}"#),
        ]
        try await RunningServer.with { server in
            for (path, body) in bodies {
                let (status, json, _) = try await server.send(.post, "/v1/" + path, body: body)
                #expect(status == 200, "\(path) \(body ?? ""): \(json)")
            }
        }
    }

    /// The field that is wrong is named.
    private func expectRefusal(_ cases: [(String, String, String)]) async throws {
        try await RunningServer.with { server in
            for (path, body, field) in cases {
                let (status, json, _) = try await server.send(.post, "/v1/" + path, body: body)
                #expect(status == 400, "\(path) \(body.prefix(80))")
                #expect(json["code"]?.text == "invalid")
                #expect(
                    json["error"]?.text?.split(separator: " ").contains(Substring(field)) == true,
                    "\(path) \(body.prefix(80)): \(json)")
            }
        }
    }

    @Test func badActionsOnTheClusterAreRefused() async throws {
        let long = String(repeating: "a", count: 2000)
        try await expectRefusal([
            ("cluster/token", #"{"expires_seconds": 59}"#, "expires_seconds"),
            ("cluster/token", #"{"expires_seconds": 86401}"#, "expires_seconds"),
            ("cluster/token", #"{"expires_seconds": "900"}"#, "expires_seconds"),
            ("cluster/token", #"{"expires_seconds": -900}"#, "expires_seconds"),
            ("cluster/token", #"{"expires_seconds": 90.5}"#, "expires_seconds"),
            ("cluster/token", #"{"expires_seconds": 1e300}"#, "expires_seconds"),
            ("cluster/token", #"{"witness": 1}"#, "witness"), ("cluster/join", "{}", "token"),
            ("cluster/join", #"{"token": ""}"#, "token"),
            ("cluster/join", #"{"token": "\#(long)"}"#, "token"),
            ("cluster/join", #"{"token": "a b"}"#, "token"),
            ("cluster/join", #"{"token": "a", "address": ""}"#, "address"),
            ("cluster/leave", #"{"force": "yes"}"#, "force"),
            ("cluster/leave", #"{"node": "pve1"}"#, "node"), ("cluster/remove", "{}", "node"),
            ("cluster/remove", #"{"node": 3}"#, "node"), ("cluster/replace", "{}", "node"),
            ("cluster/transfer", #"{"node": null}"#, "node"),
            ("cluster/recover", "{}", "majority_is_lost"),
            ("cluster/recover", #"{"majority_is_lost": false}"#, "majority_is_lost"),
            ("config/apply", #"{"force": true}"#, "force"),
        ])
    }

    @Test func badActionsOnAddressesAreRefused() async throws {
        let subnet = #""subnet": "10.0.0.0/24""#
        let long = String(repeating: "a", count: 2000)
        try await expectRefusal([
            ("addresses/claim", #"{"key": "a"}"#, "subnet"),
            ("addresses/claim", #"{"subnet": "10.0.0.1/24", "key": "a"}"#, "subnet"),
            ("addresses/claim", #"{"subnet": "10.0.0.0/33", "key": "a"}"#, "subnet"),
            ("addresses/claim", #"{"subnet": "10.0.0.0", "key": "a"}"#, "subnet"),
            ("addresses/claim", #"{"subnet": "10.0.0/24", "key": "a"}"#, "subnet"),
            ("addresses/claim", #"{"subnet": "fe80::%1/64", "key": "a"}"#, "subnet"),
            ("addresses/claim", #"{"subnet": "10.0.0.0/+8", "key": "a"}"#, "subnet"),
            ("addresses/claim", "{\(subnet)}", "key"),
            ("addresses/claim", #"{\#(subnet), "key": "\#(long)"}"#, "key"),
            ("addresses/claim", #"{\#(subnet), "key": "a", "strategy": "best"}"#, "strategy"),
            ("addresses/claim", #"{\#(subnet), "key": "a", "strategy": "exact"}"#, "address"),
            ("addresses/claim", #"{\#(subnet), "key": "a", "address": "10.0.0.9"}"#, "address"),
            ("addresses/claim", #"{\#(subnet), "key": "a", "address": "10.0.1.9"}"#, "address"),
            ("addresses/claim", #"{\#(subnet), "key": "a", "address": "::1"}"#, "address"),
            ("addresses/claim", #"{\#(subnet), "key": "a", "address": "x"}"#, "address"),
            ("addresses/claim", #"{\#(subnet), "key": "a", "strategy": "eui64"}"#, "subnet"),
            (
                "addresses/claim",
                #"{"subnet": "2001:db8::/64", "key": "a", "strategy": "eui64"}"#, "key"
            ),
            ("addresses/claim", #"{\#(subnet), "key": "a", "range": "10.0.0.1"}"#, "range"),
            ("addresses/claim", #"{\#(subnet), "key": "a", "range": {}}"#, "range"),
            (
                "addresses/claim",
                #"{\#(subnet), "key": "a", "range": {"first": "10.0.0.9", "last": "10.0.0.8"}}"#,
                "range"
            ),
            (
                "addresses/claim",
                #"{\#(subnet), "key": "a", "range": {"first": "10.0.0.9", "last": "10.0.1.8"}}"#,
                "last"
            ),
            ("addresses/claim", #"{\#(subnet), "key": "a", "ttl_seconds": 0}"#, "ttl_seconds"),
            (
                "addresses/claim", #"{\#(subnet), "key": "a", "ttl_seconds": 2592001}"#,
                "ttl_seconds"
            ),
            (
                "addresses/claim", #"{\#(subnet), "key": "a", "routing_domain": ""}"#,
                "routing_domain"
            ),
            ("addresses/confirm", #"{\#(subnet), "key": "a", "fence": -1}"#, "fence"),
            ("addresses/confirm", #"{\#(subnet), "key": "a", "fense": 1}"#, "fense"),
            ("addresses/release", #"{"key": "a"}"#, "subnet"),
        ])
    }

    @Test func badQuestionsAreRefused() async throws {
        try await RunningServer.with { server in
            for path in [
                "/v1/addresses?subnet=10.0.0.1/24", "/v1/addresses?stale=1",
                "/v1/addresses?key=a", "/v1/cluster/members?stale=", "/v1/zones?stale=maybe",
                "/v1/plan?stale=true",
            ] {
                let (status, _, _) = try await server.send(.get, path)
                #expect(status == 400, "\(path)")
            }
        }
    }

    // MARK: Reading

    @Test func whatIsNotToBeStaleIsReadAfterCatchingUp() async throws {
        let cases: [(String, Int)] = [
            ("/v1/status", 0), ("/v1/guests", 0), ("/v1/guests/101", 0), ("/v1/zones", 0),
            ("/v1/zones/example.com", 0), ("/v1/zones/example.com/file", 0), ("/v1/records", 0),
            ("/v1/cluster", 0), ("/v1/config/difference", 0), ("/v1/cluster/members", 1),
            ("/v1/addresses", 1), ("/v1/health", 0), ("/v1/plan", 0),
        ]
        try await RunningServer.with { server in
            let catchUps = { server.service.catchUps.withLock { $0 } }
            for (path, expected) in cases {
                let before = catchUps()
                _ = try await server.send(.get, path)
                #expect(catchUps() - before == expected, "\(path)")
                guard !["/v1/health", "/v1/plan"].contains(path) else { continue }
                for (isStale, expected) in [(true, 0), (false, 1)] {
                    let before = catchUps()
                    let (status, _, _) = try await server.send(.get, "\(path)?stale=\(isStale)")
                    #expect(status == 200)
                    #expect(catchUps() - before == expected, "\(path) \(isStale)")
                }
            }
        }
    }

    @Test func withoutAQuorumOnlyStaleReadsAreAnswered() async throws {
        try await RunningServer.with(FakeService(faults: Self.cutOff)) { server in
            for (path, expected) in [
                ("/v1/cluster/members", 503), ("/v1/cluster/members?stale=true", 200),
                ("/v1/zones", 200), ("/v1/zones?stale=false", 503), ("/v1/cluster", 200),
            ] {
                let (status, json, _) = try await server.send(.get, path)
                #expect(status == expected, "\(path)")
                if status == 503 { #expect(json["remedy"]?.text?.contains("--stale") == true) }
            }
        }
    }

    @Test func everyAnswerOfReplicatedStateCarriesItsIndex() async throws {
        try await RunningServer.with { server in
            for route in Route.all where route.reading != nil {
                let path = route.template.replacing("{vmid}", with: "101")
                    .replacing("{zone}", with: "example.com")
                guard !path.hasSuffix("/file") else { continue }
                let (_, json, _) = try await server.send(.get, path)
                let index = json["index"] ?? json["applied_index"] ?? json["state_index"]
                #expect(index?.integer == 42, "\(path)")
            }
        }
    }

    // MARK: Errors

    @Test func addressConflictsNameReasonAndHolder() async throws {
        try await RunningServer.with { server in
            let (status, json, _) = try await server.send(
                .post, "/v1/addresses/claim",
                body: #"{"subnet": "10.0.0.0/24", "key": "a", "strategy": "exact", "#
                    + #""address": "10.0.0.1"}"#)
            #expect(status == 409)
            #expect(json["code"]?.text == "address_conflict")
            #expect(json["reason"]?.text == "in_use")
            #expect(json["holder"]?.text == "guest 101")
            let request = AddressClaimRequest(
                subnet: "10.0.0.0/24", key: "a", strategy: .exact, address: "10.0.0.1")
            await #expect(
                throws: ControlError.addressConflict(
                    "10.0.0.1 is used by guest 101", remedy: "ask for another address",
                    AddressConflict(.inUse, holder: "guest 101"))
            ) { try await server.client.answer(to: .claimAddress(request)) }
        }
    }

    @Test func anUnknownOutcomeIsAnErrorOfItsOwn() async throws {
        var faults = FakeService.Faults()
        faults.isSilent = true
        try await RunningServer.with(FakeService(faults: faults)) { server in
            let (status, json, _) = try await server.send(
                .post, "/v1/addresses/claim", body: #"{"subnet": "10.0.0.0/24", "key": "a"}"#)
            #expect(status == 504)
            #expect(json["code"]?.text == "unknown_outcome")
            let request = AddressClaimRequest(subnet: "10.0.0.0/24", key: "a")
            await #expect(
                throws: ControlError.unknownOutcome(
                    "the cluster did not answer within 30 s: it may have happened",
                    remedy: "ask again with the same key")
            ) { try await server.client.answer(to: .claimAddress(request)) }
        }
    }

    @Test func anActionThatTakesTooLongHasAnUnknownOutcome() async throws {
        var faults = FakeService.Faults()
        faults.delay = .seconds(60)
        try await RunningServer.with(FakeService(faults: faults)) {
            $0.actionDeadline = .milliseconds(50)
        } _: { server in
            let (status, json, _) = try await server.send(.post, "/v1/config/apply")
            #expect(status == 504)
            #expect(json["code"]?.text == "unknown_outcome")
        }
    }

    private func expect<Answer: Equatable>(_ read: Answer, _ given: Answer) {
        #expect(read == given)
    }

    @Test func theClientReadsWhatTheServiceGave() async throws {
        try await RunningServer.with { server in
            let (client, service) = (server.client, server.service)
            try await expect(client.answer(to: .clusterStatus), service.clusterStatus())
            try await expect(client.answer(to: .clusterMembers), service.clusterMembers())
            let token = ClusterTokenRequest(expiresSeconds: 60, witness: true)
            try await expect(client.answer(to: .makeToken(token)), service.makeToken(token))
            let join = ClusterJoinRequest(token: FakeService.token, address: "[::1]:8553")
            try await expect(client.answer(to: .join(join)), service.join(join))
            #expect(service.joins.withLock { $0 } == [join, join])
            let leave = ClusterLeaveRequest(force: true)
            try await expect(client.answer(to: .leave(leave)), service.leave(leave))
            let remove = ClusterRemoveRequest(node: "pve2", force: true)
            try await expect(client.answer(to: .remove(remove)), service.remove(remove))
            let replace = ClusterReplaceRequest(node: "pve3")
            try await expect(client.answer(to: .replace(replace)), service.replace(replace))
            let transfer = ClusterTransferRequest(node: "pve2")
            try await expect(client.answer(to: .transfer(transfer)), service.transfer(transfer))
            try await expect(client.answer(to: .configDifference), service.configDifference())
            try await expect(client.answer(to: .applyConfig), service.applyConfig())
            try await expect(client.answer(to: .withdrawConfig), service.withdrawConfig())
            let query = AddressQuery(subnet: "10.0.0.0/24", routingDomain: "global")
            try await expect(client.answer(to: .addresses(query)), service.addresses(query))
            let claim = AddressClaimRequest(
                subnet: "10.0.0.0/24", key: "a", strategy: .random,
                range: AddressBounds(first: "10.0.0.2", last: "10.0.0.9"), routingDomain: "dmz",
                ttlSeconds: 60)
            try await expect(client.answer(to: .claimAddress(claim)), service.claimAddress(claim))
            let settle = AddressSettleRequest(
                subnet: "10.0.0.0/24", key: "order-4711", address: "10.0.0.11", fence: 41)
            try await expect(
                client.answer(to: .confirmAddress(settle)), service.confirmAddress(settle))
            try await expect(
                client.answer(to: .releaseAddress(settle)), service.releaseAddress(settle))
            let plan = PlanQuery(provider: "settings")
            try await expect(client.answer(to: .plan(plan)), service.plan(plan))
            let apply = ApplyRequest(provider: "settings")
            try await expect(client.answer(to: .apply(apply)), service.apply(apply))
        }
        try await RunningServer.with(FakeService(faults: Self.cutOff)) { server in
            let recover = ClusterRecoverRequest(majorityIsLost: true)
            try await expect(
                server.client.answer(to: .recover(recover)), server.service.recover(recover))
        }
    }
}
