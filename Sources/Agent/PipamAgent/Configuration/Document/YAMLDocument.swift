import Inventory

/// Reads YAML, and JSON as the part of YAML that it is. Scalars are resolved as YAML 1.2's core
/// schema has them (section 10.3), not as YAML 1.1 does: `no` and `1:30` are texts. Tags are
/// refused, since no key of ours needs one.
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
        _ = try DocumentText.text(of: bytes)
        var builder = try TreeBuilder(bytes)
        return try builder.document() ?? DocumentNode(.table([]), line: 1)
    }

    /// The document as a tree, if it looks like JSON at all.
    static func readJSON(_ bytes: [UInt8]) throws(DocumentError) -> DocumentNode {
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        guard first == UInt8(ascii: "{") else {
            throw DocumentError(line: 1, reason: "not a JSON object: '{' is missing")
        }
        return try read(JSONEscapes.joiningSurrogates(in: bytes))
    }
}

/// Makes a tree of a parser's events. Every bound is checked before the parser goes on, so that a
/// document which breaks one costs no more than one which does not.
private struct TreeBuilder: ~Copyable {
    /// A value, how many it consists of, and how deep they lie below it.
    private struct Subtree {
        let node: DocumentNode
        var count = 1
        var height = 0
    }

    private var parser: YAMLParser
    /// What aliases may stand for. A value comes in when it ends, so none can hold itself.
    private var anchors: [String: Subtree] = [:]
    private var aliasCount = 0
    private var nodeCount = 0

    init(_ bytes: [UInt8]) throws(DocumentError) {
        parser = try YAMLParser(bytes)
    }

    /// The only document; `nil` when there is none.
    mutating func document() throws(DocumentError) -> DocumentNode? {
        guard case .documentStart = try parser.next().kind else { return nil }
        let root = try subtree(try parser.next(), depth: 0)
        // The end of the document, then that of the stream.
        _ = try parser.next()
        let last = try parser.next()
        guard case .streamEnd = last.kind else {
            throw DocumentError(line: last.line, reason: "a second document; one is wanted")
        }
        return root.node
    }

    /// The value that begins with `event`.
    private mutating func subtree(
        _ event: YAMLParser.Event, depth: Int
    ) throws(DocumentError) -> Subtree {
        let subtree: Subtree
        let name: String?
        switch event.kind {
        case .alias(let anchor):
            return try target(of: anchor, line: event.line, depth: depth)
        case .scalar(let scalar, let anchor):
            try enter(line: event.line, depth: depth)
            let value = try Self.value(of: scalar, line: event.line)
            subtree = Subtree(node: DocumentNode(value, line: event.line))
            name = anchor
        case .listStart(let anchor):
            try enter(line: event.line, depth: depth)
            subtree = try list(line: event.line, depth: depth)
            name = anchor
        case .tableStart(let anchor):
            try enter(line: event.line, depth: depth)
            subtree = try table(line: event.line, depth: depth)
            name = anchor
        case .documentStart, .documentEnd, .listEnd, .tableEnd, .streamEnd:
            preconditionFailure("libyaml began a value with \(event.kind)")
        }
        if let name { anchors[name] = subtree }
        return subtree
    }

    /// The rest of a list whose start was just read.
    private mutating func list(line: Int, depth: Int) throws(DocumentError) -> Subtree {
        var elements: [DocumentNode] = []
        var (count, height) = (1, 0)
        while true {
            let event = try parser.next()
            if case .listEnd = event.kind { break }
            let element = try subtree(event, depth: depth + 1)
            elements.append(element.node)
            count += element.count
            height = max(height, element.height + 1)
        }
        return Subtree(
            node: DocumentNode(.list(elements), line: line), count: count, height: height)
    }

    /// The rest of a table whose start was just read.
    private mutating func table(line: Int, depth: Int) throws(DocumentError) -> Subtree {
        var entries: [DocumentEntry] = []
        var keys: Set<String> = []
        var (count, height) = (1, 0)
        while true {
            let event = try parser.next()
            if case .tableEnd = event.kind { break }
            let key = try Self.key(event)
            guard keys.insert(key).inserted else {
                throw DocumentError(line: line, reason: "key given twice: \(key)")
            }
            let value = try subtree(try parser.next(), depth: depth + 1)
            entries.append(DocumentEntry(key: key, line: event.line, node: value.node))
            count += value.count
            height = max(height, value.height + 1)
        }
        return Subtree(
            node: DocumentNode(.table(entries), line: line), count: count, height: height)
    }

    /// What an alias stands for; its values count again.
    private mutating func target(
        of anchor: String, line: Int, depth: Int
    ) throws(DocumentError) -> Subtree {
        aliasCount += 1
        guard aliasCount <= YAMLDocument.maximumAliases else {
            throw DocumentError(
                line: line, reason: "more than \(YAMLDocument.maximumAliases) aliases (*name)")
        }
        guard let subtree = anchors[anchor] else {
            throw DocumentError(
                line: line,
                reason: "an alias (*name), and no &name before it; a text with * stands in quotes")
        }
        try enter(
            subtree.count, line: subtree.node.line, depth: depth + subtree.height)
        return subtree
    }

    /// Counts values that lie at most `depth` deep.
    private mutating func enter(
        _ count: Int = 1, line: Int, depth: Int
    ) throws(DocumentError) {
        nodeCount += count
        guard nodeCount <= YAMLDocument.maximumNodes else {
            throw DocumentError(
                line: line, reason: "more than \(YAMLDocument.maximumNodes) values")
        }
        guard depth <= YAMLDocument.maximumDepth else {
            throw DocumentError(
                line: line,
                reason: "lists and tables nested more than \(YAMLDocument.maximumDepth) deep")
        }
    }
}

extension TreeBuilder {
    private static func key(_ event: YAMLParser.Event) throws(DocumentError) -> String {
        guard case .scalar(let scalar, _) = event.kind else {
            throw DocumentError(line: event.line, reason: "a key that is not a text")
        }
        return try text(of: scalar, line: event.line)
    }

    /// Quoted texts may hold the octet 0 as an escape, and end wherever C reads them.
    private static func text(
        of scalar: YAMLParser.Scalar, line: Int
    ) throws(DocumentError) -> String {
        guard !scalar.text.utf8.contains(0) else {
            throw DocumentError(line: line, reason: "\\0 is no character to use")
        }
        return scalar.text
    }

    private static func value(
        of scalar: YAMLParser.Scalar, line: Int
    ) throws(DocumentError) -> DocumentNode.Value {
        let text = try text(of: scalar, line: line)
        guard scalar.isPlain else { return .string(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        default: return number(text) ?? .string(text)
        }
    }

    /// A decimal number; what looks like a fraction is told apart so that it can be refused.
    private static func number(_ text: String) -> DocumentNode.Value? {
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, first.isDigit else { return nil }
        if digits.utf8.allSatisfy(\.isDigit) {
            return Int64(text).map(DocumentNode.Value.integer) ?? .unsupported("a huge number")
        }
        return Double(text) == nil || digits.contains("x") ? nil : .unsupported("a fraction")
    }
}
