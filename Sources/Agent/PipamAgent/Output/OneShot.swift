import ClusterState
import Control
import Inventory
import Proxmox

/// The verbs that need no running agent.
package enum OneShot {
    /// Collects the whole cluster once and works out what would be published. Nothing is kept and
    /// nothing is served. Of contested names an agent that runs knows who had them first; without
    /// one the lowest number has them.
    package static func output(
        path: String?, environment: [String: String], warn: (String) -> Void
    ) async throws -> OutputReport {
        let loaded = try ConfigurationFile.load(path: path, environment: environment)
        loaded.warnings.forEach { warn("\($0)") }
        let now = WallClock.nowSeconds()
        var state = ReplicatedState()
        _ = try state.apply(Command(.found(unfounded), atSeconds: now))
        let source = try loaded.makeSource(cluster: state.cluster ?? unfounded)
        let gaps = try await source.selfTest().problems
        let progress = TerminalProgress(title: "guests read")
        let known = state.guests.mapValues { GuestPlace($0.guest) }
        let collection = try await source.collect(.full, known: known, progress: progress.show)
        progress.clear()
        let notes = GuestNotesReader()
        let reports = collection.reports.map(notes.applied(to:))
        let latecomers = await latecomers(loaded.configuration)
        for body: Command.Body in [
            .configure(
                ClusterSettings(loaded.configuration), ConfigureTerms(isApproved: true)),
            .reportHosts(collection.hosts),
            .reportGuests(reports.filter { !latecomers.contains($0.guest.id.vmid) }),
            .reportGuests(reports.filter { latecomers.contains($0.guest.id.vmid) }),
            .reportGone(collection.gone),
        ] {
            _ = try state.apply(Command(body, atSeconds: now))
        }
        return OutputReport(state, problems: gaps + collection.problems)
    }

    /// The id of a cluster that no agent has founded yet; it is seen nowhere.
    private static let unfounded = ClusterID(high: 0, low: 0)

    /// The guests that have something to themselves that others had first, as an agent knows that
    /// runs here; nobody where none does.
    private static func latecomers(_ configuration: Configuration) async -> Set<UInt32> {
        guard let client = try? ControlClient(socketPath: configuration.control.socket),
            let isRunning = try? client.isAgentRunning(), isRunning,
            let answer = try? await client.answer(to: .guests)
        else { return [] }
        return Set(answer.guests.filter { $0.unpublished > 0 }.map(\.vmid))
    }

    /// Reads the configuration and everything that can be told from it alone. Returns the path and
    /// what should be known about it.
    package static func check(
        path: String?, environment: [String: String]
    ) throws -> (path: String, warnings: [String]) {
        let loaded = try ConfigurationFile.load(path: path, environment: environment)
        // A witness collects nothing, and has nothing to say about names.
        if loaded.configuration.cluster.role == .full {
            _ = try loaded.makeSource(cluster: unfounded)
            _ = try ClusterSettings(loaded.configuration).resolvedZones()
        }
        return (
            loaded.path,
            loaded.warnings.map(\.description) + hostWarnings(loaded)
                + (try certificateWarnings(loaded))
        )
    }

    /// What is to be known of the certificate of DNS over TLS; throws if it cannot be used.
    private static func certificateWarnings(
        _ loaded: ConfigurationFile.Loaded
    ) throws -> [String] {
        guard let files = ServerCertificateFiles(loaded.configuration) else { return [] }
        let dates = CertificateDates(try files.load())
        return dates.problem(atSeconds: Int64(WallClock.nowSeconds())).map {
            ["\(loaded.path): nameserver.tls.certificate_file: it \($0)"]
        } ?? []
    }

    /// What the host lacks that the configuration names.
    private static func hostWarnings(_ loaded: ConfigurationFile.Loaded) -> [String] {
        guard let group = loaded.configuration.control.group, !ControlSettings.groupExists(group)
        else { return [] }
        return [
            "\(loaded.path): control.group: this host has no group \(group); make it with groupadd "
                + "--system \(group)"
        ]
    }
}
