import Control
import FoundationEssentials

extension OutputReport {
    /// The report for machines: JSON with sorted keys, one object.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// The report for people: a table of guests with their records, then what is not published.
    package func text() -> String {
        var table = TextTable(["VMID", "TYPE", "NODE", "STATUS", "NAME", "RECORD", "", ""])
        for guest in guests {
            let head = [
                "\(guest.vmid)", guest.type, guest.node, guest.status, guest.name ?? "-",
            ]
            let records = guest.records.map { [$0.name, $0.type, $0.data] }
            for (index, record) in (records.isEmpty ? [["-", "", ""]] : records).enumerated() {
                table.append((index == 0 ? head : Array(repeating: "", count: 5)) + record)
            }
        }
        return table.text + section("Not published", findings)
            + section("Could not be seen", problems.map(Self.line))
    }

    private var findings: [String] {
        guests.flatMap { guest in
            guest.unpublished.filter(\.isOfInterest).map {
                "\(guest.vmid) \($0.subject): \($0.reason)"
            }
        }
    }

    private static func line(_ problem: ProblemLine) -> String {
        "\(problem.about): \(problem.message)"
            + (problem.remedy.isEmpty ? "" : " (\(problem.remedy))")
    }

    private func section(_ title: String, _ lines: [String]) -> String {
        guard !lines.isEmpty else { return "" }
        return "\n\(title):\n" + lines.map { "  \($0.printable)\n" }.joined()
    }
}
