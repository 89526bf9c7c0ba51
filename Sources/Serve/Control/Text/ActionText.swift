extension ApplyAnswer {
    /// For people.
    package var text: String {
        let settings =
            settings.map { settings in
                "settings: version \(settings.version) is in force, "
                    + "\(Wording.count(settings.names, "published name")) may go or be renamed; "
                    + "the brake may hold them\n"
            } ?? ""
        guard !zones.isEmpty else { return settings.isEmpty ? "Nothing to do.\n" : settings }
        var table = TextTable("PROVIDER", "ZONE", "DONE", "LEFT", "APPROVED", "PROBLEM")
        for zone in zones {
            table.append(
                zone.provider, zone.zone, "\(zone.done)", "\(zone.left)",
                zone.isNewlyApproved ? "now" : "before",
                [zone.problem, zone.remedy].compactMap { $0 }.joined(separator: "; "))
        }
        return settings + table.text
    }

    /// Not everything could be done.
    package var needsAttention: Bool { zones.contains { $0.left > 0 || $0.problem != nil } }
}

extension AdoptAnswer {
    /// For people.
    package var text: String {
        let verb = isDryRun ? "would be adopted" : "adopted"
        let entries = Wording.count(adopted.count, "entry", "entries")
        return "\(zone): \(entries) \(verb)".printable + "\n"
            + (adopted.isEmpty ? "" : "\n" + EntryItem.table(adopted))
            + (conflicts.isEmpty ? "" : "\n" + Conflict.table(conflicts))
    }

    /// There are entries that could not be adopted.
    package var needsAttention: Bool { !conflicts.isEmpty }
}

extension EntryItem {
    fileprivate static func table(_ entries: [EntryItem]) -> String {
        var table = TextTable("PROVIDER", "ZONE", "NAME", "TYPE", "DATA")
        for entry in entries {
            table.append(
                entry.provider, entry.zone, entry.name, entry.type,
                entry.data.joined(separator: ", "))
        }
        return table.text
    }
}

extension CollectAnswer {
    /// For people.
    package var text: String {
        "\(Wording.count(guests, "guest")) seen, \(changedGuests) with something new\n"
            + section("Could not be seen", problems.map(\.line))
    }

    /// Something could not be seen.
    package var needsAttention: Bool { !problems.isEmpty }
}

extension PublishingAnswer {
    /// For people.
    package var text: String { isPaused ? "Publishing is paused.\n" : "Publishing goes on.\n" }
}

extension CleanAnswer {
    /// For people.
    package var text: String {
        let verb = isDryRun ? "would be removed" : "removed"
        return "\(Wording.count(removed.count, "entry", "entries")) \(verb)\n"
            + (removed.isEmpty ? "" : "\n" + EntryItem.table(removed))
            + (isPaused
                ? "\nPublishing is paused; pipamctl publish resume writes everything anew.\n" : "")
            + section("To be done", problems.map(\.line))
    }

    /// Something could not be removed.
    package var needsAttention: Bool { !problems.isEmpty }
}

extension Event {
    /// One line for people, with its end.
    package var text: String {
        let subjects = [guest.map { "guest \($0)" }, provider, zone].compactMap { $0 }
        let about = subjects.isEmpty ? "" : subjects.joined(separator: " ") + ": "
        let remedy = remedy.map { "; \($0)" } ?? ""
        return "\(index) \(Wording.time(time)) \(kind.rawValue) \(about)\(message)\(remedy)"
            .printable
            + "\n"
    }

    /// Reads a line of `GET /v1/events`.
    package init(line: [UInt8]) throws(ControlError) {
        self = try JSONText.decode(Event.self, from: line)
    }
}
