import Foundation
import HTTPClient
import Testing

@testable import Proxmox

/// Recorded answers of Proxmox's API.
enum Fixture {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures")

    /// The octets of a file, `nodes_network` for nodes_network.json.
    static func octets(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name + ".json")))
    }

    /// The value of `data` in it.
    static func data(_ name: String) throws -> JSONValue {
        try #require(try JSONValue(parsing: octets(name)).members?["data"])
    }

    /// JSON text as a value.
    static func json(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }
}
