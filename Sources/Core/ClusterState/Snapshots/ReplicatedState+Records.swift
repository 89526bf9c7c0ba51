import ClusterMessages
import Inventory
import Zones

// What a snapshot holds beside guests, claims and what is owed.

extension ReplicatedState {
    /// The header, and everything about members and their secrets.
    var headRecords: [MessageSnapshotRecord] {
        var header = MessageSnapshotRecord()
        header.header = self.header
        return [header]
            + members.sorted { $0.key < $1.key }.map { _, member in
                var record = MessageSnapshotRecord()
                record.member = member.message
                return record
            }
            + pendingJoins.sorted { $0.key < $1.key }.map { _, join in
                var record = MessageSnapshotRecord()
                record.pendingJoin = join.message
                return record
            }
            + ledgers.sorted { $0.key < $1.key }.map { node, ledger in
                var record = MessageSnapshotRecord()
                record.proposals = ledger.message(for: node)
                return record
            }
            + secrets.map { secret in
                var record = MessageSnapshotRecord()
                record.secret = secret.message
                return record
            }
    }

    private var header: MessageSnapshotHeader {
        var message = MessageSnapshotHeader()
        message.index = index
        message.clockSeconds = clockSeconds
        message.advancedSeconds = advancedSeconds
        message.level = level
        message.leaderTerm = leaderTerm
        if let cluster { message.cluster = cluster.message }
        message.settings = settings.message
        message.settingsVersion = settingsVersion
        message.lastSettingsVersion = lastSettingsVersion
        if let pendingSettings { message.pendingSettings = pendingSettings.message }
        message.hosts = hosts.map(\.message)
        message.sdn = sdnPublishing.message
        message.isPublishingPaused = isPublishingPaused
        message.voters = voters
        message.learners = learners
        message.replaceable = replaceable.sorted()
        message.formerMembers = formerMembers.map(\.message)
        message.staticVersion = staticBook.version
        return message
    }

    /// The serial of every zone there ever was.
    var serialRecords: [MessageSnapshotRecord] {
        zones.serials.sorted { $0.key < $1.key }.map { apex, serial in
            var record = MessageSnapshotRecord()
            record.serial.apex = apex.description
            record.serial.serial = serial.number
            return record
        }
    }

    /// What the brake knows.
    var brakeRecords: [MessageSnapshotRecord] {
        zones.brakes.sorted { $0.key < $1.key }.map { apex, brake in
            var record = MessageSnapshotRecord()
            record.brake = brake.message(for: apex)
            return record
        }
    }

    /// What is remembered of providers that left.
    var formerProviderRecords: [MessageSnapshotRecord] {
        formerProviders.sorted { $0.key < $1.key }.map { name, ledger in
            var record = MessageSnapshotRecord()
            record.formerProvider = ledger.message(for: name)
            return record
        }
    }

    /// The zones of the operator's.
    var staticZoneRecords: [MessageSnapshotRecord] {
        zones.statics.zones.sorted { $0.key < $1.key }.map { apex, zone in
            var record = MessageSnapshotRecord()
            record.staticZone = zone.message(for: apex)
            return record
        }
    }

    /// Imports under way, in parts as they come.
    var stageRecords: [MessageSnapshotRecord] {
        staticBook.stages.sorted { $0.key < $1.key }.flatMap { number, stage in
            stride(from: 0, to: max(1, stage.sets.count), by: Self.stageBatch).map { start in
                var record = MessageSnapshotRecord()
                record.stage.stage = number
                record.stage.sinceSeconds = stage.sinceSeconds
                record.stage.octets = UInt64(clamping: stage.octets)
                record.stage.sets = stage.sets.dropFirst(start).prefix(Self.stageBatch)
                    .map(\.message)
                return record
            }
        }
    }

    /// What is signed of each zone, but for the sets.
    var signedZoneRecords: [MessageSnapshotRecord] {
        zones.signed.sorted { $0.key < $1.key }.map { $1.record(for: $0) }
    }

    /// How many record sets are in one record.
    static let stageBatch = 1_000

    /// Takes over what a header says.
    mutating func take(_ header: MessageSnapshotHeader) throws(ClusterStateError) {
        guard rulebook.levels.contains(header.level) else {
            throw .levelTooHigh(header.level, supported: rulebook.levels.upperBound)
        }
        index = header.index
        clockSeconds = header.clockSeconds
        advancedSeconds = header.advancedSeconds
        level = header.level
        leaderTerm = header.leaderTerm
        cluster = header.hasCluster ? ClusterID(header.cluster) : nil
        settings = try ClusterSettings(header.settings)
        settingsVersion = header.settingsVersion
        lastSettingsVersion = header.lastSettingsVersion
        pendingSettings =
            header.hasPendingSettings ? try PendingSettings(header.pendingSettings) : nil
        for host in header.hosts {
            hosts.append(try Host(host))
        }
        sdnPublishing = try SDNPublishing(header.sdn)
        isPublishingPaused = header.isPublishingPaused
        voters = header.voters
        learners = header.learners
        replaceable = Set(header.replaceable)
        formerMembers = header.formerMembers.map(NodeID.init)
        staticBook.version = header.staticVersion
    }
}

extension SignedZone {
    /// All but the sets.
    func record(for apex: DomainName) -> MessageSnapshotRecord {
        var record = MessageSnapshotRecord()
        record.signedZone = message(for: apex)
        return record
    }
}

extension PendingSettings {
    init(_ message: MessagePendingSettings) throws(ClusterStateError) {
        var losses: [Loss] = []
        for zone in message.zones {
            var names: [DomainName] = []
            for name in zone.names {
                names.append(try Reading.name(name, "pending_settings.names"))
            }
            losses.append(
                Loss(
                    apex: try Reading.name(zone.apex, "pending_settings.apex"),
                    count: Int(clamping: zone.count), names: names))
        }
        self.init(
            version: message.version, settings: try ClusterSettings(message.settings),
            sinceSeconds: message.sinceSeconds, losses: losses,
            count: Int(clamping: message.names))
    }

    var message: MessagePendingSettings {
        var message = MessagePendingSettings()
        message.version = version
        message.settings = settings.message
        message.sinceSeconds = sinceSeconds
        message.zones = losses.map { loss in
            var message = MessagePendingSettings.Zone()
            message.apex = loss.apex.description
            message.count = UInt64(clamping: loss.count)
            message.names = loss.names.map(\.description)
            return message
        }
        message.names = UInt64(clamping: count)
        return message
    }
}
