import Inventory

/// A table of the document and its place, for reading keys whose kind was checked before. A value
/// of another kind reads as absent.
struct ConfigurationSection {
    /// The keys from the root, as written.
    let path: [String]
    /// Where the table begins; `nil` when it is not in the document.
    let line: Int?
    /// In the order of the document.
    let entries: [DocumentEntry]

    /// A table, or an empty section for any other value.
    init(_ node: DocumentNode?, path: [String]) {
        self.path = path
        line = path.isEmpty ? nil : node?.line
        if case .table(let entries) = node?.value {
            self.entries = entries
        } else {
            entries = []
        }
    }

    /// A key or table of this name was given, whatever stands for it.
    func has(_ key: String) -> Bool { entry(key) != nil }

    /// The line of a key, else that of the section.
    func line(of key: String) -> Int? { entry(key)?.line ?? line }

    /// The table of that name, empty if there is none.
    func section(_ key: String) -> ConfigurationSection {
        ConfigurationSection(entry(key)?.node, path: path + [entry(key)?.key ?? key])
    }

    /// The text that stands for a key.
    func text(_ key: String) -> String? { entry(key)?.node.text }

    /// The truth value that stands for a key.
    func boolean(_ key: String) -> Bool? {
        if case .boolean(let flag) = entry(key)?.node.value { flag } else { nil }
    }

    /// The number that stands for a key, if it lies in the key's range.
    func integer(_ key: String) -> Int? {
        guard case .integer(let number) = entry(key)?.node.value,
            let range = range(of: key), let value = Int(exactly: number), range.contains(value)
        else { return nil }
        return value
    }

    /// The seconds that stand for a key.
    func seconds(_ key: String) -> Duration? { integer(key).map { .seconds($0) } }

    /// The seconds that stand for a key, as DNS counts them.
    func ttlSeconds(_ key: String) -> UInt32? { integer(key).flatMap { UInt32(exactly: $0) } }

    /// The elements of a list; a value that is no list counts as a list of itself.
    func elements(_ key: String) -> [DocumentNode]? {
        guard let node = entry(key)?.node else { return nil }
        switch node.value {
        case .list(let elements): return elements
        case .null: return nil
        case .string, .integer, .boolean, .table, .unsupported: return [node]
        }
    }

    /// A table from text to text, or a list of `{ from, to }`.
    func pairs(_ key: String) -> [(from: String, to: String, line: Int)] {
        switch entry(key)?.node.value {
        case .table(let entries):
            entries.compactMap { entry in
                entry.node.text.map { (entry.key, $0, entry.line) }
            }
        case .list(let elements):
            elements.compactMap { element in
                element.texts(ofKeys: ["from", "to"]).map { ($0[0], $0[1], element.line) }
            }
        default:
            []
        }
    }

    private func entry(_ key: String) -> DocumentEntry? {
        entries.first { $0.key.asciiLowercased == key && $0.node.value != .null }
    }

    private func range(of key: String) -> ClosedRange<Int>? {
        let name = path.map(\.asciiLowercased) + [key]
        switch ConfigurationKey.all.first(where: { $0.path == name })?.kind {
        case .integer(let range), .seconds(let range), .milliseconds(let range): return range
        default: return nil
        }
    }
}
