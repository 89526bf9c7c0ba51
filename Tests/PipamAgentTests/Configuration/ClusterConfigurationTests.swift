import Inventory
import PipamAgent
import Testing

/// `[cluster]`: what a host is among the others.
@Suite struct ClusterConfigurationTests {
    private func load(_ text: String) throws -> Configuration.Cluster {
        try ConfigurationFile.decode(
            Array(
                """
                proxmox.url = "https://pve1:8006"
                proxmox.token_id = "pipam@pve!agent"
                proxmox.token_uuid = "1234-5678"
                \(text)
                """.utf8), format: .toml, path: "config.toml"
        ).configuration.cluster
    }

    @Test func everythingHasADefault() throws {
        let cluster = try load("")
        #expect(cluster == Configuration.Cluster())
        #expect(cluster.directory == .automatic)
        #expect(cluster.heartbeatInterval == .milliseconds(500))
        #expect(cluster.electionTimeout == .seconds(5))
        #expect(cluster.role == .full)
        #expect(cluster.voters == nil)
    }

    @Test func whatIsGivenCounts() throws {
        let cluster = try load(
            """
            [cluster]
            directory = "/srv/pipam"
            listen = ["192.0.2.1", "[2001:db8::1]:9000"]
            advertise = ["pve1.example.com:8553", "2001:db8::1"]
            role = "Witness"
            node = "pve1"
            heartbeat_interval = 20
            election_timeout = 100
            voters = 5
            """)
        #expect(cluster.directory == .path("/srv/pipam"))
        #expect(
            try cluster.listenAddresses().map(\.description)
                == ["192.0.2.1:8553", "[2001:db8::1]:9000"])
        #expect(
            try cluster.memberAddresses().map(\.text)
                == ["pve1.example.com:8553", "[2001:db8::1]:8553"])
        #expect(cluster.role == .witness)
        #expect(cluster.node == "pve1")
        #expect(cluster.heartbeatInterval == .milliseconds(20))
        #expect(cluster.electionTimeout == .milliseconds(100))
        #expect(cluster.voters == 5)
    }

    @Test func whatIsListenedAtIsTold() throws {
        let cluster = try load("cluster.listen = \"192.0.2.1:9000\"")
        #expect(try cluster.memberAddresses().map(\.text) == ["192.0.2.1:9000"])
    }

    @Test func anEmptyDirectoryIsNone() throws {
        #expect(try load("cluster.directory = \"\"").directory == .none)
    }

    @Test func aWitnessCollectsNothing() throws {
        let witness = "[cluster]\nrole = \"witness\"\n"
        let loaded = try ConfigurationFile.decode(
            Array(witness.utf8), format: .toml, path: "config.toml")
        #expect(loaded.configuration.cluster.role == .witness)
        #expect(loaded.warnings.isEmpty)
        #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.decode(Array(), format: .toml, path: "config.toml")
        }
    }

    @Test func theDirectoryFollowsFromTheHost() throws {
        let directory = try TemporaryDirectory()
        let root = "\(directory.path)/pve"
        #expect(ClusterPlace.configured(.automatic, proxmoxRoot: root) == nil)
        try directory.makeDirectory("pve")
        #expect(
            ClusterPlace.configured(.automatic, proxmoxRoot: root)
                == ClusterPlace(path: "\(root)/priv/pipam", proxmoxRoot: root))
        #expect(
            ClusterPlace.configured(.path("\(root)/priv/other"), proxmoxRoot: root)
                == ClusterPlace(path: "\(root)/priv/other", proxmoxRoot: root))
        #expect(
            ClusterPlace.configured(.path("/srv/pipam"), proxmoxRoot: root)
                == ClusterPlace(path: "/srv/pipam"))
        #expect(ClusterPlace.configured(.none, proxmoxRoot: root) == nil)
    }
}
