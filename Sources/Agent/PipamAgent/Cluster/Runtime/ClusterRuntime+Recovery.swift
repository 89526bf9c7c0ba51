import ClusterState
import Consensus
import Glibc
import Inventory
import Logging
import Nameserver
import Zones

extension ClusterRuntime {
    /// Where the log is that a recovery makes, until it takes the place of the old one.
    private static let newFolder = "log.alone"
    /// Secondaries are waited for so long.
    private static let patience = Duration.seconds(5)

    /// Makes this node a cluster of one with all that it has, under a new number in the log, and
    /// ends the agent: started again, it goes on alone. The old log is kept beside the new one.
    func goOnAlone() async throws {
        guard let current, let status = await current.host.currentStatus() else {
            throw ConsensusError.stopped
        }
        let data = try DataDirectory.open(configuration.dataDirectory)
        let root = configuration.dataDirectory
        var identity = identity
        let replica = identity.renumbered()
        guard let id = ReplicaID(replica.number) else {
            preconditionFailure("replica 0 is nobody")
        }
        let (index, chunks) = await keeper.alone(
            as: identity.node, replica: replica.number, serials: await serialsOfSecondaries(),
            atSeconds: WallClock.nowSeconds())
        try RecoveryFiles.remove("\(root)/\(Self.newFolder)")
        _ = try data.makeSubdirectory(Self.newFolder)
        try WriteAheadLog.createAlone(
            in: "\(root)/\(Self.newFolder)",
            identity: LogIdentity(cluster: "\(current.cluster)", replica: id),
            position: LogPosition(index: index, term: status.term + 1),
            nextChunk: { chunks.next() })
        logger.warning(
            "this host goes on alone; the former members must join anew under new ids",
            metadata: ["index": "\(index)"])
        // The number first: with it, the old log is refused as another's, and nothing is lost.
        try identity.write(in: data)
        try RecoveryFiles.rename(
            ClusterStart.logDirectory(configuration),
            to: "\(root)/log.\(status.id)-\(status.term)")
        try RecoveryFiles.rename(
            "\(root)/\(Self.newFolder)", to: ClusterStart.logDirectory(configuration))
        endForRecovery()
    }

    /// What the secondaries of this host's file have of the zones: they may have been given by the
    /// lost hosts what this one never heard of, and would take nothing with an earlier serial.
    private func serialsOfSecondaries() async -> [DomainName: SerialNumber] {
        let servers = configuration.nameserver.transfer.secondaries.map {
            Endpoint(address: $0.address.address, port: $0.address.port)
        }
        guard !servers.isEmpty else { return [:] }
        let zones = await keeper.read { $0.zones.zones.keys.sorted() }
        let answer = await SecondarySerials.ask(servers, for: zones, within: Self.patience)
        for server in answer.silent {
            logger.warning(
                """
                a secondary did not say which serials it has, ignoring; if it shows old records \
                later, have it fetch the zones anew
                """, metadata: ["secondary": "\(server)"])
        }
        return answer.latest
    }
}

/// Moves and removes folders of the data directory.
private enum RecoveryFiles {
    static func rename(_ old: String, to new: String) throws(ConsensusError) {
        guard Glibc.rename(old, new) == 0 else {
            throw .storageFailed(
                operation: "rename", path: old, reason: String(cString: strerror(errno)))
        }
    }

    /// What an earlier attempt left behind. Removes nothing that is not there.
    static func remove(_ path: String) throws(ConsensusError) {
        let left = "\(path).\(UInt32.random(in: .min ... .max))"
        guard Glibc.rename(path, left) == 0 || errno == ENOENT else {
            throw .storageFailed(
                operation: "move away", path: path, reason: String(cString: strerror(errno)))
        }
    }
}

/// The agent ends so that it can be started on another log.
struct RecoveryDone: Error, CustomStringConvertible {
    var description: String { "ended by pipamctl cluster recover; start the agent again" }
}
