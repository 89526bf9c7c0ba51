/// The file that holds, for all hosts, what decides names and zones. On Proxmox it lies in a folder
/// that is the same on all of them, so that a change in it is a change everywhere; what it says
/// goes before what the host's own file says.
enum SharedSettings {
    /// Where it is looked for unless the configuration says otherwise.
    static let proxmoxPath = "/etc/pve/pipam/cluster.toml"
    /// What may stand in it: the rest is each host's own.
    private static let keys: Set<String> = [
        "mapping", "dns", "skip_cidrs", "ip_map", "stopped", "brake",
    ]
    /// Everybody who may log in to a Proxmox host as a member of its web server's group can read
    /// it.
    private static let secrets: Set<String> = ["api_key", "api_key_file"]

    /// The host's own document with what the shared one says in its place.
    ///
    /// Returns why it cannot be, by key and line of the shared document.
    static func merged(
        _ own: DocumentNode, with shared: DocumentNode, path: String
    ) -> Result<DocumentNode, ConfigurationError> {
        guard case .table(let entries) = shared.value else {
            return .failure(
                .invalid(problems: [
                    ConfigurationProblem(
                        path: path, line: shared.line, key: nil,
                        message: "found \(shared.summary), wanted a table")
                ]))
        }
        var problems: [ConfigurationProblem] = []
        for entry in entries where !keys.contains(entry.key) {
            problems.append(
                ConfigurationProblem(
                    path: path, line: entry.line, key: entry.key,
                    message: "belongs to each host's own file, not to the one they share"))
        }
        findSecrets(in: entries, below: "", path, &problems)
        guard problems.isEmpty else { return .failure(.invalid(problems: problems)) }
        return .success(overlay(moved(shared), on: own))
    }

    /// Lines of the shared document are counted on from here in the merged one, beyond all that
    /// the host's own file can have, so that each problem is told of the file that it is in.
    static let firstLine = ConfigurationFile.maximumOctets + 1

    private static func moved(_ node: DocumentNode) -> DocumentNode {
        let value: DocumentNode.Value =
            switch node.value {
            case .table(let entries):
                .table(
                    entries.map {
                        DocumentEntry(
                            key: $0.key, line: $0.line + firstLine, node: moved($0.node))
                    })
            case .list(let nodes): .list(nodes.map(moved))
            case .string, .integer, .boolean, .null, .unsupported: node.value
            }
        return DocumentNode(value, line: node.line + firstLine)
    }

    /// A problem of the merged document, told of the file that it is in.
    static func placed(
        _ problem: ConfigurationProblem, path: String
    ) -> ConfigurationProblem {
        guard let line = problem.line, line >= firstLine else { return problem }
        return ConfigurationProblem(
            path: path, line: line - firstLine, key: problem.key, message: problem.message)
    }

    private static func findSecrets(
        in entries: [DocumentEntry], below prefix: String, _ path: String,
        _ problems: inout [ConfigurationProblem]
    ) {
        for entry in entries {
            if secrets.contains(entry.key) {
                problems.append(
                    ConfigurationProblem(
                        path: path, line: entry.line, key: prefix + entry.key,
                        message: "a secret must not stand in the file that hosts share; put it "
                            + "into each host's own"))
            }
            if case .table(let inner) = entry.node.value {
                findSecrets(in: inner, below: "\(prefix)\(entry.key).", path, &problems)
            }
        }
    }

    /// Tables are joined, everything else is replaced.
    private static func overlay(_ upper: DocumentNode, on lower: DocumentNode) -> DocumentNode {
        guard case .table(let new) = upper.value, case .table(var entries) = lower.value else {
            return upper
        }
        for entry in new {
            if let index = entries.firstIndex(where: { $0.key == entry.key }) {
                entries[index].line = entry.line
                entries[index].node = overlay(entry.node, on: entries[index].node)
            } else {
                entries.append(entry)
            }
        }
        return DocumentNode(.table(entries), line: lower.line)
    }
}
