import Inventory
import Logging
import Zones

extension Logger {
    /// One line for each zone that changed. What a zone was signed for is in a line already, that
    /// of the change; one more would double the log of a busy cluster.
    func log(_ changes: [ZoneChange]) {
        for change in changes {
            switch change {
            case .replaced(let apex, let sets):
                info("zone replaced", metadata: ["zone": "\(apex)", "sets": "\(sets.count)"])
            case .removed(let apex):
                notice("zone removed", metadata: ["zone": "\(apex)"])
            case .updated(let difference):
                log(.info, "zone changed", difference, sets: difference.changed.count - 1)
            case .drafted(let difference):
                log(
                    .info, "zone changed, to be signed", difference,
                    sets: difference.changed.count)
            case .signed(let difference):
                log(
                    difference.concernsSigning ? .info : .debug, "zone signed", difference,
                    sets: difference.changed.count - 1)
            }
        }
    }

    private func log(
        _ level: Level, _ message: Logger.Message, _ difference: ZoneDifference, sets: Int
    ) {
        log(
            level: level, message,
            metadata: [
                "zone": "\(difference.apex)", "changed": "\(sets)",
                "removed": "\(difference.removed.count)",
            ])
    }
}

extension ZoneDifference {
    /// The zone's keys, what its parent is told of them or how names are denied is another than
    /// before, or has other signatures.
    fileprivate var concernsSigning: Bool {
        let types: [RecordType] = [.dnskey, .cds, .cdnskey, .nsec3param]
        return (changed.lazy.map(\.key) + removed).contains {
            $0.owner == apex && types.contains($0.type)
        }
    }
}
