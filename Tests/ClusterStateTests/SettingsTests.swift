import ClusterState
import Inventory
import Testing
import Zones

/// Settings of the cluster: versions, and what waits for a person.
@Suite struct SettingsTests {
    private var cluster: ClusterUnderTest

    init() throws {
        cluster = try ClusterUnderTest()
        let reports = try (101...103).map {
            try ClusterUnderTest.report($0, on: "pve1", "10.0.0.\($0)")
        }
        try cluster.apply(.reportGuests(reports), by: 1)
    }

    private var names: Set<DomainName> {
        cluster.state.zones.zones.values.reduce(into: []) { $0.formUnion($1.names) }
    }

    private func withoutNetworks() -> ClusterSettings {
        var settings = cluster.settings
        settings.naming.mappings[0].networks = [CIDR("192.168.0.0/16")].compactMap(\.self)
        return settings
    }

    @Test mutating func theFirstSettingsApplyAtOnce() throws {
        #expect(cluster.state.settingsVersion == 1)
        #expect(cluster.state.pendingSettings == nil)
        #expect(names.count == 6)
    }

    @Test mutating func aChangeThatTakesNoNameAppliesAtOnce() throws {
        var settings = cluster.settings
        settings.naming.zones.append(try StateUnderTest.name("example.net"))
        settings.zones.times.guest = 120
        let outcome = try cluster.apply(.configure(settings, ConfigureTerms(base: 1)), by: 2)
        #expect(outcome == .settings(version: 2, heldNames: 0))
        #expect(cluster.state.settings == settings)
        // A zone without names may go as well.
        let back = try cluster.apply(.configure(cluster.settings), by: 2)
        #expect(back == .settings(version: 3, heldNames: 0))
    }

    @Test mutating func aChangeThatTakesNamesWaits() throws {
        let before = names
        let outcome = try cluster.apply(.configure(withoutNetworks()), by: 2)
        #expect(outcome == .settings(version: 2, heldNames: 6))
        try cluster.restart()
        #expect(names == before)
        #expect(cluster.state.settings == cluster.settings)
        let pending = try #require(cluster.state.pendingSettings)
        #expect(pending.version == 2 && pending.count == 6)
        #expect(pending.losses.map(\.count) == [3, 3])
        #expect(
            pending.losses.flatMap(\.names).contains(try StateUnderTest.name("web101.example.com")))
        let wrong = try cluster.apply(.settleSettings(version: 7, isApproved: true), by: 3)
        #expect(wrong.refusal?.reason == .nothingPending)
        let approved = try cluster.apply(.settleSettings(version: 2, isApproved: true), by: 3)
        #expect(approved == .settings(version: 2, heldNames: 0))
        #expect(cluster.state.settings == withoutNetworks())
        #expect(cluster.state.settingsVersion == 2 && cluster.state.pendingSettings == nil)
        let again = try cluster.apply(.settleSettings(version: 2, isApproved: true), by: 3)
        #expect(again.refusal?.reason == .nothingPending)
    }

    @Test mutating func whatWaitsMayBeWithdrawnOrReplaced() throws {
        try cluster.apply(.configure(withoutNetworks()), by: 2)
        #expect(try cluster.apply(.settleSettings(version: 2, isApproved: false), by: 3) == .done)
        #expect(cluster.state.pendingSettings == nil && cluster.state.settingsVersion == 1)
        try cluster.apply(.configure(withoutNetworks()), by: 2)
        #expect(cluster.state.pendingSettings?.version == 3)
        // The former ones again: nothing waits any more.
        let outcome = try cluster.apply(
            .configure(cluster.settings, ConfigureTerms(base: 3)), by: 2)
        #expect(outcome == .settings(version: 4, heldNames: 0))
        #expect(cluster.state.pendingSettings == nil)
    }

    @Test mutating func aZoneTakenOutWaits() throws {
        var settings = cluster.settings
        settings.naming.zones = []
        settings.naming.mappings = []
        guard case .settings(_, let held) = try cluster.apply(.configure(settings), by: 1) else {
            Issue.record("refused")
            return
        }
        #expect(held == 6)
        settings = cluster.settings
        settings.reverseNetworks = []
        let reverse = try cluster.apply(.configure(settings), by: 1)
        #expect(reverse == .settings(version: 3, heldNames: 3))
        #expect(cluster.state.zones.zones.count == 2)
    }

    @Test mutating func nobodyUndoesAnUnseenChange() throws {
        var settings = cluster.settings
        settings.zones.times.guest = 120
        try cluster.apply(.configure(settings, ConfigureTerms(base: 1)), by: 1)
        settings.zones.times.guest = 90
        let late = try cluster.apply(.configure(settings, ConfigureTerms(base: 1)), by: 2)
        #expect(late.refusal == Refusal(.settingsConflict, "2"))
        // Those that wait count too.
        try cluster.apply(.configure(withoutNetworks()), by: 1)
        let unseen = try cluster.apply(.configure(settings, ConfigureTerms(base: 2)), by: 2)
        #expect(unseen.refusal == Refusal(.settingsConflict, "3"))
        #expect(cluster.state.settings.zones.times.guest == 120)
    }

    @Test mutating func settingsThatMakeNoZonesAreRefused() throws {
        let digest = cluster.state.zones.zones
        var settings = cluster.settings
        // More reverse zones than there may be.
        settings.reverseNetworks = (0..<300).compactMap { CIDR("10.\($0 / 256).\($0 % 256).0/24") }
        settings.reverseNetworks += (0..<300).compactMap { CIDR("11.\($0 % 256).0.0/16") }
        let outcome = try cluster.apply(.configure(settings), by: 1)
        #expect(outcome.refusal?.reason == .settingsUnusable)
        #expect(cluster.state.settingsVersion == 1)
        #expect(cluster.state.zones.zones == digest)
    }
}
