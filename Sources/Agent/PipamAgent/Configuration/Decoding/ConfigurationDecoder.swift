import Inventory

/// Makes a `Configuration` of a document, and goes on after an error so that all are told at once.
/// A value of the wrong kind was reported by `SchemaCheck` before and counts as absent here.
struct ConfigurationDecoder {
    /// Where secrets may come from, and how the configuration file itself is protected.
    struct Surroundings {
        /// The file's path as shown in messages; its directory is where relative paths start.
        var path: String
        /// The file's permission bits; `nil` when there is no file.
        var mode: UInt32?
        /// The process's environment.
        var environment: [String: String]
    }

    let surroundings: Surroundings
    private let root: ConfigurationSection
    /// What was read so far; for the parts of this type in other files.
    var configuration = Configuration()
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationWarning] = []

    /// Decodes at once; the result is `configuration` if there are no `problems`.
    init(_ document: DocumentNode, surroundings: Surroundings) {
        self.surroundings = surroundings
        root = ConfigurationSection(document, path: [])
        checkKeys(document)
        decodeGeneral()
        configuration.cluster = decodeCluster(root.section("cluster"))
        configuration.proxmox = decodeProxmox(root.section("proxmox"))
        configuration.mappings = decodeMappings(root.section("mapping"))
        configuration.zones = decodeZones(root.section("dns"))
        configuration.nameserver = decodeNameserver(root.section("nameserver"))
        configuration.powerDNS = decodePowerDNS(root.section("dns"))
        configuration.dynamicUpdate = decodeDynamicUpdate(
            root.section("dns"), keys: configuration.nameserver.transfer.keys)
        configuration.brake = decodeBrake(root.section("brake"))
        configuration.control = decodeControl(root.section("control"))
        configuration.metrics = decodeMetrics(root.section("metrics"))
        decodeWaiting()
        checkAcrossSections()
        problems.sort { ($0.line ?? .max, $0.message) < ($1.line ?? .max, $1.message) }
        warnings.sort { ($0.line ?? .max, $0.message) < ($1.line ?? .max, $1.message) }
    }

    private mutating func checkKeys(_ document: DocumentNode) {
        guard case .table(let entries) = document.value else {
            problems.append(
                ConfigurationProblem(
                    path: surroundings.path, line: document.line, key: nil,
                    message: "found \(document.summary), wanted a table"))
            return
        }
        var check = SchemaCheck()
        check.check(entries, pattern: [], shown: [])
        problems += check.findings.map {
            ConfigurationProblem(
                path: surroundings.path, line: $0.line, key: $0.key, message: $0.message)
        }
    }

    private mutating func decodeGeneral() {
        configuration.collectInterval =
            root.seconds("collect_interval") ?? configuration.collectInterval
        configuration.quickInterval = root.seconds("quick_interval") ?? configuration.quickInterval
        configuration.agentInterval = root.seconds("agent_interval") ?? configuration.agentInterval
        if let directory = absolutePath(root, "data_dir") {
            configuration.dataDirectory = directory
        }
        configuration.fullReconcileInterval =
            root.seconds("full_reconcile_interval").flatMap { $0 > .zero ? $0 : nil }
        configuration.driftCheckInterval =
            root.seconds("drift_check_interval") ?? configuration.driftCheckInterval
        configuration.skippedNetworks = networks(root, "skip_cidrs") ?? []
        configuration.addressTranslations = decodeTranslations()
        if let text = root.text("stopped")?.asciiLowercased,
            let stopped = Configuration.StoppedGuests(rawValue: text)
        {
            configuration.stoppedGuests = stopped
        }
        if let text = root.section("log").text("level")?.asciiLowercased,
            let level = Configuration.LogLevel(rawValue: text)
        {
            configuration.logLevel = level
        }
    }

    private mutating func decodeTranslations() -> [Configuration.AddressTranslation] {
        var translations: [Configuration.AddressTranslation] = []
        for pair in root.pairs("ip_map") {
            guard let seen = Self.network(orAddress: pair.from),
                let published = Self.network(orAddress: pair.to)
            else {
                report(
                    root, "ip_map", line: pair.line,
                    "found \"\(pair.from)\" and \"\(pair.to)\", wanted two addresses or networks")
                continue
            }
            guard seen.prefixLength == published.prefixLength,
                seen.network.bitWidth == published.network.bitWidth
            else {
                report(
                    root, "ip_map", line: pair.line,
                    "\(seen) and \(published) are not of the same family and size")
                continue
            }
            guard !translations.contains(where: { $0.seen == seen }) else {
                report(root, "ip_map", line: pair.line, "\(seen) stands here twice")
                continue
            }
            translations.append(.init(seen: seen, published: published))
        }
        return translations.sorted { $0.seen < $1.seen }
    }

    static func network(orAddress text: String) -> CIDR? {
        if let address = IPAddress(text) {
            return CIDR(address, prefixLength: address.bitWidth)
        }
        return CIDR(text)
    }
}

/// What all sections need.
extension ConfigurationDecoder {
    /// The document's root.
    var document: ConfigurationSection { root }

    /// Something has to change before the configuration can be used. Without `line` it is the line
    /// of the key, else that of the section.
    mutating func report(
        _ section: ConfigurationSection, _ key: String, line: Int? = nil, _ message: String
    ) {
        problems.append(note(section, key, line, message))
    }

    /// Something works but should be known of.
    mutating func warn(
        _ section: ConfigurationSection, _ key: String, line: Int? = nil, _ message: String
    ) {
        warnings.append(note(section, key, line, message))
    }

    private func note(
        _ section: ConfigurationSection, _ key: String, _ line: Int?, _ message: String
    ) -> ConfigurationProblem {
        let path = key.isEmpty ? section.path : section.path + [key]
        return ConfigurationProblem(
            path: surroundings.path, line: line ?? section.line(of: key),
            key: KeyText.text(of: path), message: message)
    }

    /// A path that does not depend on where the agent was started; `nil` without the key.
    mutating func absolutePath(_ section: ConfigurationSection, _ key: String) -> String? {
        guard let path = section.text(key) else { return nil }
        guard path.hasPrefix("/") else {
            report(section, key, "found \"\(path)\", wanted an absolute path")
            return nil
        }
        return path
    }

    /// Networks of a list, sorted and without duplicates; `nil` without the key.
    mutating func networks(_ section: ConfigurationSection, _ key: String) -> [CIDR]? {
        guard let elements = section.elements(key) else { return nil }
        var networks: Set<CIDR> = []
        for element in elements {
            guard let text = element.networkText else { continue }
            if let network = CIDR(text) {
                networks.insert(network)
            } else {
                report(
                    section, key, line: element.line,
                    "found \"\(text)\", wanted a network such as 10.0.0.0/8 or 2001:db8::/32")
            }
        }
        return networks.sorted()
    }

    /// Texts of a list, sorted and without duplicates.
    func sortedTexts(_ section: ConfigurationSection, _ key: String) -> [String] {
        Set(section.elements(key)?.compactMap(\.text) ?? []).sorted()
    }
}
