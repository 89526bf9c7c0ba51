import PipamAgent
import Testing

/// Problems are told of the file that they are in.
@Suite struct SharedSettingsTests {
    /// Loads a host's file beside a shared one and gives the places of what is wrong.
    private func problems(own: String = "", shared: String) throws -> [String] {
        let directory = try TemporaryDirectory()
        try directory.write(Array(shared.utf8), to: "cluster.toml")
        let text = """
            proxmox.url = "https://pve1:8006"
            proxmox.token_id = "pipam@pve!agent"
            proxmox.token_uuid = "00000000-0000-4000-8000-000000000000"
            cluster.settings_file = "\(directory.path)/cluster.toml"
            \(own)
            """
        try directory.write(Array(text.utf8), to: "config.toml", mode: 0o600)
        return Self.places(of: directory.path + "/config.toml")
    }

    private static func places(of path: String) -> [String] {
        do {
            _ = try ConfigurationFile.load(path: path, environment: [:])
            return []
        } catch {
            guard case .invalid(let problems) = error else { return ["\(error)"] }
            return problems.map {
                let name = $0.path.split(separator: "/").last ?? ""
                return "\(name):\($0.line ?? 0): \($0.key ?? "")"
            }
        }
    }

    @Test func aValueInTheSharedFileIsToldOfIt() throws {
        #expect(
            try problems(
                shared: """
                    [dns]
                    ttl_guest = 60

                    [mapping."example.com"]
                    networks = ["10.0.0.0/8", "10.0.0.300/8"]
                    """) == ["cluster.toml:5: mapping.\"example.com\".networks"])
        #expect(
            try problems(
                own: "[dns]\nttl_guest = 60",
                shared: "skip_cidrs = []\ndns.ttl_guest = \"long\"")
                == ["cluster.toml:2: dns.ttl_guest"])
    }

    @Test func aValueInTheHostsOwnFileIsToldOfThat() throws {
        #expect(
            try problems(
                own: "log.level = \"loud\"", shared: "skip_cidrs = [\"10.0.0.0/99\"]")
                == ["config.toml:5: log.level", "cluster.toml:1: skip_cidrs"])
    }

    @Test func bothGoodAreJoined() throws {
        #expect(
            try problems(
                own: "dns.ttl_guest = 60",
                shared: "mapping.\"example.com\".networks = [\"10.0.0.0/8\"]") == [])
    }
}
