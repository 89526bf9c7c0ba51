import DNSWire
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import DynamicUpdate

/// A connection that fails: every failure is told in words that name the server and a remedy,
/// nothing hangs, and what comes back goes on where it was.
@Suite(.serialized) struct FaultTests {
    /// What a provider throws; the text has to name all of these.
    private func expectError(
        _ kind: ProviderError.Kind, _ words: String..., at rig: UpdateRig,
        location: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: ProviderError.self, sourceLocation: location) {
            try await body()
        }
        guard let error else { return }
        #expect(error.kind == kind, "\(error)", sourceLocation: location)
        #expect(error.reason.contains(await rig.provider.settings.place), sourceLocation: location)
        #expect(!error.remedy.isEmpty, sourceLocation: location)
        #expect(!"\(error)".contains("secret secret"), sourceLocation: location)
        for word in words {
            #expect("\(error)".contains(word), "\(error)", sourceLocation: location)
        }
    }

    private static func desired() throws -> [RecordSet] {
        try UpdateRig.hosts(3) + [try UpdateRig.set("w.example.net.", .cname, "h0.example.net.")]
    }

    /// After a failure, all is as it should be, with nothing lost.
    private func expectRecovery(
        _ relayed: RelayedRig, _ desired: [RecordSet], _ before: [String],
        location: SourceLocation = #_sourceLocation
    ) async throws {
        try await relayed.fault("\"kind\": \"pass\"")
        try await relayed.rig.converge(desired)
        let expected = (before + UpdateRig.lines(desired)).sorted()
        #expect(try relayed.rig.plainRecords() == expected, sourceLocation: location)
    }

    @Test(
        arguments: ["query", "axfr", "ixfr", "update"],
        ["half", "short", "garbage", "empty", "id", "strip", "flip", "hangup"])
    func mangledAnswersAreNotBelieved(request: String, fault: String) async throws {
        let relayed = try await RelayedRig()
        let rig = relayed.rig
        let before = try rig.plainRecords()
        let desired = try Self.desired()
        // A copy is there to be followed.
        if request == "ixfr" { try await rig.cycle(Array(desired[..<1])) }
        try await relayed.fault("\"kind\": \"\(fault)\", \"only\": \"\(request)\"")
        let isCut = fault == "half" || fault == "hangup"
        let error = await #expect(throws: ProviderError.self) {
            try await Self.cycle(rig, desired, reaching: request)
        }
        #expect(error?.isTransient == isCut, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.reason.contains("127.0.0.1:") == true)
        #expect(error?.remedy.isEmpty == false)
        try await expectRecovery(relayed, desired, before)
    }

    /// A cycle in which there is such a request.
    private static func cycle(
        _ rig: UpdateRig, _ desired: [RecordSet], reaching request: String
    ) async throws {
        switch request {
        // Only where some names are looked at, changes alone are asked for.
        case "ixfr": try await rig.cycle(desired, places: desired.map { "\($0.key.owner)" })
        // The zone around another name is not known yet.
        case "query":
            try await rig.cycle(desired + [UpdateRig.set("1.x.example.net.", .a, "192.0.2.1")])
        default: try await rig.cycle(desired)
        }
    }

    @Test(arguments: ["query", "axfr", "ixfr", "update"]) func silenceEndsAtTheDeadline(
        request: String
    ) async throws {
        let relayed = try await RelayedRig {
            $0.writeDeadline = .milliseconds(1_500)
            $0.readDeadline = .milliseconds(1_500)
        }
        let rig = relayed.rig
        let before = try rig.plainRecords()
        let desired = try Self.desired()
        if request == "ixfr" { try await rig.converge(Array(desired[..<1])) }
        try await relayed.fault("\"kind\": \"silent\", \"only\": \"\(request)\"")
        await expectError(
            .transient, "does not answer", "no answer in", "dns.rfc2136.server", at: rig
        ) {
            try await Self.cycle(rig, desired, reaching: request)
        }
        try await expectRecovery(relayed, desired, before)
    }

    @Test(arguments: RoundTripTests.kinds) func anUpdateWhoseAnswerIsLostIsFoundDone(
        kind: UpdateServer.Kind
    ) async throws {
        let relayed = try await RelayedRig(kind) { $0.writeDeadline = .seconds(2) }
        let rig = relayed.rig
        let before = try rig.plainRecords()
        let desired = try Self.desired()
        try await relayed.fault("\"kind\": \"lost\", \"only\": \"update\"")
        await expectError(.transient, "no answer in", at: rig) { try await rig.cycle(desired) }
        try await relayed.fault("\"kind\": \"pass\"")
        try await rig.converge(desired)
        #expect(try rig.plainRecords() == (before + UpdateRig.lines(desired)).sorted())
    }

    @Test(arguments: RoundTripTests.kinds) func aTransferCutInTheMiddleIsNoZone(
        kind: UpdateServer.Kind
    ) async throws {
        // Several messages.
        let extra = (0..<3_000).map { "many\($0) TXT \"\(String(repeating: "x", count: 60))\"" }
        let relayed = try await RelayedRig(kind, .init(extra: extra.joined(separator: "\n")))
        let rig = relayed.rig
        let before = try rig.plainRecords()
        let desired = try Self.desired()
        for after in 0...2 {
            try await relayed.fault(
                "\"kind\": \"hangup\", \"only\": \"axfr\", \"after\": \(after)")
            await expectError(.transient, "hung up", at: rig) { try await rig.cycle(desired) }
        }
        #expect(try rig.server.records() == before)
        try await expectRecovery(relayed, desired, before)
    }

    @Test func clocksThatDifferAreNamed() async throws {
        let relayed = try await RelayedRig()
        for seconds in [3_600, -3_600] {
            try await relayed.fault("\"kind\": \"shift\", \"seconds\": \(seconds)")
            await expectError(.transient, "clock", "NTP", at: relayed.rig) {
                try await relayed.rig.cycle(try Self.desired())
            }
        }
    }

    @Test func aServerThatIsDownIsTransient() async throws {
        let rig = try await UpdateRig(.bind)
        let desired = try Self.desired()
        try await rig.cycle(desired)
        rig.server.stop()
        await expectError(
            .transient, "does not answer: Connection refused", "dns.rfc2136.server", at: rig
        ) { try await rig.cycle(desired) }
        try await rig.server.start()
        #expect(try await rig.cycle(desired).isSettled)
        let lost = DynamicUpdateProvider(
            DynamicUpdateSettings(
                host: "nowhere.invalid", cluster: UpdateRig.cluster,
                zones: [try UpdateRig.name(HandMade.forward)]))
        let error = await #expect(throws: ProviderError.self) {
            try await lost.survey(desired.map(\.key))
        }
        #expect(error?.isTransient == true)
        #expect(error?.reason.contains("nowhere.invalid") == true)
    }
}
