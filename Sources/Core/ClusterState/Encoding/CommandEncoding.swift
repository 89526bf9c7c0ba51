import ClusterMessages
package import Inventory
import SwiftProtobuf
import Zones

extension Command {
    /// The command by itself: a `Command` message of cluster.proto.
    package func encoded() -> [UInt8] { Wire.encode(message) }

    /// Reads a command.
    ///
    /// - `cluster`: the cluster whose log it stands in; guests in it carry only their numbers.
    package init(decoding bytes: [UInt8], cluster: ClusterID?) throws(ClusterStateError) {
        try self.init(Wire.decode(bytes, "a command"), cluster: cluster)
    }

    init(_ message: MessageCommand, cluster: ClusterID?) throws(ClusterStateError) {
        guard let body = message.body else { throw .unknownCommand }
        self.init(
            try Body(body, cluster: cluster), atSeconds: message.timeSeconds,
            term: message.hasTerm ? message.term : nil, covering: message.coveredNodes)
    }

    var message: MessageCommand {
        var message = MessageCommand()
        message.timeSeconds = timeSeconds
        message.body = body.message
        if let term { message.term = term }
        message.coveredNodes = coveredNodes
        return message
    }
}

extension Command.Body {
    init(
        _ message: MessageCommand.OneOf_Body, cluster: ClusterID?
    ) throws(ClusterStateError) {
        switch message {
        case .found(let found):
            self = .found(
                ClusterID(found), founder: found.hasFounder ? try Member(found.founder) : nil)
        case .configure(let message):
            self = .configure(
                try ClusterSettings(message.settings),
                ConfigureTerms(
                    base: message.hasBase ? message.base : nil, isApproved: message.isApproved))
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
        case .reportMember(let message): self = .reportMember(MemberReport(message))
        case .requestJoin(let message): self = .requestJoin(JoinRequest(message))
        case .allowReplacement(let message): self = .allowReplacement(name: message.name)
        case .settleSettings(let message):
            self = .settleSettings(version: message.version, isApproved: message.isApproved)
        case .raiseLevel(let message): self = .raiseLevel(message.level)
        case .claimAddress(let message): self = .claim(try ClaimRequest(message))
        case .settleClaim(let message): self = .settleClaim(try ClaimSettlement(message))
        case .editRecords(let message): self = .editRecords(try RecordEdit(message))
        case .stageRecords(let message):
            self = .stageRecords(
                message.stage, try RecordSet.sets(message.sets, "stage_records.sets"))
        case .importZone(let message): self = .importZone(try ZoneImport(message))
        case .removeZone(let message): self = .removeZone(try ZoneRemoval(message))
        case .signZone(let message): self = .signZone(try SigningOrder(message))
        case .publishZone(let message): self = .publishZone(try ZonePublication(message))
        case .unsignZone(let message):
            self = .unsignZone(
                try Reading.name(message.apex, "unsign_zone.apex"), base: message.base)
        case .keepSecret(let message): self = .keepSecret(SecretOffer(message))
        case .shareSecret(let message): self = .shareSecret(SecretOffer(message))
        }
    }

    private static func founded(_ cluster: ClusterID?) throws(ClusterStateError) -> ClusterID {
        guard let cluster else { throw .meaningless(field: "guests before the cluster's id") }
        return cluster
    }

    var message: MessageCommand.OneOf_Body {
        switch self {
        case .found(let id, let founder):
            var message = id.message
            if let founder { message.founder = founder.message }
            return .found(message)
        case .configure(let settings, let terms):
            var message = MessageConfigure()
            message.settings = settings.message
            if let base = terms.base { message.base = base }
            message.isApproved = terms.isApproved
            return .configure(message)
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
            return .approve(
                .with {
                    $0.provider = provider
                    $0.zone = zone
                })
        case .releaseBrake(let scope): return .releaseBrake(scope.message)
        case .reportSDN(let publishing): return .reportSdn(publishing.message)
        case .pausePublishing(let isPaused):
            return .pausePublishing(.with { $0.isPaused = isPaused })
        case .reportMember(let report): return .reportMember(report.message)
        case .requestJoin(let request): return .requestJoin(request.message)
        case .allowReplacement(let name):
            var message = MessageAllowReplacement()
            message.name = name
            return .allowReplacement(message)
        case .settleSettings(let version, let isApproved):
            var message = MessageSettleSettings()
            message.version = version
            message.isApproved = isApproved
            return .settleSettings(message)
        case .raiseLevel(let level):
            var message = MessageRaiseLevel()
            message.level = level
            return .raiseLevel(message)
        case .claim(let request): return .claimAddress(request.message)
        case .settleClaim(let settlement): return .settleClaim(settlement.message)
        case .editRecords(let edit): return .editRecords(edit.message)
        case .stageRecords(let number, let sets):
            var message = MessageStageRecords()
            message.stage = number
            message.sets = sets.map(\.message)
            return .stageRecords(message)
        case .importZone(let zoneImport): return .importZone(zoneImport.message)
        case .removeZone(let removal): return .removeZone(removal.message)
        case .signZone(let order): return .signZone(order.message)
        case .publishZone(let publication): return .publishZone(publication.message)
        case .unsignZone(let apex, let base):
            var message = MessageUnsignZone()
            message.apex = apex.description
            message.base = base
            return .unsignZone(message)
        case .keepSecret(let offer): return .keepSecret(offer.keepMessage)
        case .shareSecret(let offer): return .shareSecret(offer.shareMessage)
        }
    }
}
