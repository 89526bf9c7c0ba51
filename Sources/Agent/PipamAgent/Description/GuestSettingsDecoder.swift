import Inventory

/// Makes settings of the table in the block. The first mistake ends it.
enum GuestSettingsDecoder {
    private static let keys = [
        "ignore", "name", "mapping", "aliases", "service", "primary_mac", "tags",
    ]

    /// The settings, or the line in the block and what is wrong there.
    static func settings(of document: DocumentNode) throws(DocumentError) -> GuestSettings {
        guard case .table(let entries) = document.value else {
            throw DocumentError(line: document.line, reason: "wanted a table")
        }
        var settings = GuestSettings()
        for entry in entries {
            // TOML keys are case-sensitive; "Name" beside "name" would be two keys there.
            try apply(entry, to: &settings)
        }
        return settings
    }

    private static func apply(
        _ entry: DocumentEntry, to settings: inout GuestSettings
    ) throws(DocumentError) {
        switch entry.key {
        case "ignore":
            settings.isIgnored = try boolean(entry)
        case "name":
            settings.name = try name(entry, entry.node)
        case "mapping":
            settings.mapping = try mapping(entry)
        case "aliases":
            let elements = try list(entry, limit: GuestNotes.maximumAliases)
            var aliases: Set<String> = []
            for element in elements { aliases.insert(try name(entry, element)) }
            settings.aliases = aliases.sorted()
        case "service":
            settings.service = try name(entry, entry.node)
        case "primary_mac":
            settings.primaryMAC = try mac(entry)
        case "tags":
            let elements = try list(entry, limit: GuestNotes.maximumTags)
            var tags: Set<String> = []
            for element in elements { tags.insert(try tag(entry, element)) }
            settings.tags = tags.sorted()
        default:
            throw unknown(entry)
        }
    }

    private static func boolean(_ entry: DocumentEntry) throws(DocumentError) -> Bool {
        guard case .boolean(let flag) = entry.node.value else {
            throw wanted("true or false", entry, entry.node)
        }
        return flag
    }

    private static func list(
        _ entry: DocumentEntry, limit: Int
    ) throws(DocumentError) -> [DocumentNode] {
        guard case .list(let elements) = entry.node.value else {
            throw wanted("a list of texts", entry, entry.node)
        }
        guard elements.count <= limit else {
            throw DocumentError(
                line: entry.line,
                reason: "\(entry.key): \(elements.count) entries; at most \(limit) are allowed")
        }
        return elements
    }

    /// A name with or without domain, in lower case. Whether the guest may have it is another
    /// question.
    private static func name(
        _ entry: DocumentEntry, _ node: DocumentNode
    ) throws(DocumentError) -> String {
        guard let text = node.text, let name = DomainName(text), name != .root else {
            throw wanted("a name such as web1 or web1.example.com", entry, node)
        }
        return text.asciiLowercased
    }

    private static func tag(
        _ entry: DocumentEntry, _ node: DocumentNode
    ) throws(DocumentError) -> String {
        guard let text = node.text, (1...GuestNotes.maximumTagOctets).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !",;".utf8.contains($0) })
        else {
            throw wanted("a tag without blanks, commas and semicolons", entry, node)
        }
        return text.asciiLowercased
    }

    private static func mac(_ entry: DocumentEntry) throws(DocumentError) -> MACAddress {
        guard let text = entry.node.text, let mac = MACAddress(text) else {
            throw wanted("a hardware address such as bc:24:11:aa:bb:01", entry, entry.node)
        }
        return mac
    }

    /// `"10.0.0.0/8" = "example.com"`, sorted by network.
    private static func mapping(
        _ entry: DocumentEntry
    ) throws(DocumentError) -> [GuestSettings.MappingOverride] {
        guard case .table(let pairs) = entry.node.value else {
            throw wanted("a table \"10.0.0.0/8\" = \"example.com\"", entry, entry.node)
        }
        guard pairs.count <= GuestNotes.maximumMappings else {
            throw DocumentError(
                line: entry.line,
                reason: "mapping: \(pairs.count) entries; at most "
                    + "\(GuestNotes.maximumMappings) are allowed")
        }
        var domains: [CIDR: DomainName] = [:]
        for pair in pairs {
            guard let network = CIDR(pair.key) else {
                throw DocumentError(
                    line: pair.line,
                    reason: "mapping: found \"\(pair.key.prefix(80))\", wanted a network such as "
                        + "10.0.0.0/8")
            }
            guard let text = pair.node.text, HostNameText.isHostName(text),
                let domain = DomainName(text)
            else {
                throw wanted("a domain such as example.com", pair, pair.node)
            }
            guard domains.updateValue(domain, forKey: network) == nil else {
                throw DocumentError(
                    line: pair.line, reason: "mapping: \(network) stands here twice")
            }
        }
        return domains.sorted { $0.key < $1.key }.map { .init(network: $0.key, domain: $0.value) }
    }

    private static func wanted(
        _ wanted: String, _ entry: DocumentEntry, _ node: DocumentNode
    ) -> DocumentError {
        DocumentError(
            line: node.line,
            reason: "\(entry.key.prefix(80)): found \(node.summary), wanted \(wanted)")
    }

    private static func unknown(_ entry: DocumentEntry) -> DocumentError {
        let nearest = EditDistance.nearest(to: entry.key, among: keys)
        let remedy =
            nearest.map { "did you mean \($0)?" } ?? "known are \(keys.joined(separator: ", "))"
        return DocumentError(
            line: entry.line, reason: "unknown key \(entry.key.prefix(80)); \(remedy)")
    }
}
