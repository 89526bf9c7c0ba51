import Inventory

/// Holds a document against the list of keys: unknown keys, keys given twice, values of the wrong
/// kind. What a text has to say is none of its business; that is `ConfigurationDecoder`'s.
struct SchemaCheck {
    /// One thing that is wrong.
    struct Finding: Equatable {
        let line: Int
        let key: String
        let message: String
    }

    private(set) var findings: [Finding] = []

    /// Checks a table whose place in the list is `pattern` and in the document `shown`.
    mutating func check(_ entries: [DocumentEntry], pattern: [String], shown: [String]) {
        var lines: [String: Int] = [:]
        let names = ConfigurationKey.names(below: pattern)
        for entry in entries {
            let place = shown + [entry.key]
            let name = entry.key.asciiLowercased
            // Domains are compared when they are read: letters are not all that they may differ in.
            if let first = lines.updateValue(entry.line, forKey: name), pattern != ["mapping"] {
                report(entry.line, place, "given twice, first in line \(first); remove one")
            }
            let wildcard = names.first { $0.hasPrefix("<") }
            if let match = names.contains(name) ? name : wildcard {
                check(entry, pattern: pattern + [match], shown: place)
            } else {
                report(
                    entry.line, place, "unknown key; " + remedy(for: entry, pattern, among: names))
            }
        }
    }

    private mutating func check(_ entry: DocumentEntry, pattern: [String], shown: [String]) {
        if entry.node.value == .null { return }
        if let key = ConfigurationKey.all.first(where: { $0.path == pattern }) {
            guard !Self.fits(entry.node.value, key.kind) else { return }
            guard !checkElements(of: entry.node, key, shown: shown) else { return }
            let message =
                key.kind == .secret
                ? "found another kind of value, wanted a text in quotes"
                : "found \(entry.node.summary), wanted \(key.wanted)"
            report(entry.node.line, shown, message)
        } else if case .table(let entries) = entry.node.value {
            check(entries, pattern: pattern, shown: shown)
        } else {
            let names = ConfigurationKey.names(below: pattern).joined(separator: ", ")
            report(
                entry.node.line, shown, "found \(entry.node.kindName), wanted a table with \(names)"
            )
        }
    }

    /// Says of each element of a list what is wrong with it; false if the value is no such list.
    private mutating func checkElements(
        of node: DocumentNode, _ key: ConfigurationKey, shown: [String]
    ) -> Bool {
        let names: [String]
        switch key.kind {
        case .texts: names = []
        case .networks: names = ["cidr"]
        case .translations: names = ["from", "to"]
        default: return false
        }
        guard case .list(let elements) = node.value else { return false }
        for (index, element) in elements.enumerated() {
            if case .table(let entries) = element.value, !names.isEmpty {
                let missing = checkElement(entries, names: names, shown: shown)
                if let missing {
                    report(element.line, shown, "element \(index + 1) has no \(missing)")
                }
            } else if element.text == nil || key.kind == .translations {
                report(
                    element.line, shown,
                    "found \(element.summary) as element \(index + 1), wanted \(key.wanted)")
            }
        }
        return true
    }

    /// Checks a table that stands in a list and has to have just the keys `names`, all texts. Gives
    /// a key that is missing, unless a misspelt one may stand in its place.
    private mutating func checkElement(
        _ entries: [DocumentEntry], names: [String], shown: [String]
    ) -> String? {
        var missing = names
        for entry in entries {
            let name = entry.key.asciiLowercased
            let place = shown + [entry.key]
            if !names.contains(name) {
                let nearest = EditDistance.nearest(to: entry.key, among: names)
                let remedy =
                    nearest.map { "did you mean \($0)?" }
                    ?? "known here: \(names.joined(separator: ", "))"
                report(entry.line, place, "unknown key; \(remedy)")
            } else if !missing.contains(name) {
                report(entry.line, place, "given twice; remove one")
            } else if entry.node.text == nil {
                report(entry.line, place, "found \(entry.node.summary), wanted a text")
            }
            missing.removeAll { $0 == name }
        }
        return entries.count < names.count ? missing.first : nil
    }

    /// What to do about an unknown key.
    private func remedy(
        for entry: DocumentEntry, _ pattern: [String], among names: [String]
    ) -> String {
        if case .table = entry.node.value, pattern.first == "mapping" {
            return "a domain with dots is written in quotes, [mapping.\"example.com\"]"
        }
        if let nearest = EditDistance.nearest(to: entry.key, among: names) {
            return "did you mean \(nearest)?"
        }
        let name = entry.key.asciiLowercased
        let elsewhere = ConfigurationKey.all.first { $0.path.last == name }
        if let elsewhere {
            return "did you mean \(elsewhere.name)?"
        }
        if let nearest = EditDistance.nearest(
            to: entry.key, among: ConfigurationKey.all.compactMap(\.path.last))
        {
            return "did you mean \(nearest), which stands elsewhere?"
        }
        return "known here: \(names.joined(separator: ", "))"
    }

    private mutating func report(_ line: Int, _ shown: [String], _ message: String) {
        findings.append(Finding(line: line, key: KeyText.text(of: shown), message: message))
    }

    private static func fits(_ value: DocumentNode.Value, _ kind: ConfigurationKey.Kind) -> Bool {
        switch (kind, value) {
        case (.secret, .string), (.optionalText, .string), (.boolean, .boolean), (.texts, .string):
            true
        case (.text, .string(let text)):
            !text.isEmpty
        case (.choice(let names), .string(let text)):
            names.contains(text.asciiLowercased)
        case (.integer(let range), .integer(let number)),
            (.seconds(let range), .integer(let number)),
            (.milliseconds(let range), .integer(let number)):
            Int(exactly: number).map(range.contains) ?? false
        case (.texts, .list(let elements)):
            elements.allSatisfy { $0.text != nil }
        case (.networks, .list(let elements)):
            elements.allSatisfy { $0.networkText != nil }
        case (.translations, .table(let entries)):
            entries.allSatisfy { $0.node.text != nil }
        case (.translations, .list(let elements)):
            elements.allSatisfy { $0.texts(ofKeys: ["from", "to"]) != nil }
        default:
            false
        }
    }
}

/// The path of a key as it is shown to people.
enum KeyText {
    /// Parts with dots or other characters than those of a bare key stand in quotes.
    static func text(of parts: [String]) -> String {
        parts.map { part in
            let isBare = part.utf8.allSatisfy { $0.isLetterOrDigit || "-_".utf8.contains($0) }
            return isBare && !part.isEmpty ? part : "\"\(part)\""
        }.joined(separator: ".")
    }
}

extension DocumentNode {
    /// The text, if it is one.
    var text: String? {
        if case .string(let text) = value { text } else { nil }
    }

    /// It is a table.
    var isTable: Bool {
        if case .table = value { true } else { false }
    }

    /// The text of a network in a list: itself, or what `cidr` holds.
    var networkText: String? {
        text ?? texts(ofKeys: ["cidr"])?.first
    }

    /// The texts of a table that has exactly these keys.
    func texts(ofKeys keys: [String]) -> [String]? {
        guard case .table(let entries) = value, entries.count == keys.count else { return nil }
        let texts = keys.compactMap { key in
            entries.first { $0.key.asciiLowercased == key }?.node.text
        }
        return texts.count == keys.count ? texts : nil
    }
}
