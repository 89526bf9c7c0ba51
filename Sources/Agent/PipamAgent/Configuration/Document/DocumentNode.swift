/// A value of a configuration document, with the line it stands on. TOML, YAML and JSON are all
/// brought into this form first, so that everything behind it is written once.
package struct DocumentNode: Equatable, Sendable {
    /// What the value is.
    package enum Value: Equatable, Sendable {
        case string(String)
        case integer(Int64)
        case boolean(Bool)
        case list([DocumentNode])
        case table([DocumentEntry])
        /// Nothing, as `key:` in YAML and `null` in JSON: the key counts as absent.
        case null
        /// A value that no key of ours takes, such as a date; the text says what it is.
        case unsupported(String)
    }

    /// What the value is.
    package var value: Value
    /// Where it begins, counted from 1.
    package var line: Int

    /// Joins the two.
    package init(_ value: Value, line: Int) {
        self.value = value
        self.line = line
    }

    /// The value as an error message names it: `the text "ten"`, `the number 7`.
    package var summary: String {
        switch value {
        case .string(let text): "the text \"\(text.prefix(40))\""
        case .integer(let number): "the number \(number)"
        case .boolean(let flag): "\(flag)"
        case .list, .table, .null, .unsupported: kindName
        }
    }

    /// What stands for a key; `nil` if nothing does, or this is no table.
    package subscript(_ key: String) -> DocumentNode? {
        guard case .table(let entries) = value else { return nil }
        return entries.first { $0.key == key }?.node
    }

    /// What kind of value it is, without the value, which may be a secret in the wrong place.
    package var kindName: String {
        switch value {
        case .string: "a text"
        case .integer: "a number"
        case .boolean: "true or false"
        case .list: "a list"
        case .table: "a table"
        case .null: "nothing"
        case .unsupported(let kind): kind
        }
    }
}

/// A key of a table and what it stands for.
package struct DocumentEntry: Equatable, Sendable {
    /// The key as written.
    package var key: String
    /// The line of the key, counted from 1.
    package var line: Int
    /// What it stands for.
    package var node: DocumentNode

    /// Joins the three.
    package init(key: String, line: Int, node: DocumentNode) {
        self.key = key
        self.line = line
        self.node = node
    }
}

/// A document that cannot be read as what it claims to be.
package struct DocumentError: Error, Equatable {
    /// Where reading stopped, counted from 1.
    package let line: Int
    /// What is wrong there, in words that fit behind a colon.
    package let reason: String

    /// Joins the two.
    package init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }
}

/// The languages a configuration may be written in.
package enum DocumentFormat: String, CaseIterable, Sendable {
    case toml, yaml, json

    /// Goes by the ending of the path; TOML when the ending says nothing.
    package init(path: String) {
        let ending = path.split(separator: ".").last?.lowercased() ?? ""
        switch ending {
        case "yaml", "yml": self = .yaml
        case "json": self = .json
        default: self = .toml
        }
    }

    /// Reads a document whose root is a table.
    package func read(_ bytes: [UInt8]) throws(DocumentError) -> DocumentNode {
        switch self {
        case .toml: try TOMLDocument.read(bytes)
        case .yaml: try YAMLDocument.read(bytes)
        case .json: try YAMLDocument.readJSON(bytes)
        }
    }
}

/// Text checks that every reader makes before a foreign parser sees a byte.
enum DocumentText {
    /// The bytes as text. Refused are octets that are not UTF-8, and the octet 0, which ends a C
    /// string and would hide what follows it.
    static func text(of bytes: [UInt8]) throws(DocumentError) -> String {
        if let end = bytes.firstIndex(of: 0) {
            throw DocumentError(
                line: line(of: end, in: bytes), reason: "a NUL octet, which text must not have")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DocumentError(line: firstInvalidLine(of: bytes), reason: "not UTF-8 text")
        }
        return text
    }

    private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
        1 + bytes[..<offset].count { $0 == UInt8(ascii: "\n") }
    }

    /// UTF-8 never uses the octet of a line feed inside a character, so lines can be tried one
    /// by one.
    private static func firstInvalidLine(of bytes: [UInt8]) -> Int {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
        return 1 + (index ?? 0)
    }
}
