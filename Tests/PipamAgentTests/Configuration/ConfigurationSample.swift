import PipamAgent

/// A configuration that is right, and what becomes of it with more text at its end.
struct ConfigurationSample {
    /// What each has to say of Proxmox, and a domain: four lines, the domain's last.
    static let required = """
        proxmox.url = "https://pve1:8006"
        proxmox.token_id = "pipam@pve!agent"
        proxmox.token_uuid = "1234-5678"
        mapping."example.com".networks = ["10.0.0.0/8"]

        """

    /// Whole lines that stand behind what is required.
    var more = ""
    /// Where the file is said to lie.
    var path = "c"

    /// Decodes it with `text` at its end.
    func load(
        _ text: String, environment: [String: String] = [:]
    ) throws(ConfigurationError) -> ConfigurationFile.Loaded {
        try ConfigurationFile.decode(
            Array((Self.required + more + text).utf8), format: .toml, path: path,
            environment: environment)
    }

    /// What is wrong with it then: `key: message`.
    func problems(_ text: String) -> [String] {
        do {
            _ = try load(text)
            return []
        } catch .invalid(let problems) {
            return problems.map { "\($0.key ?? ""): \($0.message)" }
        } catch {
            return ["\(error)"]
        }
    }
}
