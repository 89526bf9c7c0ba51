import ClusterState
import Consensus
import Control
import Inventory
import Logging
import Synchronization

/// Opening the log and the network.
extension ClusterRuntime {
    func open(
        _ view: ClusterView, _ decision: StartDecision
    ) async throws -> Membership {
        guard let id = ReplicaID(identity.replica.number) else {
            preconditionFailure("replica 0 is nobody")
        }
        let network = try await openNetwork(view, id)
        let directory = try prepareLog(view, id, decision)
        var settings = HostSettings(
            replica: id, cluster: "\(view.cluster)", directory: directory)
        let cluster = configuration.cluster
        settings.tick = cluster.heartbeatInterval
        settings.replica.electionTicks = UInt32(
            max(2, (cluster.electionTimeout / cluster.heartbeatInterval).rounded(.up)))
        // Counts only as long as the log is empty, as after a crash before its first entry.
        if view.bootstrapNode == identity.node {
            let founder = MembershipContext(
                timeSeconds: WallClock.nowSeconds(), member: try start.member(configuration))
            settings.bootstrap = [FirstMember(id: id, context: founder.encoded())]
        }
        let host = try ReplicaHost(
            settings: settings, machine: keeper, transport: network, logger: logger)
        handle.attach(host)
        peers.attach(
            ClusterPeers.Parts(
                host: host,
                joins: JoinDesk(
                    cluster: view.cluster, keeper: keeper, replica: handle, logger: logger),
                control: { [self] octets in
                    let answer = forwarding.withLock { $0 }
                    return await answer(octets)
                },
                ask: { [self] in try? await ask($0, $1, within: .seconds(5)) },
                introduced: { [self] in await take($0, from: $1) }))
        return Membership(cluster: view.cluster, name: view.name, network: network, host: host)
    }

    func openNetwork(
        _ view: ClusterView, _ id: ReplicaID
    ) async throws -> PeerNetwork {
        let settings = PeerSettings(
            cluster: "\(view.cluster)", identity: identity.uri(in: view.cluster), replica: id,
            incarnation: identity.incarnation,
            listen: try configuration.cluster.listenAddresses().map(\.description))
        let network = try PeerNetwork(
            settings: settings,
            credentials: CredentialsReader(
                credentials: try NodeCredentials(dataDirectory: configuration.dataDirectory)),
            handler: peers, logger: logger)
        network.update(peers: view.nodes.compactMap { $0.peer(in: view.cluster) })
        for address in try await network.start() {
            logger.notice("members are answered", metadata: ["endpoint": "\(address)"])
        }
        return network
    }

    /// Makes the log if there is none. Returns where it is.
    func prepareLog(
        _ view: ClusterView, _ id: ReplicaID, _ decision: StartDecision
    ) throws -> String {
        let data = try DataDirectory.open(configuration.dataDirectory)
        let directory = ClusterStart.logDirectory(configuration)
        if decision != .resume {
            _ = try data.makeSubdirectory(ClusterStart.logFolder)
            try WriteAheadLog.create(
                in: directory, identity: LogIdentity(cluster: "\(view.cluster)", replica: id))
        }
        var identity = identity
        try identity.recordLog(in: data)
        return directory
    }

    func duties() -> LeaderDuties {
        LeaderDuties(
            keeper: keeper, replica: handle, patience: VoterKeeping.patience,
            voters: configuration.cluster.voters,
            report: { [self] in
                let now = $0
                silent.withLock { $0 = now }
            }, logger: logger)
    }

    /// What is done about the cluster's secret; `nil` for a witness.
    func secretDuty() -> SecretDuty? {
        sealingKey.map {
            SecretDuty(
                keeper: keeper, node: identity.node, key: $0, ring: secrets, logger: logger
            ) { [secretsChanged] in secretsChanged.ring() }
        }
    }
}

/// Gives the transport what it asks for at its start and at each reload.
private struct CredentialsReader: CredentialsSource {
    let credentials: NodeCredentials

    func read() throws(PeerError) -> PeerCredentials {
        _ = credentials.refresh()
        let material = credentials.current
        return PeerCredentials(
            chain: material.certificatePEM, key: material.keyPEM, authorities: material.trustPEM)
    }
}
