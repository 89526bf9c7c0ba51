import Foundation
import Inventory
import PipamAgent
import Testing

/// The documents say what the list of keys says.
@Suite struct DocumentationTests {
    private func lines(of path: String) throws -> [String] {
        let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
        return try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func theDocumentListsTheKeysWithTheirDefaults() throws {
        let expected = ConfigurationKey.all.map { key in
            let isLiteral = !key.defaultText.hasPrefix("(")
            let defaultText = isLiteral ? "`\(key.defaultText)`" : key.defaultText
            return "| `\(key.name)` | \(key.wanted) | \(defaultText) | \(key.meaning) |"
        }
        let tables = try lines(of: "docs/CONFIGURATION.md").split {
            $0 == "| key | value | default | meaning |"
        }
        let found = tables.dropFirst().flatMap { table in
            table.prefix { $0.hasPrefix("|") }.dropFirst()
        }
        expectSame(found, expected)
    }

    @Test func theDocumentListsTheSecrets() throws {
        let found = try lines(of: "docs/CONFIGURATION.md").filter { $0.contains("| PIPAM_") }
        expectSame(
            found,
            [
                "| `proxmox.token_uuid` | PIPAM_PROXMOX_TOKEN_UUID | `proxmox.token_uuid_file` "
                    + "| proxmox-token |",
                "| `dns.powerdns.api_key` | PIPAM_POWERDNS_API_KEY | `dns.powerdns.api_key_file` "
                    + "| powerdns-api-key |",
                "| `nameserver.keys.<name>.secret` | PIPAM_TSIG_<NAME> "
                    + "| `nameserver.keys.<name>.secret_file` | tsig-<name> |",
                "| `ipam.netbox.token` | PIPAM_NETBOX_TOKEN | `ipam.netbox.token_file` "
                    + "| netbox-token |",
            ])
    }

    @Test func theManualPageListsTheKeysWithTheirDefaults() throws {
        let lines = try lines(of: "man/pipam.toml.5")
        let found = lines.filter { $0.hasPrefix(".It Ic ") }
        expectSame(found, ConfigurationKey.all.map { ".It Ic \($0.name)" })
        for key in ConfigurationKey.all {
            let start = try #require(lines.firstIndex(of: ".It Ic \(key.name)"))
            #expect(lines[start + 1] == key.meaning)
            #expect(lines[start + 2].lowercased() == key.wanted.lowercased() + ".")
            let words = key.defaultText.trimmingCharacters(in: ["(", ")"])
            let expected =
                switch key.defaultText {
                case "(required)": "Required."
                case "(none)": "No default."
                default: "Default: \(words)."
                }
            #expect(lines[start + 3] == expected)
        }
    }

    /// What the examples in the documents say has to be so.
    @Test func theExamplesWork() throws {
        let document = try lines(of: "docs/CONFIGURATION.md")
        let example = document.drop { $0 != "    [proxmox]" }.prefix { !$0.hasPrefix("`") }
            .map { $0.dropFirst(4) }.joined(separator: "\n")
            .replacing("token_uuid_file", with: "token_uuid")
        let loaded = try ConfigurationFile.decode(
            Array(example.utf8), format: .toml, path: "config.toml")
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.configuration.mappings.count == 1)

        let notes = try lines(of: "docs/GUEST_SETTINGS.md").filter { $0.hasPrefix("    ") }
            .map { $0.dropFirst(4) }.prefix { !$0.hasPrefix("line ") }.joined(separator: "\n")
        let reading = GuestNotes.read(notes)
        #expect(reading.problem == nil)
        #expect(reading.settings.name == "web1")
        #expect(reading.settings.mapping.count == 1)
    }

    private func expectSame(_ found: [String], _ expected: [String]) {
        let missing = Set(expected).subtracting(found).sorted()
        let extra = Set(found).subtracting(expected).sorted()
        #expect(missing.isEmpty, "missing:\n\(missing.joined(separator: "\n"))")
        #expect(extra.isEmpty, "too many:\n\(extra.joined(separator: "\n"))")
        #expect(found.count == expected.count)
    }
}
