/// Rules about single files of Swift. Each gives one line per breach, with the place.
enum CodeRules {
    static let maximumFileLines = 600
    static let maximumFunctionLines = 70
    static let maximumColumns = 100

    /// Files that hold two ideas.
    static func longFiles(_ file: SourceFile) -> [String] {
        guard !file.isGenerated, file.lines.count > maximumFileLines + 1 else { return [] }
        return ["\(file.path): \(file.lines.count - 1) lines, wanted at most \(maximumFileLines)"]
    }

    /// Lines that do not fit.
    static func longLines(_ file: SourceFile) -> [String] {
        guard !file.isGenerated else { return [] }
        return breaches(file, file.lines, "line of more than \(maximumColumns) columns") {
            $0.count > maximumColumns
        }
    }

    /// Functions that do too much. A declaration ends at the brace in its own column, as
    /// swift-format puts it. A function that begins with `let cases` or is given arguments by
    /// `@Test` is a table and may be longer.
    static func longFunctions(_ file: SourceFile) -> [String] {
        guard !file.isGenerated else { return [] }
        return file.code.indices.compactMap { start in
            guard isFunction(file.code[start]), let end = end(ofBlockAt: start, in: file.code),
                end - start + 1 > maximumFunctionLines, !isTable(start, in: file)
            else { return nil }
            return "\(file.path):\(start + 1): \(end - start + 1) lines, "
                + "wanted at most \(maximumFunctionLines)"
        }
    }

    /// Words that have no place in code, with what to do instead.
    static func bannedCode(_ file: SourceFile) -> [String] {
        guard !file.isGenerated else { return [] }
        let isSource = file.path.hasPrefix("Sources/")
        let isProgram = file.path.hasPrefix("Sources/Programs/")
        var banned: [(Regex<Substring>, String)] = [
            (#/\btry!/#, "try!"), (#/\bas!/#, "as!"), (#/Dispatch(?:Queue)/#, "DispatchQueue"),
            (#/\bcatch\s*\{\s*\}/#, "an empty catch"),
            (#/^\s*Task(?:\.detached)?\s*(?:\([^)]*\))?\s*\{/#, "a Task without a handle"),
        ]
        if isSource {
            banned.append((#/\bfatalError\(/#, "fatalError(, use preconditionFailure"))
            banned.append(
                (
                    #/^\s*(?:public|open)\s+(?:\w+\s+)*(?:func|var|let|class|struct|enum|init)\b/#,
                    "public; package is enough"
                ))
        }
        if isSource, !isProgram {
            banned.append((#/(?:^|[^\w.])print\(/#, "print( outside a program"))
        }
        return banned.flatMap { pattern, name in
            breaches(file, file.code, name) { $0.contains(pattern) }
        }
    }

    /// A task for later names who knows of it and when it is due: `TODO(name, condition):`.
    static func looseEnds(_ file: SourceFile) -> [String] {
        // Written apart, since this file is searched as well.
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
        return breaches(file, file.lines, "a task without name and condition") { line in
            let words = line.split { !$0.isLetter }
            return words.contains { marks.contains(String($0)) }
                && !line.contains(#/\bTO{1}DO\([^,)]+, [^)]+\):/#)
        }
    }

    /// Declarations for other targets that say nothing about themselves. What a protocol of the
    /// standard library asks for speaks for itself.
    static func undocumented(_ file: SourceFile) -> [String] {
        guard file.path.hasPrefix("Sources/"), !file.isGenerated else { return [] }
        return file.code.indices.compactMap { index in
            let line = file.code[index]
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count > 1, words[0] == "package" || words[0] == "public",
                words[1] != "import", !isWitness(line)
            else { return nil }
            var above = index - 1
            while above >= 0, file.code[above].contains(#/^\s*@/#) { above -= 1 }
            let isDocumented = above >= 0 && file.lines[above].contains(#/^\s*\/\/\//#)
            return isDocumented ? nil : "\(file.path):\(index + 1): no documentation"
        }
    }

    /// How often a target may tell the compiler to trust it about concurrency: once for each thing
    /// it wraps whose safety Swift cannot see. A target that is not here may not.
    static let uncheckedAllowances = ["HTTPClient": 1, "OpenSSL": 1, "Nameserver": 1]

    /// Places where the compiler was told to trust us without a comment above, and targets that did
    /// so more often than they may.
    static func uncheckedConcurrency(_ files: [SourceFile]) -> [String] {
        let pattern = #/@unchecked\s+Sendable|nonisolated\(unsafe\)/#
        var counts: [String: Int] = [:]
        var breaches: [String] = []
        for file in files where file.path.hasPrefix("Sources/") && !file.isGenerated {
            let places = file.code.indices.filter { file.code[$0].contains(pattern) }
            let name = ImportRules.target(of: file.path)?.name ?? file.path
            counts[name, default: 0] += places.count
            breaches += places.filter { $0 == 0 || !file.lines[$0 - 1].contains("//") }.map {
                "\(file.path):\($0 + 1): concurrency unchecked without a word on why it is safe"
            }
        }
        let excesses = counts.filter { $0.value > uncheckedAllowances[$0.key, default: 0] }
        return breaches
            + excesses.map { "\($0.key): concurrency unchecked \($0.value) times" }.sorted()
    }

    // MARK: Helpers

    private static func breaches(
        _ file: SourceFile, _ lines: [String], _ what: String, where isBreach: (String) -> Bool
    ) -> [String] {
        lines.indices.filter { isBreach(lines[$0]) }.map { "\(file.path):\($0 + 1): \(what)" }
    }

    /// Goes by words, which is many times faster than one expression for all of it.
    private static func isFunction(_ line: String) -> Bool {
        let starts = ["init(", "init?(", "init<", "subscript(", "subscript<"]
        for word in line.split(separator: " ") {
            if word == "func" || word == "deinit" { return true }
            if word == "var" { return line.hasSuffix("{") }
            if starts.contains(where: word.hasPrefix) { return true }
        }
        return false
    }

    /// The last line of a block whose declaration begins at `start`; `nil` without a body.
    private static func end(ofBlockAt start: Int, in code: [String]) -> Int? {
        let indentation = code[start].prefix { $0 == " " }
        if code[start].hasSuffix("}") { return start }
        for index in code.indices.dropFirst(start + 1) {
            let line = code[index]
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            guard line.prefix(while: { $0 == " " }).count <= indentation.count else { continue }
            let rest = line.dropFirst(indentation.count)
            if rest.hasPrefix("}") { return index }
            // The line that closes the parameters, and a where clause or brace of its own.
            guard rest.hasPrefix(")") || rest.hasPrefix("where") || rest.hasPrefix("{") else {
                return nil
            }
        }
        return nil
    }

    private static func isTable(_ start: Int, in file: SourceFile) -> Bool {
        guard file.path.hasPrefix("Tests/") else { return false }
        let before = file.code[max(0, start - 1)...start].joined()
        let after = file.code[start...].prefix(3).joined()
        return before.contains("])") || after.contains("let cases")
    }

    private static func isWitness(_ line: String) -> Bool {
        let patterns = [
            #/func (?:<|==)/#, #/\b(?:description|debugDescription|customMirror|rawValue|id)\b/#,
            #/hash\(into|init\(rawValue|func (?:next|makeIterator)\(/#,
            #/unownedExecutor|checkIsolated/#,
        ]
        return patterns.contains { line.contains($0) }
    }
}
