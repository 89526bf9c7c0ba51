// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: no warning survives, the upcoming features of the style guide.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// The core row: besides, no unsafe pointer compiles.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(
    name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

let core: [Target] = [
    .target(name: "Inventory", path: "Sources/Core/Inventory", swiftSettings: pure),
    .target(name: "Planning", path: "Sources/Core/Planning", swiftSettings: pure),
    .target(
        name: "Zones", dependencies: ["Inventory", "Planning"], path: "Sources/Core/Zones",
        swiftSettings: pure),
    // Generated code: exempt from the strict settings.
    .target(
        name: "ClusterMessages", dependencies: [protobuf], path: "Sources/Core/ClusterMessages",
        exclude: ["cluster.proto"]),
    .target(
        name: "ClusterState",
        dependencies: ["Inventory", "Planning", "Zones", "ClusterMessages", protobuf],
        path: "Sources/Core/ClusterState", swiftSettings: pure),
]

let edges: [Target] = [
    .target(
        name: "Proxmox", dependencies: ["Inventory", "HTTPClient"], path: "Sources/Observe/Proxmox",
        swiftSettings: strict),
    .target(
        name: "Nameserver",
        dependencies: [
            "Inventory", "Zones", "DNSWire", "DnstapMessages", "OpenSSL", "Threads", "CLDNS",
            "CSystemCalls", nioCore, nioPosix, protobuf,
        ],
        path: "Sources/Publish/Nameserver", swiftSettings: strict),
    .target(
        name: "Signing",
        dependencies: ["Inventory", "Zones", "OpenSSL", "Threads", "CSystemCalls"],
        path: "Sources/Publish/Signing", swiftSettings: strict),
    .target(
        name: "Control",
        dependencies: [
            "HTTPClient", "CSystemCalls", hummingbird, hummingbirdCore, httpTypes, nioCore,
            nioPosix, log, lifecycle,
        ],
        path: "Sources/Serve/Control", resources: [.embedInCode("openapi.yaml")],
        swiftSettings: strict),
    // What providers of DNS have in common; the one room of this row that others in it enter.
    .target(
        name: "ForeignZones", dependencies: ["Inventory", "Planning", "Zones", "OpenSSL"],
        path: "Sources/Publish/ForeignZones", swiftSettings: strict),
    .target(
        name: "PowerDNS",
        dependencies: ["ForeignZones", "Inventory", "Planning", "Zones", "HTTPClient"],
        path: "Sources/Publish/PowerDNS", swiftSettings: strict),
    .target(
        name: "DynamicUpdate",
        dependencies: [
            "ForeignZones", "Inventory", "Planning", "Zones", "DNSWire", nioCore, nioPosix,
        ],
        path: "Sources/Publish/DynamicUpdate", swiftSettings: strict),
    .target(
        name: "Consensus",
        dependencies: [
            "OpenSSL", "Threads", "CEtcdRaft", "CSystemCalls", log, nioCore, nioPosix,
        ],
        path: "Sources/Agree/Consensus", swiftSettings: strict),
]

let platform: [Target] = [
    .target(
        name: "Threads", dependencies: ["CSystemCalls"], path: "Sources/Platform/Threads",
        swiftSettings: strict),
    .target(
        name: "OpenSSL", dependencies: ["COpenSSL", nioCore], path: "Sources/Platform/OpenSSL",
        swiftSettings: strict),
    .target(
        name: "DNSWire", dependencies: ["OpenSSL"], path: "Sources/Platform/DNSWire",
        swiftSettings: strict),
    // Generated code: exempt from the strict settings.
    .target(
        name: "DnstapMessages", dependencies: [protobuf],
        path: "Sources/Platform/DnstapMessages", exclude: ["dnstap.proto"]),
    .target(
        name: "HTTPClient", dependencies: ["OpenSSL", "Threads", "CCurl", "CJansson"],
        path: "Sources/Platform/HTTPClient", swiftSettings: strict),
]

let system: [Target] = [
    .systemLibrary(
        name: "CLDNS", path: "Sources/System/CLDNS", pkgConfig: "ldns",
        providers: [.apt(["libldns-dev"])]),
    .systemLibrary(
        name: "COpenSSL", path: "Sources/System/COpenSSL", pkgConfig: "openssl",
        providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
        name: "CYAML", path: "Sources/System/CYAML", pkgConfig: "yaml-0.1",
        providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(
        name: "CJansson", path: "Sources/System/CJansson", pkgConfig: "jansson",
        providers: [.apt(["libjansson-dev"])]),
    // Built by `make engine`, which also writes its pkg-config file.
    .systemLibrary(name: "CEtcdRaft", path: "Sources/System/CEtcdRaft", pkgConfig: "pipamraft"),
    .target(name: "CCurl", path: "Sources/System/CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "CSystemCalls", path: "Sources/System/CSystemCalls"),
]

let programs: [Target] = [
    .target(
        name: "PipamAgent",
        dependencies: [
            "Inventory", "Planning", "Zones", "ClusterState", "Proxmox", "Nameserver", "HTTPClient",
            "PowerDNS", "DynamicUpdate", "Signing", "Control", "Consensus", "OpenSSL", "DNSWire",
            "CSystemCalls",
            "CYAML", log, lifecycle, unixSignals, "TOMLKit",
        ],
        path: "Sources/Agent/PipamAgent", swiftSettings: strict),
    .executableTarget(
        name: "pipam", dependencies: ["PipamAgent", "Control", argumentParser],
        path: "Sources/Programs/pipam",
        swiftSettings: strict),
    .executableTarget(
        name: "pipamctl", dependencies: ["Control", argumentParser],
        path: "Sources/Programs/pipamctl", swiftSettings: strict),
]

let tests: [Target] = [
    .target(
        name: "TestSupport", dependencies: ["Inventory", "Planning", "Zones"],
        path: "Tests/Support", swiftSettings: strict),
    .testTarget(
        name: "InventoryTests", dependencies: ["Inventory", "TestSupport"], swiftSettings: strict),
    .testTarget(
        name: "PlanningTests",
        dependencies: ["Inventory", "Planning", "Zones", "ClusterState", "TestSupport"],
        swiftSettings: strict),
    .testTarget(
        name: "ZonesTests", dependencies: ["Inventory", "Planning", "Zones", "TestSupport"],
        swiftSettings: strict),
    .testTarget(
        name: "ClusterStateTests",
        dependencies: ["Inventory", "Planning", "Zones", "ClusterState", "TestSupport"],
        swiftSettings: strict),
    .testTarget(
        name: "PipamAgentTests",
        dependencies: [
            "PipamAgent", "Inventory", "Planning", "Zones", "ClusterState", "Proxmox",
            "Nameserver", "DNSWire", "PowerDNS", "DynamicUpdate", "Signing", "Control",
            "HTTPClient", "OpenSSL", "TestServers", log,
        ],
        swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
    // Appends to a log until it is killed.
    .executableTarget(
        name: "log-child", dependencies: ["Consensus"], path: "Tests/LogChild",
        swiftSettings: strict),
    .testTarget(
        name: "ConsensusTests", dependencies: ["Consensus", "log-child", log],
        swiftSettings: strict),
    .testTarget(name: "OpenSSLTests", dependencies: ["OpenSSL"], swiftSettings: strict),
    .testTarget(
        name: "PeerTests", dependencies: ["Consensus", "OpenSSL", log, nioCore, nioPosix],
        swiftSettings: strict),
    .testTarget(
        name: "SigningTests",
        dependencies: ["Signing", "Inventory", "Zones", "OpenSSL", "TestServers", "TestSupport"],
        swiftSettings: strict),
    .testTarget(name: "ThreadsTests", dependencies: ["Threads"], swiftSettings: strict),
    .testTarget(
        name: "DNSWireTests", dependencies: ["DNSWire", "TestSupport"], swiftSettings: strict),
    .testTarget(
        name: "NameserverTests",
        dependencies: [
            "Inventory", "Zones", "DNSWire", "DnstapMessages", "Nameserver", "OpenSSL",
            "TestServers", "TestSupport", "zone-server", protobuf,
        ],
        swiftSettings: strict),
    // Our zones at other people's servers.
    .testTarget(
        name: "TransferTests",
        dependencies: [
            "Inventory", "Zones", "DNSWire", "Nameserver", "OpenSSL", "TestServers",
            "TestSupport",
        ],
        swiftSettings: strict),
    // The name server alone, for comparisons with others.
    .target(
        name: "RecordFiles", dependencies: ["Inventory", "Zones"], path: "Tests/RecordFiles",
        swiftSettings: strict),
    .executableTarget(
        name: "zone-server",
        dependencies: [
            "Inventory", "Zones", "DNSWire", "Nameserver", "RecordFiles", "Signing", "TestSupport",
            "CSystemCalls",
        ],
        path: "Tests/ZoneServer", swiftSettings: strict),
    // Starts the servers that tests run against.
    .target(
        name: "TestServers", dependencies: ["HTTPClient"], path: "Tests/Servers",
        exclude: [
            "install", "canned.py", "children.py", "cluster_agents.py", "cluster_checks.py",
            "cluster_checks_test.py", "cluster_clients.py", "cluster_dns.py", "cluster_faults.py",
            "cluster_guests.py", "cluster_network.py", "cluster_return.py", "cluster_scenario.py",
            "cluster_signing.py", "cluster_trouble.py", "control_api.toml", "control_connect.py",
            "control_hooks.py", "control_relay.py", "dns_differential.py", "dns_peers.py",
            "dns_relay.py", "dns_signed.py", "dns_tls.py", "dns_zones.py", "fakepve_cluster.py",
            "http_server.py", "mixed_cluster.py", "powerdns.py", "powerdns_proxy.py",
            "pve_traps.py", "serving.py",
        ],
        swiftSettings: strict),
    .testTarget(
        name: "HTTPClientTests", dependencies: ["HTTPClient", "OpenSSL", "TestServers"],
        swiftSettings: strict),
    .testTarget(
        name: "ProxmoxTests", dependencies: ["Proxmox", "Inventory", "HTTPClient", "TestServers"],
        exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
        name: "PowerDNSTests",
        dependencies: [
            "PowerDNS", "ForeignZones", "Inventory", "Planning", "Zones", "HTTPClient",
            "TestServers",
        ],
        swiftSettings: strict),
    .testTarget(
        name: "ForeignZonesTests",
        dependencies: ["ForeignZones", "Inventory", "Planning", "Zones"], swiftSettings: strict),
    .testTarget(
        name: "DynamicUpdateTests",
        dependencies: [
            "DynamicUpdate", "ForeignZones", "DNSWire", "Inventory", "Planning", "Zones",
            "TestSupport", "TestServers", "HTTPClient",
        ],
        swiftSettings: strict),
    // The control API with a fake agent behind it.
    .executableTarget(
        name: "control-fixture", dependencies: ["Control", log], path: "Tests/ControlFixture",
        swiftSettings: strict),
    .testTarget(
        name: "ControlTests",
        dependencies: ["Control", "control-fixture", "pipamctl", "HTTPClient", "TestServers", log],
        swiftSettings: strict),
    // Many agents, and what befalls them.
    .testTarget(
        name: "ClusterTests", dependencies: ["HTTPClient", "TestServers", "pipam"],
        swiftSettings: strict),
    // The whole cluster in one process, with virtual time and everything that can go wrong.
    .target(
        name: "Simulation",
        dependencies: ["Inventory", "Zones", "ClusterState", "Consensus", "TestSupport"],
        path: "Tests/Simulation", swiftSettings: strict),
    .executableTarget(
        name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulate",
        exclude: ["run"], swiftSettings: strict),
    .testTarget(
        name: "SimulationTests", dependencies: ["Simulation", "simulate", "TestSupport"],
        swiftSettings: strict),
    // Whole programs against real ones.
    .testTarget(
        name: "IntegrationTests",
        dependencies: ["HTTPClient", "TestServers", "pipam", "pipamctl"], swiftSettings: strict),
]

/// What `make bench` runs and nobody installs.
let benchmarks: [Target] =
    Context.environment["PIPAM_BENCHMARKS"] == nil
    ? []
    : [
        .executableTarget(
            name: "collect-bench", dependencies: ["Proxmox", "Inventory", "HTTPClient"],
            path: "Benchmarks/collect", exclude: ["run"], swiftSettings: strict),
        .executableTarget(
            name: "powerdns-bench",
            dependencies: ["PowerDNS", "Inventory", "Planning", "Zones", "HTTPClient"],
            path: "Benchmarks/powerdns", exclude: ["run"], swiftSettings: strict),
        .executableTarget(
            name: "cluster-bench",
            dependencies: [
                "Consensus", "ClusterState", "Inventory", "Zones", "OpenSSL", "CSystemCalls", log,
                nioCore, nioPosix,
            ],
            path: "Benchmarks/cluster", exclude: ["run", "etcd-client"], swiftSettings: strict),
        .target(name: "Counting", path: "Benchmarks/dns/counting"),
        .executableTarget(
            name: "dns-bench",
            dependencies: ["Nameserver", "DNSWire", "RecordFiles", "Counting"],
            path: "Benchmarks/dns",
            exclude: ["run", "soak", "lab.py", "rounds.py", "loader.c", "counting"],
            swiftSettings: strict),
    ]

let package = Package(
    name: "pipam",
    products: [
        .executable(name: "pipam", targets: ["pipam"]),
        .executable(name: "pipamctl", targets: ["pipamctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        // Its traits bring all of Foundation, and ICU with it.
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        // Its traits bring files of settings and all of Foundation.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
        // What the others bring along, so that everybody builds the same; no target names them, and
        // of those that only parts of Hummingbird we leave out want, nothing is compiled.
        .package(url: "https://github.com/apple/swift-algorithms", exact: "1.2.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-async-algorithms", exact: "1.1.4"),
        .package(url: "https://github.com/apple/swift-atomics", exact: "1.3.0"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-structured-headers", exact: "1.7.0"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-transport-services", exact: "1.28.0"),
        .package(url: "https://github.com/apple/swift-numerics", exact: "1.1.1"),
        .package(url: "https://github.com/apple/swift-service-context", exact: "1.5.1"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(
            url: "https://github.com/swift-server/async-http-client", exact: "1.37.0", traits: []),
    ],
    targets: core + edges + platform + system + programs + tests + benchmarks,
    swiftLanguageModes: [.v6]
)
