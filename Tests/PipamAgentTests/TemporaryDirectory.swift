import Foundation

/// A directory that goes with its owner.
struct TemporaryDirectory: ~Copyable {
    /// An absolute path.
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "pipam-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The names of what lies in a directory of it, sorted.
    func entries(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)").sorted()
    }

    /// Writes a file there.
    func write(_ octets: [UInt8], to name: String, mode: Int = 0o644) throws {
        let file = "\(path)/\(name)"
        try Data(octets).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    }

    /// Makes a directory there.
    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(path)/\(name)", withIntermediateDirectories: false)
    }

    /// Removes what has that name.
    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    /// The permissions of what has that name.
    func mode(of name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        return attributes[.posixPermissions] as? Int ?? -1
    }
}
