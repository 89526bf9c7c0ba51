/// Who may import whom: the table of docs/ARCHITECTURE.md as data.
enum ImportRules {
    /// The rows of Sources, inner ones first.
    enum Row: String {
        case core = "Core"
        case observe = "Observe"
        case agree = "Agree"
        case publish = "Publish"
        case serve = "Serve"
        case platform = "Platform"
        case system = "System"
        case agent = "Agent"
        case programs = "Programs"
    }

    /// A target and what it may import besides the toolchain's modules.
    struct Target {
        let row: Row
        let name: String
        let imports: Set<String>

        init(_ row: Row, _ name: String, _ imports: Set<String> = []) {
            self.row = row
            self.name = name
            self.imports = imports
        }

        /// Where its files lie.
        var directory: String { "Sources/\(row.rawValue)/\(name)" }
    }

    private static let nio: Set<String> = ["NIOCore", "NIOPosix"]

    /// Every target there is. A new one needs a line here and in docs/ARCHITECTURE.md.
    static let targets = [
        Target(.core, "Inventory"),
        Target(.core, "Planning"),
        Target(.core, "Zones", ["Inventory", "Planning"]),
        Target(.core, "ClusterMessages", ["SwiftProtobuf"]),
        Target(
            .core, "ClusterState",
            ["Inventory", "Planning", "Zones", "ClusterMessages", "SwiftProtobuf"]),
        Target(.observe, "Proxmox", ["Inventory", "HTTPClient"]),
        Target(
            .publish, "Nameserver",
            nio.union([
                "Inventory", "Zones", "DNSWire", "DnstapMessages", "OpenSSL", "Threads", "CLDNS",
                "CSystemCalls", "SwiftProtobuf",
            ])),
        Target(
            .publish, "Signing", ["Inventory", "Zones", "OpenSSL", "Threads", "CSystemCalls"]),
        Target(
            .serve, "Control",
            nio.union([
                "HTTPClient", "CSystemCalls", "Hummingbird", "HummingbirdCore", "HTTPTypes",
                "Logging", "ServiceLifecycle",
            ])),
        Target(.publish, "ForeignZones", ["Inventory", "Planning", "Zones", "OpenSSL"]),
        Target(
            .publish, "PowerDNS",
            ["ForeignZones", "Inventory", "Planning", "Zones", "HTTPClient"]),
        Target(
            .publish, "DynamicUpdate",
            nio.union(["ForeignZones", "Inventory", "Planning", "Zones", "DNSWire"])),
        Target(
            .agree, "Consensus",
            nio.union(["OpenSSL", "Threads", "CEtcdRaft", "CSystemCalls", "Logging"])),
        Target(.platform, "OpenSSL", nio.union(["COpenSSL"])),
        Target(.platform, "DNSWire", ["OpenSSL"]),
        Target(.platform, "Threads", ["CSystemCalls"]),
        Target(.platform, "DnstapMessages", ["SwiftProtobuf"]),
        Target(.platform, "HTTPClient", ["OpenSSL", "Threads", "CCurl", "CJansson"]),
        Target(.system, "CLDNS"),
        Target(.system, "COpenSSL"),
        Target(.system, "CEtcdRaft"),
        Target(.system, "CCurl"),
        Target(.system, "CJansson"),
        Target(.system, "CYAML"),
        Target(.system, "CSystemCalls"),
        Target(
            .agent, "PipamAgent",
            [
                "Inventory", "Planning", "Zones", "ClusterState", "Proxmox", "Nameserver",
                "PowerDNS", "DynamicUpdate", "Signing", "Control", "Consensus", "HTTPClient",
                "OpenSSL", "DNSWire",
                "CSystemCalls", "CYAML", "TOMLKit", "ServiceLifecycle", "Logging", "UnixSignals",
            ]),
        Target(.programs, "pipam", ["PipamAgent", "Control", "ArgumentParser"]),
        Target(.programs, "pipamctl", ["Control", "ArgumentParser"]),
    ]

    /// What comes with the toolchain. Core has none of them: no files, clocks or sockets there.
    /// Foundation as a whole is missing on purpose, since it brings ICU along.
    private static let toolchain: Set<String> = [
        "Glibc", "FoundationEssentials", "Synchronization",
    ]

    /// The target that a file belongs to.
    static func target(of path: String) -> Target? {
        targets.first { path.hasPrefix($0.directory + "/") }
    }

    /// Imports that the table does not allow.
    static func forbiddenImports(in file: SourceFile) -> [String] {
        guard !file.isGenerated, let target = target(of: file.path) else { return [] }
        let allowed =
            target.row == .core ? target.imports : target.imports.union(toolchain)
        return imports(in: file).filter { !allowed.contains($0.module) }.map {
            "\(file.path):\($0.line): \(target.name) must not import \($0.module)"
        }
    }

    /// C modules that are imported by none or by several targets. `CSystemCalls` is for everybody.
    static func sharedSystemModules(in files: [SourceFile]) -> [String] {
        var importers: [String: Set<String>] = [:]
        for file in files where file.path.hasPrefix("Sources/") {
            for (module, _) in imports(in: file) {
                importers[module, default: []].insert(target(of: file.path)?.name ?? file.path)
            }
        }
        return targets.filter { $0.row == .system && $0.name != "CSystemCalls" }.compactMap {
            let names = importers[$0.name, default: []].sorted()
            return names.count == 1
                ? nil : "\($0.name) is imported by \(names), wanted exactly one target"
        }
    }

    /// Modules that a file imports and the lines.
    static func imports(in file: SourceFile) -> [(module: String, line: Int)] {
        file.code.enumerated().compactMap { index, line in
            var words = line.split(whereSeparator: { $0 == " " || $0 == "." })[...]
            while let first = words.first,
                first.hasPrefix("@")
                    || ["package", "internal", "private", "public"].contains(first)
            {
                words.removeFirst()
            }
            guard words.first == "import", words.count > 1 else { return nil }
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "func", "var", "let", "typealias", "protocol",
            ]
            let module = words.dropFirst().first { !kinds.contains($0) }
            return module.map { (String($0), index + 1) }
        }
    }
}
