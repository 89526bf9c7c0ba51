import ClusterMessages
package import Inventory
import SwiftProtobuf

extension Command {
    /// The command as it stands in the log: a `Command` message of cluster.proto.
    package func encoded() -> [UInt8] {
        var message = MessageCommand()
        message.timeSeconds = timeSeconds
        message.body = body.message
        do {
            return try message.serializedBytes()
        } catch {
            // A proto3 message has no required fields, and none of ours nears 2 GiB.
            preconditionFailure("encoding a command: \(error)")
        }
    }

    /// Reads a command.
    ///
    /// - `cluster`: the cluster whose log it stands in; guests in it carry only their numbers.
    package init(decoding bytes: [UInt8], cluster: ClusterID?) throws(ClusterStateError) {
        let message: MessageCommand
        do {
            message = try MessageCommand(serializedBytes: bytes)
        } catch {
            throw .damaged(what: "a command")
        }
        guard let body = message.body else { throw .unknownCommand }
        self.init(try Body(body, cluster: cluster), atSeconds: message.timeSeconds)
    }
}

extension Command.Body {
    init(
        _ message: MessageCommand.OneOf_Body, cluster: ClusterID?
    ) throws(ClusterStateError) {
        switch message {
        case .found(let found): self = .found(ClusterID(found))
        case .configure(let settings): self = .configure(try ClusterSettings(settings))
        case .advance: self = .advance
        case .reportHosts(let report):
            var hosts: [Host] = []
            for host in report.hosts {
                hosts.append(try Host(host))
            }
            self = .reportHosts(hosts)
        case .reportGuests(let report):
            let cluster = try Self.founded(cluster)
            var reports: [GuestReport] = []
            for message in report.reports {
                reports.append(try GuestReport(message, cluster: cluster))
            }
            self = .reportGuests(reports)
        case .reportGone(let report):
            let cluster = try Self.founded(cluster)
            self = .reportGone(report.guests.map { GuestID($0, cluster: cluster) })
        case .recordWrites(let message): self = .recordWrites(try WriteReport(message))
        case .owe(let message):
            self = .owe(
                provider: message.provider, keys: try Reading.keys(message.keys, "owe.keys"))
        case .approve(let message):
            self = .approve(provider: message.provider, zone: message.zone)
        case .releaseBrake(let message): self = .releaseBrake(try ReleaseScope(message))
        case .pausePublishing(let message): self = .pausePublishing(message.isPaused)
        case .reportSdn(let message): self = .reportSDN(try SDNPublishing(message))
        }
    }

    private static func founded(_ cluster: ClusterID?) throws(ClusterStateError) -> ClusterID {
        guard let cluster else { throw .meaningless(field: "guests before the cluster's id") }
        return cluster
    }

    var message: MessageCommand.OneOf_Body {
        switch self {
        case .found(let id): return .found(id.message)
        case .configure(let settings): return .configure(settings.message)
        case .advance: return .advance(MessageAdvance())
        case .reportHosts(let hosts):
            var report = MessageReportHosts()
            report.hosts = hosts.map(\.message)
            return .reportHosts(report)
        case .reportGuests(let reports):
            var report = MessageReportGuests()
            report.reports = reports.map(\.message)
            return .reportGuests(report)
        case .reportGone(let ids):
            var report = MessageReportGone()
            report.guests = ids.map(\.message)
            return .reportGone(report)
        case .recordWrites(let report): return .recordWrites(report.message)
        case .owe(let provider, let keys):
            var message = MessageOwe()
            message.provider = provider
            message.keys = keys.map(\.message)
            return .owe(message)
        case .approve(let provider, let zone):
            var message = MessageApprove()
            message.provider = provider
            message.zone = zone
            return .approve(message)
        case .releaseBrake(let scope): return .releaseBrake(scope.message)
        case .reportSDN(let publishing): return .reportSdn(publishing.message)
        case .pausePublishing(let isPaused):
            var message = MessagePausePublishing()
            message.isPaused = isPaused
            return .pausePublishing(message)
        }
    }
}
