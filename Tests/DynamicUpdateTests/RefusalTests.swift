import DNSWire
import Inventory
import Planning
import TestServers
import Testing
import Zones

@testable import DynamicUpdate

/// Servers that do not want: what they refuse is told with its remedy, and the rest goes on.
@Suite(.serialized) struct RefusalTests {
    static let kinds = RoundTripTests.kinds

    private func error(
        _ kind: UpdateServer.Kind, _ options: UpdateServer.Options = .init(),
        hosts: Int = 20, adjust: (inout DynamicUpdateSettings) -> Void = { _ in }
    ) async throws -> (text: String, kind: ProviderError.Kind) {
        let rig = try await UpdateRig(kind, options, adjust: adjust)
        let error = await #expect(throws: ProviderError.self) {
            try await rig.cycle(try UpdateRig.hosts(hosts))
        }
        let thrown = try #require(error)
        #expect(thrown.reason.contains("127.0.0.1:\(rig.server.port)"))
        #expect(!thrown.remedy.isEmpty)
        return ("\(thrown)", thrown.kind)
    }

    @Test(arguments: kinds) func aWrongSecretIsNamed(kind: UpdateServer.Kind) async throws {
        let found = try await error(kind) {
            $0.key = SharedKey.key(secret: Array("wrong wrong wrong wrong".utf8))
        }
        #expect(found.kind == .permanent)
        #expect(found.text.contains("pipam.example."), "\(found)")
        #expect(found.text.contains("dns.rfc2136.key"), "\(found)")
        #expect(!found.text.contains("wrong wrong"))
    }

    @Test(arguments: kinds) func anUnknownKeyIsNamed(kind: UpdateServer.Kind) async throws {
        let found = try await error(kind) { $0.key = SharedKey.key(name: "other.example") }
        #expect(found.kind == .permanent)
        #expect(found.text.contains("other.example."), "\(found)")
        #expect(found.text.contains("dns.rfc2136.key"), "\(found)")
    }

    @Test(arguments: kinds) func anotherAlgorithmIsNamed(kind: UpdateServer.Kind) async throws {
        let found = try await error(kind) { $0.key = SharedKey.key(algorithm: .sha512) }
        #expect(found.kind == .permanent)
        #expect(found.text.contains("pipam.example."), "\(found)")
        #expect(found.text.contains("algorithm"), "\(found)")
    }

    @Test(arguments: kinds) func withoutAKeyNothingGoesAndThatIsSaid(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind) { $0.key = nil }
        let survey = try await rig.provider.survey(try UpdateRig.hosts(1).map(\.key))
        let warning = try #require(survey.zones[HandMade.forward]?.warnings.first)
        #expect(warning.contains("dns.rfc2136.key"))
        let error = await #expect(throws: ProviderError.self) {
            try await rig.provider.read(HandMade.forward, places: nil)
        }
        #expect(error?.kind == .permanent)
        #expect(error?.reason.contains("the transfer of example.net.") == true)
        #expect(error?.remedy.contains("transfer") == true)
    }

    @Test(arguments: kinds) func aRefusedTransferIsNamed(kind: UpdateServer.Kind) async throws {
        let found = try await error(kind, .init(transfers: false))
        #expect(found.kind == .permanent)
        #expect(found.text.contains("example.net."), "\(found)")
        #expect(found.text.contains("allow-transfer"), "\(found)")
    }

    @Test(arguments: kinds) func refusedUpdatesAreNamed(kind: UpdateServer.Kind) async throws {
        let found = try await error(kind, .init(updates: false))
        #expect(found.kind == .permanent)
        #expect(found.text.contains("an update of example.net."), "\(found)")
        #expect(found.text.contains("update-policy"), "\(found)")
    }

    /// Knot says to a key without the right that it does not know it.
    @Test(arguments: [UpdateServer.Kind.bind, .powerdns]) func aFewRefusedOnesAreRefusedEach(
        kind: UpdateServer.Kind
    ) async throws {
        let rig = try await UpdateRig(kind, .init(updates: false))
        let before = try rig.server.records()
        let desired = try UpdateRig.hosts(3)
        let cycle = try await rig.cycle(desired)
        #expect(Set(cycle.refused.keys) == Set(desired.map(\.key)))
        #expect(cycle.refused.values.allSatisfy { $0.contains("update-policy") })
        #expect(try rig.server.records() == before)
    }

    @Test func oneGuardedNameIsRefusedAlone() async throws {
        let rig = try await UpdateRig(.bind, .init(guarded: "h7.example.net."))
        let desired = try UpdateRig.hosts(60)
        let cycle = try await rig.cycle(desired)
        #expect(cycle.refused.keys.map(\.description) == ["h7.example.net. A"])
        let reason = try #require(cycle.refused.values.first)
        #expect(reason.contains("an update of example.net. with REFUSED"))
        #expect(reason.contains("update-policy"))
        #expect(cycle.done.count == 59)
        #expect(try await rig.cycle(desired).steps.map(\.key) == [desired[7].key])
    }

    @Test func aSecondaryIsNamed() async throws {
        let found = try await error(.bind, .init(isSecondary: true))
        #expect(found.kind == .permanent)
        #expect(found.text.contains("an update of example.net."), "\(found)")
        #expect(found.text.contains("the primary of the zone"), "\(found)")
    }

    @Test func aServerWithoutUpdatesIsNamed() async throws {
        let found = try await error(.nsd, hosts: 1)
        #expect(found.kind == .permanent)
        #expect(found.text.contains("NOTIMP"), "\(found)")
        #expect(found.text.contains("dynamic updates"), "\(found)")
    }
}
