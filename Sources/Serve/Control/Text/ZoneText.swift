extension ZoneListAnswer {
    /// For people.
    package var text: String {
        var table = TextTable("ZONE", "SERIAL", "RECORDS", "KIND", "PROVIDERS")
        for zone in zones {
            table.append(
                zone.name, "\(zone.serial)", "\(zone.records)",
                (zone.isReverse ? "reverse" : "forward") + (zone.isStatic ? ", static" : ""),
                Wording.states(zone.providers))
        }
        return table.text
    }
}

extension ZoneAnswer {
    /// For people.
    package var text: String {
        "\(name) serial \(serial), \(Wording.count(records.count, "record"))".printable + "\n\n"
            + RecordItem.table(records, withZone: false)
    }
}

extension RecordListAnswer {
    /// For people.
    package var text: String { RecordItem.table(records, withZone: true) }
}

extension RecordItem {
    fileprivate static func table(_ records: [RecordItem], withZone: Bool) -> String {
        let hasComments = records.contains { $0.comment != nil }
        var table = TextTable(
            ["NAME", "TTL", "TYPE", "DATA", "OF", "PROVIDERS"] + (withZone ? ["ZONE"] : [])
                + (hasComments ? ["COMMENT"] : []))
        for record in records {
            table.append(
                [
                    record.name, "\(record.ttl)", record.type, record.data,
                    record.guest.map(String.init) ?? record.origin.rawValue,
                    Wording.states(record.providers),
                ] + (withZone ? [record.zone] : [])
                    + (hasComments ? [record.comment ?? Wording.nothing] : []))
        }
        return table.text
    }
}
