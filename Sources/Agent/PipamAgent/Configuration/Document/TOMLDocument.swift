import TOMLKit

/// Reads TOML. The values come from TOMLKit, which tells no positions; the lines come from
/// `TOMLScanner`, which goes first and refuses what the C++ parser below TOMLKit must not see.
enum TOMLDocument {
    /// The document as a tree. Entries stand in the order of their lines.
    static func read(_ bytes: [UInt8]) throws(DocumentError) -> DocumentNode {
        let text = try DocumentText.text(of: bytes)
        var scanner = TOMLScanner(bytes)
        let lines = try scanner.scan()
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw DocumentError(line: error.source.begin.line, reason: oneLine(error.description))
        } catch {
            throw DocumentError(line: 1, reason: "not TOML")
        }
        return node(of: table, at: [], line: 1, lines: lines)
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private static func node(
        of table: TOMLTable, at path: [TOMLScanner.Step], line: Int,
        lines: [[TOMLScanner.Step]: Int]
    ) -> DocumentNode {
        var entries: [DocumentEntry] = []
        for key in table.keys {
            guard let value = table[key]?.tomlValue else { continue }
            let keyPath = path + [.key(key)]
            let keyLine = lines[keyPath] ?? line
            let node = node(of: value, at: keyPath, line: keyLine, lines: lines)
            entries.append(DocumentEntry(key: key, line: keyLine, node: node))
        }
        entries.sort { ($0.line, $0.key) < ($1.line, $1.key) }
        return DocumentNode(.table(entries), line: line)
    }

    private static func node(
        of value: TOMLValue, at path: [TOMLScanner.Step], line: Int,
        lines: [[TOMLScanner.Step]: Int]
    ) -> DocumentNode {
        if let table = value.table {
            return node(of: table, at: path, line: line, lines: lines)
        }
        if let array = value.array {
            let elements = (0..<array.count).map { index in
                let elementPath = path + [.index(index)]
                return node(
                    of: array[index].tomlValue, at: elementPath,
                    line: lines[elementPath] ?? line, lines: lines)
            }
            return DocumentNode(.list(elements), line: line)
        }
        return DocumentNode(scalar(value), line: line)
    }

    private static func scalar(_ value: TOMLValue) -> DocumentNode.Value {
        if let text = value.string { return .string(text) }
        if let number = value.int { return .integer(Int64(number)) }
        if let flag = value.bool { return .boolean(flag) }
        return .unsupported("a fraction or date")
    }
}
