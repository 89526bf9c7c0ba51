extension RecordChangeAnswer {
    /// For people.
    package var text: String { text(of: nil) }

    /// The same with the name of the file that the lines are of.
    package func text(of file: String?) -> String {
        var text = findings.map { $0.text(of: file) }.joined()
        for difference in differences { text += difference.text }
        let rest = added + changed + removed - differences.count
        if rest > 0 { text += "and \(Wording.count(rest, "further record set"))\n" }
        if !guests.isEmpty {
            let numbers = guests.map(String.init).joined(separator: ", ")
            text += "guests that lose names: \(numbers)\n"
        }
        return text + "\(zone): \(summary)".printable + "\n"
    }

    private var summary: String {
        let counts =
            "\(Wording.count(added, "record set")) added, \(changed) changed, "
            + "\(removed) removed"
        return switch outcome {
        case .done: counts
        case .unchanged: "nothing to change"
        case .shown: "nothing was changed; it would be: \(counts)"
        case .refused: "nothing was changed"
        }
    }
}

extension RecordRemark {
    /// "zone.db:12: error: ..."
    fileprivate func text(of file: String?) -> String {
        let place = [file, line.map(String.init)].compactMap(\.self).joined(separator: ":")
        return (place.isEmpty ? "" : "\(place.printable): ")
            + "\(severity.rawValue): \(message.printable)\n"
    }
}

extension RecordDifference {
    fileprivate var text: String {
        let head = "\(name) \(type)"
        let lines =
            from.filter { !to.contains($0) }.map { "- \(head) \($0)" }
            + to.filter { !from.contains($0) }.map { "+ \(head) \($0)" }
        let same = lines.isEmpty ? ["  \(head) TTL \(ttl ?? 0)"] : lines
        return same.map { $0.printable + "\n" }.joined()
    }
}
