import Foundation

/// A directory of its own for one test; removed with it.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "pipam-consensus-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The log's segments, by name.
    static func segments(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory + "/wal")
            .filter { $0.hasSuffix(".wal") }.sorted().map { directory + "/wal/" + $0 }
    }

    static func octets(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// A segment without most of the room that was made for it, which takes long to copy.
    static func shortened(_ path: String) throws -> [UInt8] {
        let octets = try octets(path)
        let end = LogFixture.frames(octets).last ?? 0
        return Array(octets.prefix(end + 1024))
    }

    static func write(_ octets: [UInt8], to path: String) throws {
        try Data(octets).write(to: URL(fileURLWithPath: path))
    }
}
