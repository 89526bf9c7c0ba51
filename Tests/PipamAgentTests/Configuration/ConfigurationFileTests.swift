import Foundation
import PipamAgent
import Testing

/// Where the configuration and its secrets come from.
@Suite struct ConfigurationFileTests: ~Copyable {
    private let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "pipam-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory + "/system", withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let path = "\(directory)/\(name)"
        let parent = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func configuration(_ secret: String) -> String {
        """
        proxmox.url = "https://pve1:8006"
        proxmox.token_id = "pipam@pve!agent"
        mapping."example.com".networks = ["10.0.0.0/8"]
        \(secret)
        """
    }

    private func load(
        _ path: String, _ environment: [String: String] = [:]
    ) throws(ConfigurationError) -> ConfigurationFile.Loaded {
        try ConfigurationFile.load(path: path, environment: environment)
    }

    @Test func theUsersDirectoryGoesBeforeTheSystems() throws {
        let system = directory + "/system"
        let environment = ["XDG_CONFIG_HOME": directory + "/xdg", "HOME": directory]
        func find(_ environment: [String: String]) throws(ConfigurationError) -> String {
            try ConfigurationFile.find(environment: environment, systemDirectory: system)
        }
        #expect(
            throws: ConfigurationError.notFound(places: [
                directory + "/xdg/pipam/config.toml", system + "/config.toml",
            ])
        ) { try find(environment) }
        let inSystem = try write("", to: "system/config.yml")
        #expect(try find(environment) == inSystem)
        let inHome = try write("", to: ".config/pipam/config.json")
        #expect(try find(environment) == inSystem)
        #expect(try find(["HOME": directory]) == inHome)
        #expect(try find(["HOME": directory, "XDG_CONFIG_HOME": "relative"]) == inHome)
        let inXDG = try write("", to: "xdg/pipam/config.toml")
        #expect(try find(environment) == inXDG)
        let second = try write("", to: "xdg/pipam/config.yaml")
        #expect(throws: ConfigurationError.ambiguous(paths: [inXDG, second])) {
            try find(environment)
        }
    }

    @Test func theEndingSaysTheFormat() throws {
        let yaml = """
            proxmox: {url: https://pve1:8006, token_id: pipam@pve!agent, token_uuid: x}
            """
        #expect(try load(write(yaml, to: "a.yml")).configuration.proxmox.concurrency == 8)
        #expect(throws: ConfigurationError.self) { try load(write(yaml, to: "a.json")) }
        let toml = try write(configuration("proxmox.token_uuid = \"x\""), to: "a.conf")
        #expect(try load(toml).path == toml)
    }

    @Test func aFileThatCannotBeReadIsNamed() throws {
        let missing = directory + "/missing.toml"
        let expected = ConfigurationError.unreadable(
            path: missing, reason: "No such file or directory")
        #expect(throws: expected) { try load(missing) }
        #expect(expected.description == "\(missing): No such file or directory")
        #expect(throws: ConfigurationError.unreadable(path: directory, reason: "no regular file")) {
            try load(directory)
        }
        let long = String(repeating: "#", count: ConfigurationFile.maximumOctets + 1)
        let path = try write(long, to: "long.toml")
        #expect(
            throws: ConfigurationError.unreadable(path: path, reason: "longer than 1048576 octets")
        ) { try load(path) }
    }

    @Test func theEnvironmentGoesBeforeTheFileBeforeTheCredentialBeforeTheText() throws {
        _ = try write("from-file\n", to: "token")
        _ = try write("from-credential\n", to: "credentials/proxmox-token")
        let inline = try write(configuration("proxmox.token_uuid = \"inline\""), to: "a.toml")
        let both = try write(
            configuration("proxmox.token_uuid = \"inline\"\nproxmox.token_uuid_file = \"token\""),
            to: "b.toml")
        let neither = try write(configuration(""), to: "c.toml")
        let credentials = ["CREDENTIALS_DIRECTORY": directory + "/credentials"]
        let variable = ["PIPAM_PROXMOX_TOKEN_UUID": "from-environment"]
        func secret(_ path: String, _ environment: [String: String]) throws -> String? {
            try load(path, environment).configuration.proxmox.tokenSecret?.exposed
        }
        #expect(try secret(inline, [:]) == "inline")
        #expect(try secret(inline, credentials) == "from-credential")
        #expect(try secret(both, credentials) == "from-file")
        #expect(try secret(both, variable.merging(credentials) { $1 }) == "from-environment")
        #expect(try secret(neither, variable) == "from-environment")
        #expect(throws: ConfigurationError.self) { try secret(neither, [:]) }
    }

    @Test(arguments: [
        (0o600, false), (0o640, false), (0o400, false), (0o660, true), (0o644, true),
        (0o604, true),
    ])
    func aSecretFileOpenToOthersWarns(mode: Int, warns: Bool) throws {
        let token = try write("secret", to: "token", mode: mode)
        let text = configuration("proxmox.token_uuid_file = \"\(token)\"")
        let loaded = try load(write(text, to: "a.toml", mode: 0o644))
        #expect(loaded.warnings.map(\.key) == (warns ? ["proxmox.token_uuid_file"] : []))
    }

    @Test func anInlineSecretInAReadableFileWarns() throws {
        let text = configuration("proxmox.token_uuid = \"very-secret\"")
        let closed = try write(text, to: "a.toml", mode: 0o640)
        #expect(try load(closed).warnings.isEmpty)
        let open = try write(text, to: "b.toml", mode: 0o644)
        #expect(
            try load(open).warnings.map(\.description) == [
                "\(open):4: proxmox.token_uuid: everybody on this host can read it; "
                    + "chmod o= \(open)"
            ])
    }

    @Test(arguments: ["", " \n", "two words", "h\u{e4}"])
    func anUnusableSecretIsRefusedAndNotShown(text: String) throws {
        let token = try write(text, to: "token")
        let path = try write(
            configuration("proxmox.token_uuid_file = \"\(token)\""), to: "a.toml")
        let error = #expect(throws: ConfigurationError.self) { try load(path) }
        let message = error?.description ?? ""
        #expect(
            message == "\(path):4: proxmox.token_uuid_file: the secret in \(token) is empty or has "
                + "characters other than printable ASCII")
    }

    @Test func aMissingSecretFileIsNamedWithItsReason() throws {
        let path = try write(configuration("proxmox.token_uuid_file = \"./none\""), to: "a.toml")
        let error = #expect(throws: ConfigurationError.self) { try load(path) }
        #expect(
            error?.description
                == "\(path):4: proxmox.token_uuid_file: \(directory)/./none: "
                + "No such file or directory")
    }

    @Test func aSecretNeverPrintsItself() throws {
        let secret = try #require(Secret(" hunter2\n"))
        var dumped = ""
        dump(secret, to: &dumped)
        var configuration = Configuration()
        configuration.proxmox.tokenSecret = secret
        dump(configuration, to: &dumped)
        let printed = "\(secret) \(String(reflecting: secret)) \(configuration) \(dumped)"
        #expect(!printed.contains("hunter2"))
        #expect(secret.exposed == "hunter2")
    }

    @Test func aSecretOfTheWrongKindIsNotShown() throws {
        let path = try write(configuration("proxmox.token_uuid = 987654"), to: "a.toml")
        let error = #expect(throws: ConfigurationError.self) { try load(path) }
        #expect(error?.description.contains("987654") == false)
        #expect(error?.description.contains("proxmox.token_uuid: found another kind") == true)
    }
}
