import Inventory
import Yams

/// Reads YAML, and JSON as the part of YAML that it is. Scalars are resolved as YAML 1.2's core
/// schema has them (section 10.3), not as YAML 1.1 does: `no` and `1:30` are texts.
enum YAMLDocument {
    /// Aliases in one document. Each may repeat what earlier ones repeated, so their effect
    /// multiplies; 16 can swell a document some hundred times, no more.
    static let maximumAliases = 16
    /// Values in the document, aliases counted as often as they are used.
    static let maximumNodes = 65_536
    /// Lists and tables inside one another.
    static let maximumDepth = 32

    /// The document as a tree.
    static func read(_ bytes: [UInt8]) throws(DocumentError) -> DocumentNode {
        let text = try DocumentText.text(of: bytes)
        try checkAliases(bytes)
        var converter = Converter()
        guard let root = try compose(text) else { return DocumentNode(.table([]), line: 1) }
        return try converter.node(of: root, depth: 0)
    }

    /// The document as a tree, if it looks like JSON at all.
    static func readJSON(_ bytes: [UInt8]) throws(DocumentError) -> DocumentNode {
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        guard first == UInt8(ascii: "{") else {
            throw DocumentError(line: 1, reason: "not a JSON object: '{' is missing")
        }
        return try read(bytes)
    }

    private static func compose(_ text: String) throws(DocumentError) -> Node? {
        do {
            // The encoding is given because Yams would otherwise ask the environment for it.
            return try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw documentError(error)
        } catch {
            throw DocumentError(line: 1, reason: "not YAML")
        }
    }

    private static func documentError(_ error: YamlError) -> DocumentError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            DocumentError(line: mark.line, reason: problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            DocumentError(
                line: context.mark.line,
                reason: "key given twice: \(duplicates.joined(separator: ", "))")
        case .reader(let problem, _, _, _):
            DocumentError(line: 1, reason: problem)
        default:
            DocumentError(line: 1, reason: "not YAML")
        }
    }

    /// Counts what may be an alias: an asterisk where a value can begin. What stands in a text of
    /// several lines may be counted with them, which errs on the safe side.
    private static func checkAliases(_ bytes: [UInt8]) throws(DocumentError) {
        var count = 0
        var line = 1
        var previous = UInt8(ascii: "\n")
        for (byte, next) in zip(bytes, bytes.dropFirst()) {
            let mayBegin = " \t\r\n[{,:".utf8.contains(previous)
            if byte == UInt8(ascii: "*"), mayBegin, !" \t\r\n".utf8.contains(next) {
                count += 1
            }
            guard count <= maximumAliases else {
                throw DocumentError(
                    line: line, reason: "more than \(maximumAliases) aliases (*name)")
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            previous = byte
        }
    }

    /// Brings Yams' nodes into ours and counts them.
    private struct Converter {
        private var count = 0

        mutating func node(of node: Node, depth: Int) throws(DocumentError) -> DocumentNode {
            let line = node.mark?.line ?? 1
            count += 1
            guard count <= maximumNodes else {
                throw DocumentError(line: line, reason: "more than \(maximumNodes) values")
            }
            guard depth <= maximumDepth else {
                throw DocumentError(
                    line: line, reason: "lists and tables nested more than \(maximumDepth) deep")
            }
            if let scalar = node.scalar {
                return DocumentNode(value(of: scalar), line: line)
            }
            if let mapping = node.mapping {
                return try table(of: mapping, line: line, depth: depth)
            }
            var elements: [DocumentNode] = []
            for element in node.sequence ?? [] {
                elements.append(try self.node(of: element, depth: depth + 1))
            }
            return DocumentNode(.list(elements), line: line)
        }

        private mutating func table(
            of mapping: Node.Mapping, line: Int, depth: Int
        ) throws(DocumentError) -> DocumentNode {
            var entries: [DocumentEntry] = []
            for (key, value) in mapping {
                guard let name = key.scalar?.string else {
                    throw DocumentError(
                        line: key.mark?.line ?? line, reason: "a key that is not a text")
                }
                let child = try node(of: value, depth: depth + 1)
                entries.append(
                    DocumentEntry(key: name, line: key.mark?.line ?? child.line, node: child))
            }
            return DocumentNode(.table(entries), line: line)
        }

        private func value(of scalar: Node.Scalar) -> DocumentNode.Value {
            guard scalar.style == .plain else { return .string(scalar.string) }
            switch scalar.string {
            case "", "~", "null", "Null", "NULL": return .null
            case "true", "True", "TRUE": return .boolean(true)
            case "false", "False", "FALSE": return .boolean(false)
            case let text: return number(text) ?? .string(text)
            }
        }

        /// A decimal number; what looks like a fraction is told apart so that it can be refused.
        private func number(_ text: String) -> DocumentNode.Value? {
            let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
            guard let first = digits.utf8.first, first.isDigit else { return nil }
            if digits.utf8.allSatisfy(\.isDigit) {
                return Int64(text).map(DocumentNode.Value.integer) ?? .unsupported("a huge number")
            }
            return Double(text) == nil || digits.contains("x") ? nil : .unsupported("a fraction")
        }
    }
}
