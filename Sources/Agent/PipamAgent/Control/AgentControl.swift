import Control
import ClusterState
import Inventory
import Logging
import Nameserver
import Planning
import Synchronization
import Zones

/// The agent as the control API sees it: reads the state and the board, and hands requests to the
/// parts that do the work.
struct AgentControl: ControlService {
    /// What happened, for whoever follows.
    let events: EventBuffer
    let keeper: StateKeeper
    /// This node's part in its cluster; `nil` in a verb that runs without an agent.
    var cluster: ClusterRuntime?
    /// The settings of this host's file; `nil` likewise.
    var files: SettingsFiles?
    let board: StatusBoard
    /// Looks at the whole cluster once; returns why nothing came of it.
    let collectNow: @Sendable () async -> String?
    let publishers: PublisherList
    let statistics: @Sendable () -> AnswerStatistics?
    /// What became of transfers and notices; `nil` while no name server runs.
    var transfers: @Sendable () -> TransferStatistics? = { nil }
    /// What went over each transport; `nil` likewise.
    var transports: @Sendable () -> [Transport: TransportStatistics]? = { nil }
    /// What became of dnstap; `nil` where it is off.
    var dnstap: @Sendable () -> DnstapStatistics? = { nil }
    /// What signs zones.
    let office: SigningOffice
    /// How this node's zones compare with those of the others.
    var comparison = ComparisonBoard()
    /// What this host is called.
    let host: String

    /// The publishers that are at work, or those of one name.
    func publishers(named name: String?) throws(ControlError) -> [any ProviderPublisher] {
        let all = publishers.current
        guard let name, name != Self.ownName else { return all }
        let named = all.filter { $0.name == name }
        guard !named.isEmpty else {
            let known = ([Self.ownName] + all.map(\.name)).joined(separator: ", ")
            throw .notFound("there is no provider \(name)", remedy: "there are \(known)")
        }
        return named
    }

    /// What our own zones are called among the providers.
    static let ownName = "pipam"

    /// The commands of the agent's own doing, put down in the state.
    func propose(_ bodies: [Command.Body]) async throws(ControlError) {
        do {
            try await keeper.propose(bodies, atSeconds: WallClock.nowSeconds())
        } catch {
            throw .init(error)
        }
    }
}

/// The publishers of the configuration in force; another configuration brings others.
final class PublisherList: Sendable {
    private let publishers = Mutex<[(publisher: any ProviderPublisher, signal: Signal)]>([])

    /// None.
    init() {}

    /// Sorted by name.
    var current: [any ProviderPublisher] { publishers.withLock { $0.map { $0.publisher } } }

    /// Puts others in their place, each with what wakes it.
    func replace(with new: [(publisher: any ProviderPublisher, signal: Signal)]) {
        publishers.withLock { $0 = new.sorted { $0.publisher.name < $1.publisher.name } }
    }

    /// Something may have come to be owed.
    func ring() { publishers.withLock { $0 }.forEach { $0.signal.ring() } }
}
