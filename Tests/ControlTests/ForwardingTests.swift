import HTTPClient
import Synchronization
import Testing
import control_fixture

@testable import Control

/// Requests that one member has another one answer.
@Suite struct ForwardingTests {
    private let service = FakeService()

    /// What one member asks and another answers, as octets in between.
    private func exchange<Answer>(
        _ call: ControlCall<Answer>, by service: FakeService = FakeService()
    ) async throws -> Answer {
        let request = try ForwardedRequest(octets: try call.forwarded.encoded())
        #expect(request == call.forwarded)
        let answer = await ControlForwarding.answer(to: request, by: service)
        let read = try ForwardedAnswer(octets: answer.encoded())
        #expect(read == answer)
        return try call.answer(from: read)
    }

    @Test func whatTheLeaderDoesIsAnsweredAsByItsSocket() async throws {
        let plan = PlanQuery(provider: "powerdns", zone: "example.com.")
        #expect(try await exchange(.plan(plan)) == service.plan(plan))
        let apply = ApplyRequest(force: true, provider: "powerdns", zone: "example.com.")
        #expect(try await exchange(.apply(apply)) == service.apply(apply))
        let adopt = AdoptRequest(zone: "example.com.", dryRun: true)
        #expect(try await exchange(.adopt(adopt)) == service.adopt(adopt))
        #expect(try await exchange(.conflicts) == service.conflicts())
        #expect(try await exchange(.collect) == service.collect())
        let reconcile = ReconcileRequest(dryRun: true, approve: true)
        #expect(try await exchange(.reconcile(reconcile)) == service.reconcile(reconcile))
        let clean = CleanRequest(collect: true, dryRun: true)
        #expect(try await exchange(.clean(clean)) == service.clean(clean))
        let claim = AddressClaimRequest(subnet: "10.0.0.0/24", key: "a")
        #expect(try await exchange(.claimAddress(claim)) == service.claimAddress(claim))
        #expect(try await exchange(.clusterMembers) == service.clusterMembers())
    }

    /// Equal to what the socket sends, octet by octet.
    @Test func theAnswerIsThatOfTheSocket() async throws {
        try await RunningServer.with { server in
            for target in ["/v1/plan?provider=powerdns", "/v1/plan?provider=", "/v1/none"] {
                let sent = try await server.send(.get, target)
                let answer = await ControlForwarding.answer(
                    to: ForwardedRequest(method: "GET", target: target), by: server.service)
                #expect(answer.status == sent.status)
                #expect(answer.body == sent.response.body)
            }
        }
    }

    @Test func errorsComeBackAsTheyWere() async throws {
        await #expect(
            throws: ControlError.conflict("busy.example. is being written", remedy: "try again")
        ) { try await exchange(.adopt(.init(zone: "busy.example"))) }
        await #expect(
            throws: ControlError.addressConflict(
                "10.0.0.1 is used by guest 101", remedy: "ask for another address",
                AddressConflict(.inUse, holder: "guest 101"))
        ) {
            try await exchange(
                .claimAddress(
                    .init(subnet: "10.0.0.0/24", key: "a", strategy: .exact, address: "10.0.0.1")))
        }
    }

    /// Every error that an answer may tell survives the way there and back.
    @Test func everyErrorSurvives() throws {
        let (text, remedy) = ("what\u{1B} is \"wrong\"", "what to do")
        let errors: [ControlError] = [
            .invalid(text, remedy: remedy), .notPermitted(text, remedy: remedy),
            .notFound(text, remedy: remedy), .methodNotAllowed(text, remedy: remedy),
            .conflict(text, remedy: remedy),
            .addressConflict(text, remedy: remedy, AddressConflict(.held, holder: "a b")),
            .addressConflict(text, remedy: remedy, AddressConflict(.subnetFull)),
            .gone(text, remedy: remedy, oldest: 7), .tooLarge(text, remedy: remedy),
            .unavailable(text, remedy: remedy), .unknownOutcome(text, remedy: remedy),
            .broken(text, remedy: ""),
        ]
        #expect(Set(errors.map(\.code)) == Set(ControlError.Code.allCases))
        for error in errors {
            let answer = try ForwardedAnswer(octets: ForwardedAnswer(error).encoded())
            #expect(throws: error) {
                try ControlCall<StatusAnswer>.status.answer(from: answer)
            }
        }
    }

    @Test func aNodesOwnMattersAreNotAnswered() async throws {
        let own = Route.all.filter { !$0.isForwardable }
        #expect(own.contains { $0.template == "/v1/cluster/recover" })
        for route in own {
            let target = route.template.replacing("{vmid}", with: "101")
                .replacing("{zone}", with: "example.com")
            let answer = await ControlForwarding.answer(
                to: ForwardedRequest(method: route.method, target: target), by: service)
            #expect(answer.status == 403, "\(route.template)")
        }
        #expect(service.joins.withLock { $0.isEmpty })
    }

    /// A follower asks how providers stand.
    @Test func howTheLeaderStandsIsAnswered() async throws {
        let answer = await ControlForwarding.answer(
            to: ControlCall<StatusAnswer>.status.forwarded, by: service)
        #expect(answer.status == 200)
    }

    @Test func badRequestsAreRefused() async throws {
        let long = "/v1/plan?zone=" + String(repeating: "a", count: 9000)
        for (method, target, body, status) in [
            ("GET", "/v1/plan?provider=", "", 400), ("GET", long, "", 400),
            ("PUT", "/v1/plan", "", 405),
            ("GET", "", "", 404), ("POST", "/v1/adopt", "{", 400), ("POST", "/v1/adopt", "", 400),
            ("", "/v1/plan", "", 405),
        ] {
            let answer = await ControlForwarding.answer(
                to: ForwardedRequest(method: method, target: target, body: Array(body.utf8)),
                by: service)
            #expect(answer.status == status, "\(method) \(target.prefix(40))")
        }
    }

    @Test func whoAnswersKnowsThatItWasForwarded() async throws {
        #expect(!ControlForwarding.isUnderWay)
        _ = await ControlForwarding.answer(
            to: ControlCall<ClusterMembersAnswer>.clusterMembers.forwarded, by: service)
        #expect(service.forwardedCatchUps.withLock { $0 } == 1)
        #expect(!ControlForwarding.isUnderWay)
        try await service.catchUp()
        #expect(service.forwardedCatchUps.withLock { $0 } == 1)
    }

    // MARK: Octets

    @Test func cutOffRequestsAreRefused() throws {
        let whole = try ForwardedRequest(
            method: "POST", target: "/v1/adopt", body: [1, 2, 3]
        ).encoded()
        let head = whole.count - 3
        for count in 0..<head {
            #expect(throws: ControlError.self) {
                try ForwardedRequest(octets: Array(whole.prefix(count)))
            }
        }
        // The body is what is left.
        #expect(try ForwardedRequest(octets: Array(whole.prefix(head))).body.isEmpty)
        #expect(try ForwardedRequest(octets: whole).body == [1, 2, 3])
        #expect(throws: ControlError.self) { try ForwardedRequest(octets: [1, 0, 0, 0xFF]) }
    }

    @Test func cutOffAnswersAreRefused() throws {
        for octets: [UInt8] in [[], [0], [0, 99], [2, 88], [0xFF, 0xFF]] {
            #expect(throws: ControlError.self) { try ForwardedAnswer(octets: octets) }
        }
        #expect(try ForwardedAnswer(octets: [0, 200]) == ForwardedAnswer(status: 200, body: []))
    }

    @Test func bothAreBounded() throws {
        let limit = ControlForwarding.maximumOctets
        let fits = ForwardedRequest(
            method: "POST", target: "/", body: [UInt8](repeating: 1, count: limit - 8))
        #expect(try fits.encoded().count == limit)
        let long = ForwardedRequest(
            method: "POST", target: "/", body: [UInt8](repeating: 1, count: limit - 7))
        #expect(throws: ControlError.self) { try long.encoded() }
        #expect(throws: ControlError.self) {
            try ForwardedRequest(octets: [UInt8](repeating: 0, count: limit + 1))
        }
        let answer = ForwardedAnswer(
            status: 200, body: [UInt8](repeating: 1, count: limit - 1))
        let read = try ForwardedAnswer(octets: answer.encoded())
        #expect(read.status == 503)
        #expect(throws: ControlError.self) {
            try ForwardedAnswer(octets: [UInt8](repeating: 1, count: limit + 1))
        }
    }
}
