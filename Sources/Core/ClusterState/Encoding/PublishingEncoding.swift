import ClusterMessages
import Inventory
import Planning
import Zones

extension WriteReport {
    init(_ message: MessageRecordWrites) throws(ClusterStateError) {
        self.init(
            provider: message.provider, zone: message.zone,
            plannedAtIndex: message.plannedAtIndex,
            done: try Reading.keys(message.done, "record_writes.done"),
            counted: Int(message.counted))
    }

    var message: MessageRecordWrites {
        var message = MessageRecordWrites()
        message.provider = provider
        message.zone = zone
        message.plannedAtIndex = plannedAtIndex
        message.done = done.map(\.message)
        message.counted = UInt32(clamping: counted)
        return message
    }
}

extension ReleaseScope {
    /// A scope that is missing is one of a later version.
    init(_ message: MessageReleaseBrake) throws(ClusterStateError) {
        switch message.scope {
        case .zones: self = .zones
        case .atProvider(let place): self = .provider(place.provider, zone: place.zone)
        case nil: throw .unknownCommand
        }
    }

    var message: MessageReleaseBrake {
        var message = MessageReleaseBrake()
        switch self {
        case .zones: message.scope = .zones(MessageReleaseBrake.Zones())
        case .provider(let provider, let zone):
            var place = MessageReleaseBrake.AtProvider()
            place.provider = provider
            place.zone = zone
            message.scope = .atProvider(place)
        }
        return message
    }
}

extension ProviderLedger {
    init(_ message: MessageProviderLedger) {
        self.init()
        address = message.address
        for zone in message.zones {
            zones[zone.name] = ProviderZone(zone)
        }
    }

    /// One record set that is owed.
    static func message(of key: RecordSetKey, index: UInt64) -> MessageProviderLedger.Owed {
        var message = MessageProviderLedger.Owed()
        message.key = key.message
        message.index = index
        return message
    }

    /// Without what is owed, which there may be much of.
    func message(for name: String) -> MessageProviderLedger {
        var message = MessageProviderLedger()
        message.name = name
        message.address = address
        message.zones = zones.sorted { $0.key < $1.key }.map { $1.message(for: $0) }
        return message
    }
}

extension ProviderZone {
    fileprivate init(_ message: MessageProviderLedger.Zone) {
        self.init()
        approvedAtSeconds = message.hasApprovedAtSeconds ? message.approvedAtSeconds : nil
        recent = Brake.Window(message.recent)
    }

    fileprivate func message(for name: String) -> MessageProviderLedger.Zone {
        var message = MessageProviderLedger.Zone()
        message.name = name
        if let approvedAtSeconds { message.approvedAtSeconds = approvedAtSeconds }
        message.recent = recent.messages
        return message
    }
}

extension Brake.Window {
    init(_ messages: [MessageBrakeEvent]) {
        self.init(
            events: messages.map { Event(atSeconds: $0.atSeconds, count: Int($0.count)) })
    }

    var messages: [MessageBrakeEvent] {
        events.map { event in
            var message = MessageBrakeEvent()
            message.atSeconds = event.atSeconds
            message.count = UInt32(clamping: event.count)
            return message
        }
    }
}

extension SDNPublishing {
    init(_ message: MessageReportSDN) throws(ClusterStateError) {
        var zones: [DomainName] = []
        for zone in message.zones {
            zones.append(try Reading.name(zone, "report_sdn.zones"))
        }
        self.init(zones: zones, hasReverse: message.hasReverse_p)
    }

    var message: MessageReportSDN {
        var message = MessageReportSDN()
        message.zones = zones.map(\.description)
        message.hasReverse_p = hasReverse
        return message
    }
}
