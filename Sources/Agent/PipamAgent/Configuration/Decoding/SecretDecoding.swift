/// A secret of the configuration and the places it may come from.
struct SecretKey {
    /// The key that holds it; with `_file` behind, the key that names a file.
    let key: String
    /// The environment variable that goes before both.
    let variable: String
    /// The file in the directory of systemd's credentials (`LoadCredential=`).
    let credential: String

    static let proxmoxToken = SecretKey(
        key: "token_uuid", variable: "PIPAM_PROXMOX_TOKEN_UUID", credential: "proxmox-token")
    static let powerDNSKey = SecretKey(
        key: "api_key", variable: "PIPAM_POWERDNS_API_KEY", credential: "powerdns-api-key")
    static let netBoxToken = SecretKey(
        key: "token", variable: "PIPAM_NETBOX_TOKEN", credential: "netbox-token")
}

extension ConfigurationDecoder {
    /// The secret from the environment, else from the file named, else from the credential, else
    /// from the configuration itself.
    mutating func secret(_ key: SecretKey, in section: ConfigurationSection) -> Secret? {
        let inline = section.text(key.key)
        if inline != nil, let mode = surroundings.mode, mode & 0o007 != 0 {
            warn(
                section, key.key,
                "everybody on this host can read it; chmod o= \(surroundings.path)")
        }
        if let text = surroundings.environment[key.variable], !text.isEmpty {
            return checked(Secret(text), section, key.key, "in the variable \(key.variable)")
        }
        if let path = section.text(key.key + "_file") {
            return secret(inFile: absolutePath(path), named: path, section, key)
        }
        if let directory = surroundings.environment["CREDENTIALS_DIRECTORY"],
            directory.hasPrefix("/"), FileContent.exists("\(directory)/\(key.credential)")
        {
            let path = "\(directory)/\(key.credential)"
            return secret(inFile: path, section, key.key)
        }
        guard let inline else { return nil }
        return checked(Secret(inline), section, key.key, "here")
    }

    /// The secret in the file that the configuration calls `name`.
    private mutating func secret(
        inFile path: String, named name: String, _ section: ConfigurationSection, _ key: SecretKey
    ) -> Secret? {
        // What has no slash may be the secret itself in the wrong key, and is not quoted then.
        guard name.contains("/") || FileContent.exists(path) else {
            report(
                section, key.key + "_file",
                "there is no such file beside the configuration; a secret itself stands as "
                    + key.key)
            return nil
        }
        return secret(inFile: path, section, key.key + "_file")
    }

    private mutating func secret(
        inFile path: String, _ section: ConfigurationSection, _ key: String
    ) -> Secret? {
        do {
            let file = try FileContent(path: path, maximumOctets: Secret.maximumOctets)
            // The group may read: a file of root's that the agent reads through its group is 0640.
            if file.mode & 0o027 != 0 {
                warn(section, key, "\(path) is open to others than its owner; chmod o=,g-w \(path)")
            }
            let text = String(validating: file.octets, as: UTF8.self)
            return checked(text.flatMap(Secret.init), section, key, "in \(path)")
        } catch {
            report(section, key, "\(path): \(error.reason)")
            return nil
        }
    }

    private mutating func checked(
        _ secret: Secret?, _ section: ConfigurationSection, _ key: String, _ place: String
    ) -> Secret? {
        if secret == nil {
            report(
                section, key,
                "the secret \(place) is empty or has characters other than printable ASCII")
        }
        return secret
    }
}
