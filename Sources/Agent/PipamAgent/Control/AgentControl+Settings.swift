import ClusterState
import Control
import Inventory

/// The settings of the cluster, beside the file of this host.
extension AgentControl {
    func configDifference() async throws(ControlError) -> ConfigDifferenceAnswer {
        let (file, settings) = try ownSettings()
        let view = await keeper.read { SettingsView($0) }
        return ConfigDifferenceAnswer(
            index: view.index, version: view.version, file: file,
            differences: settings.differences(from: view.settings).map {
                ConfigDifferenceAnswer.Difference(key: $0.key, cluster: $0.theirs, file: $0.ours)
            }, held: view.held)
    }

    func applyConfig() async throws(ControlError) -> ConfigApplyAnswer {
        let (_, settings) = try ownSettings()
        let view = await keeper.read { SettingsView($0) }
        let changed = settings.differences(from: view.settings).count
        guard changed > 0 || view.pendingSettings != nil, view.pendingSettings != settings else {
            return ConfigApplyAnswer(
                outcome: view.held == nil ? .unchanged : .held, index: view.index,
                baseVersion: view.version, version: view.version, changed: changed,
                held: view.held)
        }
        let receipt = try await submit(
            .configure(settings, ConfigureTerms(base: view.latestVersion)))
        let after = await keeper.read { SettingsView($0) }
        switch receipt.outcomes.first {
        case .settings(_, let heldNames):
            return ConfigApplyAnswer(
                outcome: heldNames == 0 ? .applied : .held, index: receipt.index,
                baseVersion: view.version, version: after.version, changed: changed,
                held: after.held)
        case .refused(let refusal):
            return ConfigApplyAnswer(
                outcome: .refused, index: receipt.index, baseVersion: view.version,
                version: after.version, changed: changed, reason: "\(refusal)",
                remedy: refusal.reason == .settingsConflict
                    ? "look at pipamctl config diff again" : "correct the file")
        default:
            throw .broken("the settings came to nothing", remedy: "")
        }
    }

    func withdrawConfig() async throws(ControlError) -> ConfigWithdrawAnswer {
        let held = try await settle(isApproved: false)
        return ConfigWithdrawAnswer(index: await keeper.read(\.index), withdrawn: held)
    }

    /// Lets settings that wait through, or drops them. Throws if none do.
    func settle(isApproved: Bool) async throws(ControlError) -> HeldSettings {
        guard let held = await keeper.read({ SettingsView($0).held }) else {
            throw .conflict("no settings wait", remedy: "pipamctl config diff")
        }
        let receipt = try await submit(
            .settleSettings(version: held.version, isApproved: isApproved))
        if let refusal = receipt.outcomes.first?.refusal {
            throw .conflict("\(refusal)", remedy: "pipamctl plan show")
        }
        return held
    }

    private func ownSettings() throws(ControlError) -> (file: String, settings: ClusterSettings) {
        guard let files else {
            throw .unavailable("no agent runs here", remedy: "systemctl start pipam")
        }
        return (files.path, files.settings)
    }
}

/// What is in force, and what waits.
private struct SettingsView: Sendable {
    let index: UInt64
    let version: UInt64
    /// That of the last change, also of one that waits.
    let latestVersion: UInt64
    let settings: ClusterSettings
    let pendingSettings: ClusterSettings?
    let held: HeldSettings?

    init(_ state: borrowing ReplicatedState) {
        index = state.index
        version = state.settingsVersion
        let pending = state.pendingSettings
        latestVersion = pending?.version ?? version
        settings = state.settings
        pendingSettings = pending?.settings
        held = pending.map(HeldSettings.init)
    }
}

extension HeldSettings {
    /// As people read them.
    init(_ pending: PendingSettings) {
        self.init(
            version: pending.version, since: pending.sinceSeconds, names: pending.count,
            first: pending.losses.flatMap(\.names).sorted().prefix(Self.listedNames).map {
                HeldName(name: $0.description)
            })
    }
}
