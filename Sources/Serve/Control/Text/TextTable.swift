/// A table for people: a head, aligned columns, two spaces between. Cells hold tenants' input, so
/// whatever could drive a terminal or begin a line is shown as an escape. Nothing is cut off.
package struct TextTable: Sendable {
    private let head: [String]
    private var rows: [[String]] = []

    /// - `head`: the columns' names.
    package init(_ head: String...) {
        self.init(head)
    }

    /// The same.
    package init(_ head: [String]) {
        self.head = head
    }

    /// Adds a row, with as many cells as the head.
    package mutating func append(_ cells: String...) {
        append(cells)
    }

    /// The same.
    package mutating func append(_ cells: [String]) {
        precondition(cells.count == head.count, "\(cells.count) cells below \(head.count) columns")
        rows.append(cells.map(\.printable))
    }

    /// There are no rows.
    package var isEmpty: Bool { rows.isEmpty }

    /// The lines, each with its end.
    package var text: String {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
