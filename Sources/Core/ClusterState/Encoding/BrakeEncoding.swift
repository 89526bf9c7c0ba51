import ClusterMessages
import Inventory
import Planning
import Zones

extension ZoneBrake {
    init(_ message: MessageZoneBrake, apex: DomainName) throws(ClusterStateError) {
        guard message.held.isEmpty != message.hasReason else {
            throw .meaningless(field: "zone_brake.reason")
        }
        var held: [HeldSet] = []
        for set in message.held {
            let set = try HeldSet(set)
            guard set.key.owner.isAtOrBelow(apex) else {
                throw .meaningless(field: "held_set.key")
            }
            held.append(set)
        }
        self.init(
            window: Brake.Window(message.window), held: held,
            reason: message.hasReason ? try Brake.Reason(message.reason) : nil,
            sinceSeconds: message.sinceSeconds)
    }

    func message(for apex: DomainName) -> MessageZoneBrake {
        var message = MessageZoneBrake()
        message.apex = apex.description
        message.window = window.messages
        message.held = held.values.sorted { $0.key < $1.key }.map(\.message)
        message.sinceSeconds = sinceSeconds
        if let reason { message.reason = reason.message }
        return message
    }
}

extension HeldSet {
    /// What would stand in its place is not in the message.
    fileprivate init(_ message: MessageHeldSet) throws(ClusterStateError) {
        let key = try Reading.key(message.key, "held_set.key")
        guard !key.type.isAuthority else { throw .meaningless(field: "held_set.key") }
        guard message.data.allSatisfy({ $0.count <= RecordSet.dataLimitOctets }) else {
            throw .meaningless(field: "held_set.data")
        }
        let standing =
            message.data.isEmpty
            ? nil
            : RecordSet(
                owner: key.owner, type: key.type, ttlSeconds: message.ttlSeconds,
                data: message.data.map { Array($0) })
        self.init(key: key, standing: standing, wanted: nil)
    }

    fileprivate var message: MessageHeldSet {
        var message = MessageHeldSet()
        message.key = key.message
        if let standing {
            message.ttlSeconds = standing.ttlSeconds
            message.data = standing.data.map(Self.bytes)
        }
        return message
    }

    /// The generated code's type for octets, without its name: Core knows no Foundation.
    private static func bytes<Bytes: RangeReplaceableCollection<UInt8>>(
        _ octets: [UInt8]
    ) -> Bytes {
        Bytes(octets)
    }
}

extension Brake.Reason {
    fileprivate init(_ message: MessageZoneBrake.Reason) throws(ClusterStateError) {
        guard let entries = Int(exactly: message.entries), let asked = Int(exactly: message.asked),
            let allowed = Int(exactly: message.allowed)
        else { throw .meaningless(field: "zone_brake.reason") }
        self =
            message.wouldEmpty
            ? .wouldEmpty(entries: entries)
            : .tooMany(asked: asked, entries: entries, allowed: allowed)
    }

    fileprivate var message: MessageZoneBrake.Reason {
        var message = MessageZoneBrake.Reason()
        switch self {
        case .wouldEmpty(let entries):
            message.wouldEmpty = true
            message.entries = UInt64(clamping: entries)
        case .tooMany(let asked, let entries, let allowed):
            message.asked = UInt64(clamping: asked)
            message.entries = UInt64(clamping: entries)
            message.allowed = UInt64(clamping: allowed)
        }
        return message
    }
}
