package import ClusterState
import Inventory
package import Logging
package import OpenSSL

/// Sees to it that the cluster has a secret, that this node knows it, and that every full member
/// gets a copy. Making one is the leader's; copies are made by whoever knows it, the leader at
/// once, others when it did not, since a new leader may have none itself.
package struct SecretDuty: Sendable {
    /// How often it looks.
    private static let interval = Duration.seconds(1)
    /// So often it looks in vain before it does what the leader did not.
    private static let patience = 10

    private let keeper: StateKeeper
    private let node: NodeID
    private let key: AgreementKey
    private let ring: SecretRing
    private let logger: Logger
    /// Called when the ring holds other secrets than before.
    private let changed: @Sendable () -> Void
    private var misses = 0
    private var unreadable: Set<SecretCopy> = []

    /// - `key`: what secrets are closed with for `node`.
    package init(
        keeper: StateKeeper, node: NodeID, key: AgreementKey, ring: SecretRing, logger: Logger,
        changed: @escaping @Sendable () -> Void = {}
    ) {
        self.keeper = keeper
        self.node = node
        self.key = key
        self.ring = ring
        self.logger = logger
        self.changed = changed
    }

    /// Works until the task is cancelled.
    func run() async {
        var duty = self
        while !Task.isCancelled {
            do {
                try await duty.perform()
            } catch {
                // It is looked at again in a second.
                logger.debug("the cluster's secret: \(error), retrying")
            }
            // Cancelled at the end, which the loop sees.
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// Looks once, and does what is due.
    package mutating func perform() async throws(StateKeeperError) {
        guard var view = await look() else { return }
        learn(from: view)
        let lead = await keeper.lead
        if lead.isOurs, view.needsSecret, try await make(view, under: lead.term) {
            guard let next = await look() else { return }
            view = next
            learn(from: view)
        }
        try await share(view, isLeader: lead.isOurs)
    }

    // MARK: Looking

    private struct View: Sendable {
        let cluster: ClusterID
        let secrets: [KeptSecret]
        let needsSecret: Bool
        let readers: [Member]
    }

    private func look() async -> View? {
        await keeper.read { state in
            state.cluster.map {
                View(
                    cluster: $0, secrets: state.secrets, needsSecret: state.needsSecret,
                    readers: state.secretReaders)
            }
        }
    }

    private mutating func learn(from view: View) {
        var isNew = false
        for secret in view.secrets where !ring.knows(secret.id) {
            guard let copy = secret.copies[node], !unreadable.contains(copy) else { continue }
            do {
                ring.add(try ClusterSecret(secret, copy, with: key, in: view.cluster))
                isNew = true
            } catch {
                unreadable.insert(copy)
                logger.error(
                    "the copy of a secret of the cluster's cannot be opened",
                    metadata: ["secret": "\(secret.id)"])
            }
        }
        ring.keep(only: Set(view.secrets.map(\.id)))
        if isNew { changed() }
    }

    // MARK: Making and sharing

    /// `false` if this node could not open it itself: its key is not agreed on yet.
    private func make(_ view: View, under term: UInt64) async throws(StateKeeperError) -> Bool {
        let id = (view.secrets.last?.id ?? 0) + 1
        guard view.readers.contains(where: { $0.node == node && $0.sealingKey == key.publicKey }),
            let secret = try? ClusterSecret.make(id: id)
        else { return false }
        let copies = view.readers.compactMap { secret.copy(for: $0, in: view.cluster) }
        try await keeper.propose(
            [.keepSecret(SecretOffer(id: id, copies: copies))],
            atSeconds: WallClock.nowSeconds(), underTerm: term)
        logger.notice("the cluster has a new secret", metadata: ["secret": "\(id)"])
        return true
    }

    private mutating func share(_ view: View, isLeader: Bool) async throws(StateKeeperError) {
        let known = ring.all
        let offers = view.secrets.compactMap { kept -> SecretOffer? in
            guard let secret = known.first(where: { $0.id == kept.id }) else { return nil }
            let copies = view.readers.filter { kept.copies[$0.node] == nil }
                .compactMap { secret.copy(for: $0, in: view.cluster) }
            return copies.isEmpty ? nil : SecretOffer(id: kept.id, copies: copies)
        }
        misses = offers.isEmpty ? 0 : misses + 1
        guard isLeader ? !offers.isEmpty : misses > Self.patience else { return }
        misses = 0
        try await keeper.propose(
            offers.map { .shareSecret($0) }, atSeconds: WallClock.nowSeconds())
    }
}
