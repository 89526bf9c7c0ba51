import PipamAgent
import Testing

/// `pipam check-config` finds what `pipam run` would stop at.
@Suite struct CheckTests {
    private func check(
        _ line: String, in directory: borrowing TemporaryDirectory
    ) throws -> [String] {
        let text = """
            proxmox.url = "https://pve1:8006"
            proxmox.token_id = "pipam@pve!agent"
            proxmox.token_uuid = "1234-5678"
            mapping."example.com".networks = ["10.0.0.0/8"]
            \(line)
            """
        try directory.write(Array(text.utf8), to: "config.toml", mode: 0o600)
        let path = directory.path + "/config.toml"
        return try OneShot.check(path: path, environment: [:]).warnings
    }

    private func refusal(
        of line: String, in directory: borrowing TemporaryDirectory
    ) throws -> String {
        do {
            return try check(line, in: directory).joined()
        } catch let error as ConfigurationError {
            return error.description
        }
    }

    @Test func aGoodConfigurationPasses() throws {
        let directory = try TemporaryDirectory()
        #expect(try check("", in: directory).isEmpty)
    }

    @Test func aWitnessNeedsNoProxmox() throws {
        let directory = try TemporaryDirectory()
        let text = "[cluster]\nrole = \"witness\"\ndirectory = \"\"\n"
        try directory.write(Array(text.utf8), to: "config.toml", mode: 0o600)
        let path = directory.path + "/config.toml"
        #expect(try OneShot.check(path: path, environment: [:]).warnings.isEmpty)
    }

    @Test func authoritiesThatCannotBeReadAreFound() throws {
        let directory = try TemporaryDirectory()
        try directory.write(Array("no certificate".utf8), to: "ca.pem")
        let place = "\(directory.path)/config.toml: proxmox.ca_file: \(directory.path)"
        let ending = "; name a file of certificate authorities"
        #expect(
            try refusal(of: "proxmox.ca_file = \"none\"", in: directory)
                == "\(place)/none: No such file or directory" + ending)
        #expect(
            try refusal(of: "proxmox.ca_file = \"ca.pem\"", in: directory)
                == "\(place)/ca.pem: holds no certificate in PEM form, or a broken one" + ending)
        #expect(
            try refusal(of: "proxmox.ca_file = \".\"", in: directory)
                == "\(place)/.: no regular file" + ending)
    }

    @Test func reverseZonesThatCannotBeMadeAreFound() throws {
        let directory = try TemporaryDirectory()
        let found = try refusal(
            of: "mapping.\"example.net\".networks = [\"0.0.0.0/0\"]", in: directory)
        let place = "\(directory.path)/config.toml:5: mapping.\"example.net\".networks"
        #expect(found.hasPrefix("\(place): 0.0.0.0/0 would take over"), "\(found)")
    }
}
