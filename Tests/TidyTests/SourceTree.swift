import Foundation

/// A file of the repository.
struct SourceFile: Sendable {
    /// The path from the repository's root, `Sources/Core/Zones/Zone.swift`.
    let path: String
    /// The lines as they stand there.
    let lines: [String]
    /// The lines of a Swift file with comments and the insides of strings blanked; otherwise empty.
    let code: [String]

    /// Takes the text of a file, real or made up.
    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = path.hasSuffix(".swift") ? SwiftCode.blanked(text) : []
    }

    /// Written by a program; its look is not ours.
    var isGenerated: Bool { path.hasSuffix(".pb.swift") }

    /// The directory that holds it.
    var directory: String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }
}

/// The repository that these tests stand in.
enum SourceTree {
    /// The repository's root, with a slash at the end.
    static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.map { $0 + "/" }.joined()
    }()

    /// Made by builds and runs, and not part of the repository: what .gitignore lists.
    static let ignored: Set<String> = [".git", ".build", ".demo", "debian", "Package.resolved"]

    /// Every text file of the repository, in order of their paths; read once.
    static let files: Result<[SourceFile], any Error> = Result {
        try topLevelEntries().flatMap { try paths(below: $0).sorted().compactMap(read) }
    }

    /// The Swift files.
    static func swiftFiles() throws -> [SourceFile] {
        try files.get().filter { $0.path.hasSuffix(".swift") }
    }

    /// What stands at the root, except what builds make.
    static func topLevelEntries() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root).sorted().filter {
            !ignored.contains($0) && !$0.hasSuffix(".o")
        }
    }

    /// The text of one file; `nil` if it is not there or is not text.
    static func read(_ path: String) -> SourceFile? {
        guard let text = try? String(contentsOfFile: root + path, encoding: .utf8) else {
            return nil
        }
        return SourceFile(path: path, text: text)
    }

    /// Something of that path is there.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root + path)
    }

    private static func paths(below top: String) throws -> [String] {
        var isDirectory: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: root + top, isDirectory: &isDirectory)
        guard isThere, isDirectory.boolValue else { return isThere ? [top] : [] }
        return try FileManager.default.subpathsOfDirectory(atPath: root + top).map {
            "\(top)/\($0)"
        }
    }
}
