extension HeldSettings {
    /// For people: what would go, and how to let it.
    var text: String {
        let origin = proposedBy.map { " from \($0)" } ?? ""
        let moment = since.map { " since \(Wording.time($0))" } ?? ""
        var text =
            "settings: version \(version)\(origin) waits\(moment), it would take away or rename "
            .printable + Wording.count(names, "published name") + "\n"
        if !first.isEmpty {
            var table = TextTable("  NAME", "BECOMES")
            for name in first {
                table.append("  \(name.name)", name.becomes ?? Wording.nothing)
            }
            text += table.text
        }
        if names > first.count { text += "  and \(names - first.count) more\n" }
        return text
            + "  not approved: pipamctl plan apply --provider settings lets it through, pipamctl "
            + "config withdraw drops it\n"
    }
}

extension ConfigDifferenceAnswer {
    /// For people.
    package var text: String {
        let waiting = held.map { "\n" + $0.text } ?? ""
        let head = "\(file) against version \(version) of the cluster's settings".printable
        guard !differences.isEmpty else { return "\(head): no difference\n" + waiting }
        var table = TextTable("SETTING", "CLUSTER", "FILE")
        for difference in differences {
            table.append(
                difference.key, difference.cluster ?? Wording.nothing,
                difference.file ?? Wording.nothing)
        }
        let count = Wording.count(differences.count, "difference")
        return "\(head): \(count)\n\n" + table.text
            + "\npipamctl config apply gives the cluster what the file says.\n" + waiting
    }

    /// File and cluster differ, or settings wait.
    package var needsAttention: Bool { !differences.isEmpty || held != nil }
}

extension ConfigApplyAnswer {
    /// For people.
    package var text: String {
        let settings = Wording.count(changed, "setting")
        switch outcome {
        case .applied: return "\(settings) changed, version \(version) is in force.\n"
        case .unchanged: return "Nothing to do: version \(version) says what the file says.\n"
        case .held: return "\(settings) would change.\n\n" + (held?.text ?? "")
        case .refused:
            let remedy = remedy.map { "; \($0)" } ?? ""
            return "Refused: \(reason ?? "no reason is known")\(remedy)".printable + "\n"
        }
    }
}

extension ConfigWithdrawAnswer {
    /// For people.
    package var text: String {
        "Version \(withdrawn.version) was dropped; the settings in force stay.\n"
    }
}
