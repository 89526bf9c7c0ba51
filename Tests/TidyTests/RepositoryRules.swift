import Foundation

/// Rules about the repository as a whole.
enum RepositoryRules {
    /// What stands at the root of every checkout.
    static let required: Set<String> = [
        ".gitignore", ".swift-format", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
        "Package.swift", "README.md", "SECURITY.md", "Sources", "Tests", "docs", "man",
    ]
    /// What may stand there besides, from the day there is something in it.
    static let optional: Set<String> = [
        ".ci", ".github", "Benchmarks", "demo", "packaging", "systemd",
    ]

    /// Entries that are missing or do not belong there.
    static func strayEntries(_ entries: [String]) -> [String] {
        let missing = required.subtracting(entries).sorted().map { "\($0) is missing" }
        let stray = Set(entries).subtracting(required).subtracting(optional).sorted()
        return missing + stray.map { "\($0) does not belong at the root" }
    }

    /// Words that tell of where the code was written instead of what it is.
    static func bannedWords(_ file: SourceFile) -> [String] {
        // Written apart, since this file is searched as well.
        let words = ["/wo" + "rk/", "/wo" + "rk\"", "sha" + "red/"]
        return file.lines.indices.flatMap { index in
            words.filter { file.lines[index].contains($0) }.map {
                "\(file.path):\(index + 1): \($0)"
            }
        }
    }

    /// Links from one document to another, or to a heading, that lead nowhere. `lookUp` gives the
    /// document at a path, `exists` whether there is anything.
    static func deadLinks(
        in file: SourceFile, lookUp: (String) -> SourceFile?, exists: (String) -> Bool
    ) -> [String] {
        file.lines.enumerated().flatMap { index, line in
            line.matches(of: #/\]\(([^)\s]+)\)/#).compactMap { match in
                let target = String(match.1)
                guard !target.contains("://"), !target.hasPrefix("mailto:") else { return nil }
                let parts = target.split(
                    separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let path =
                    parts[0].isEmpty
                    ? file.path : resolved(String(parts[0]), from: file.directory)
                let isThere = exists(path)
                let hasHeading =
                    parts.count == 1
                    || lookUp(path).map { headings($0).contains(String(parts[1])) }
                        == true
                return isThere && hasHeading
                    ? nil : "\(file.path):\(index + 1): \(target) leads nowhere"
            }
        }
    }

    /// Targets that hold no declaration: a room nobody lives in.
    static func emptyTargets(_ files: [SourceFile]) -> [String] {
        ImportRules.targets.filter { $0.row != .system }.compactMap { target in
            let isFilled = files.contains { file in
                file.path.hasPrefix(target.directory + "/")
                    && file.code.contains { $0.contains(#/\b(struct|enum|class|actor|func)\s/#) }
            }
            return isFilled ? nil : "\(target.directory) is empty"
        }
    }

    /// Folders of Sources that are no target of the table, and targets without a folder.
    static func unknownTargets(_ files: [SourceFile]) -> [String] {
        let found = Set(
            files.compactMap { file -> String? in
                let parts = file.path.split(separator: "/")
                guard parts.count > 3, parts[0] == "Sources" else { return nil }
                return parts.prefix(3).joined(separator: "/")
            })
        let known = Set(ImportRules.targets.map(\.directory))
        return found.subtracting(known).sorted().map { "\($0) is in no row of the table" }
            + known.subtracting(found).sorted().map { "\($0) does not exist" }
    }

    /// What is in one of Package.resolved, Package.swift and docs/DEPENDENCIES.md and differs in
    /// another. Of Package.swift only what it pins is compared: the direct dependencies.
    static func dependencyDifferences(
        resolved: [String: String], pinned: [String: String], documented: [String: String]
    ) -> [String] {
        let names = Set(resolved.keys).union(documented.keys)
        let undocumented = names.sorted().compactMap { name in
            resolved[name] == documented[name]
                ? nil
                : "\(name): resolved \(resolved[name] ?? "not"), "
                    + "documented \(documented[name] ?? "not")"
        }
        let unpinned = pinned.sorted { $0.key < $1.key }.compactMap { name, version in
            resolved[name] == version
                ? nil : "\(name): pinned \(version), resolved \(resolved[name] ?? "not")"
        }
        return undocumented + unpinned
    }

    /// Versions by package in lower case, as Package.resolved has them.
    static func resolvedVersions(_ text: String) throws -> [String: String] {
        struct Resolved: Decodable {
            struct Pin: Decodable {
                struct State: Decodable { let version: String? }
                let identity: String
                let state: State
            }
            let pins: [Pin]
        }
        let resolved = try JSONDecoder().decode(Resolved.self, from: Data(text.utf8))
        return Dictionary(
            uniqueKeysWithValues: resolved.pins.map { ($0.identity, $0.state.version ?? "none") })
    }

    /// Versions by package in lower case, as Package.swift pins them.
    static func pinnedVersions(_ text: String) -> [String: String] {
        let matches = text.matches(of: #/\.package\(\s*url: "[^"]*\/([^"\/]+)", exact: "([^"]+)"/#)
        return Dictionary(
            uniqueKeysWithValues: matches.map { (String($0.1).lowercased(), String($0.2)) })
    }

    /// Packages that are asked for without an exact version.
    static func looseRequirements(_ text: String) -> Int {
        text.matches(of: #/\.package\(/#).count - pinnedVersions(text).count
    }

    /// Versions by package in lower case: rows `| name | version | ...` of the document's tables.
    static func documentedVersions(_ file: SourceFile) -> [String: String] {
        var versions: [String: String] = [:]
        for line in file.lines {
            if let match = line.firstMatch(of: #/^\| ([\w.-]+) \| (\d+\.\d+\.\d+) \|/#) {
                versions[match.1.lowercased()] = String(match.2)
            }
        }
        return versions
    }

    /// The anchors of a document's headings, as Git forges make them.
    private static func headings(_ file: SourceFile) -> Set<String> {
        Set(
            file.lines.filter { $0.hasPrefix("#") }.map { line in
                let title = line.drop { $0 == "#" || $0 == " " }.lowercased()
                return String(
                    title.compactMap { character -> Character? in
                        if character == " " { return "-" }
                        let isKept = character.isLetter || character.isNumber
                        return isKept || character == "-" || character == "_" ? character : nil
                    })
            })
    }

    private static func resolved(_ path: String, from directory: String) -> String {
        var parts = directory.split(separator: "/").map(String.init)
        for part in path.split(separator: "/") {
            if part == ".." {
                _ = parts.popLast()
            } else if part != "." {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
