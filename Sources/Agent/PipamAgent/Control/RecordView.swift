import ClusterState
import Control
import Planning
import Zones

/// How record sets stand at the providers.
struct RecordView {
    /// One provider.
    struct Provider {
        let name: String
        let owed: [RecordSetKey: UInt64]
        let standing: ProviderStanding?
    }

    let providers: [Provider]
    let isPaused: Bool

    /// How one record set stands, provider by provider; empty for what providers are not told of.
    func states(of key: RecordSetKey) -> [EntryState] {
        guard key.type.isForProviders else { return [] }
        return providers.map { provider in
            if let open = provider.standing?.open[key] {
                return EntryState(
                    provider: provider.name, state: open.state, reason: open.reason)
            }
            guard provider.owed[key] != nil else {
                return EntryState(provider: provider.name, state: .inStep)
            }
            if isPaused { return EntryState(provider: provider.name, state: .paused) }
            guard let failure = provider.standing?.failure else {
                return EntryState(provider: provider.name, state: .behind)
            }
            return EntryState(
                provider: provider.name, state: .failing, reason: failure.description)
        }
    }

    /// How several stand together: of each provider the first that is not in step, with how many
    /// there are.
    func states(ofAll keys: [RecordSetKey]) -> [EntryState] {
        var first: [String: EntryState] = [:]
        var counts: [String: Int] = [:]
        for key in keys {
            for state in self.states(of: key) {
                if state.state != .inStep { counts[state.provider, default: 0] += 1 }
                if first[state.provider]?.state ?? .inStep == .inStep {
                    first[state.provider] = state
                }
            }
        }
        return first.values.sorted { $0.provider < $1.provider }.map { state in
            guard let count = counts[state.provider], keys.count > 1 else { return state }
            let reason = ["\(count) of \(keys.count) record sets", state.reason].compactMap(\.self)
            return EntryState(
                provider: state.provider, state: state.state,
                reason: reason.joined(separator: ": "))
        }
    }
}

extension ProviderStanding.OpenEntry {
    fileprivate var state: EntryState.State {
        switch cause {
        case .conflict: zone == nil ? .homeless : .conflict
        case .held: .held
        case .unapproved: .awaitingApproval
        case .drifted: .behind
        }
    }
}

extension AgentControl {
    /// How record sets stand, by a state.
    func recordView(of state: ReplicatedState) -> RecordView {
        let standings = board.current.providers
        return RecordView(
            providers: state.providers.keys.sorted().map { name in
                RecordView.Provider(
                    name: name, owed: state.providers[name]?.owed ?? [:], standing: standings[name])
            }, isPaused: state.isPublishingPaused)
    }
}
