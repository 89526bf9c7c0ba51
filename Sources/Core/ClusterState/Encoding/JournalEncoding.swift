import ClusterMessages
import Inventory
import Zones

extension ZoneJournal {
    /// Reads the first piece of a journal, or the one that follows what was read before.
    init(
        _ message: MessageZoneJournal, after pieces: ZoneJournal?
    ) throws(ClusterStateError) {
        guard message.hasSerial == (pieces == nil) else {
            throw .meaningless(field: "zone_journal.serial")
        }
        let start =
            pieces
            ?? ZoneJournal(
                startingAt: SerialNumber(message.serial), authority: Array(message.authority))
        guard var journal = start else { throw .meaningless(field: "zone_journal.authority") }
        for step in message.steps {
            guard
                let step = Step(
                    serial: SerialNumber(step.serial), authority: Array(step.authority),
                    removed: Array(step.removed), added: Array(step.added)),
                step.serial.isLater(than: journal.serial)
            else { throw .meaningless(field: "zone_journal.steps") }
            journal.restore(step)
        }
        self = journal
    }

    /// A piece of a journal; `start` is `nil` in all but the first.
    static func message(
        of steps: some Sequence<Step>, from start: Start?, apex: DomainName
    ) -> MessageZoneJournal {
        var message = MessageZoneJournal()
        message.apex = apex.description
        if let start {
            message.serial = start.serial.number
            message.authority = bytes(start.authority)
        }
        message.steps = steps.map { step in
            var message = MessageZoneJournal.Step()
            message.serial = step.serial.number
            message.authority = bytes(step.authority)
            message.removed = bytes(step.removed)
            message.added = bytes(step.added)
            return message
        }
        return message
    }

    /// The generated code's type for octets, without its name: Core knows no Foundation.
    private static func bytes<Bytes: RangeReplaceableCollection<UInt8>>(
        _ octets: some Sequence<UInt8>
    ) -> Bytes {
        Bytes(octets)
    }
}
