import FoundationEssentials

/// How numbers and states read to people.
package enum Wording {
    /// What stands in a cell where there is nothing.
    static let nothing = "-"

    /// "45 s", "12 min", "3 h 5 min", "4 d 2 h".
    static func span(seconds: UInt64) -> String {
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        if days > 0 { return "\(days) d" + part(hours % 24, "h") }
        if hours > 0 { return "\(hours) h" + part(minutes % 60, "min") }
        return minutes > 0 ? "\(minutes) min" : "\(seconds) s"
    }

    /// How long ago something was.
    static func past(_ time: UInt64?, now: UInt64) -> String {
        guard let time else { return "never" }
        return time < now ? span(seconds: now - time) + " ago" : "now"
    }

    /// When something will be.
    static func future(_ time: UInt64?, now: UInt64) -> String {
        guard let time else { return nothing }
        return time > now ? "in " + span(seconds: time - now) : "now"
    }

    /// Seconds since 1970 as `2026-11-22T08:00:00Z`.
    package static func time(_ seconds: UInt64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    /// "1 zone", "2 zones".
    package static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }

    static func yesOrNo(_ flag: Bool) -> String { flag ? "yes" : "no" }

    /// "4.0 GiB"; "512 MiB".
    static func size(_ bytes: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = bytes
        var tenths: UInt64 = 0
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            tenths = value % 1024 * 10 / 1024
            value /= 1024
            unit += 1
        }
        return tenths == 0 ? "\(value) \(units[unit])" : "\(value).\(tenths) \(units[unit])"
    }

    /// A value of the API as words: "awaiting_approval" as "awaiting approval".
    static func words(_ value: some RawRepresentable<String>) -> String {
        value.rawValue.split(separator: "_").joined(separator: " ")
    }

    /// "powerdns: in step, netbox: conflict (a record made by hand stands there)".
    static func states(_ states: [EntryState]) -> String {
        guard !states.isEmpty else { return nothing }
        return states.map { state in
            let reason = state.reason.map { " (\($0))" } ?? ""
            return "\(state.provider): \(words(state.state))\(reason)"
        }.joined(separator: ", ")
    }

    private static func part(_ number: UInt64, _ unit: String) -> String {
        number == 0 ? "" : " \(number) \(unit)"
    }
}

/// A list below a title, empty for an empty list.
func section(_ title: String, _ lines: [String]) -> String {
    guard !lines.isEmpty else { return "" }
    return "\n\(title):\n" + lines.map { "  \($0.printable)\n" }.joined()
}

extension ReportedProblem {
    /// One line.
    var line: String { "\(about): \(message)" + (remedy.isEmpty ? "" : "; \(remedy)") }
}
