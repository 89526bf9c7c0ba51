/// Finds, reads and decodes the configuration.
package enum ConfigurationFile {
    /// The longest file taken, in octets.
    package static let maximumOctets = 1 << 20

    /// A configuration that can be used.
    package struct Loaded: Sendable {
        /// Where it was read from.
        package let path: String
        /// What it says.
        package let configuration: Configuration
        /// What should be known about it; log each.
        package let warnings: [ConfigurationWarning]

        /// What to say of `proxmox.ca_file` once nothing could be made of it; `nil` without it.
        var authorityProblem: ConfigurationProblem? {
            guard let file = configuration.proxmox.certificateAuthorityFile else { return nil }
            let reason: String
            do {
                _ = try FileContent(path: file, maximumOctets: ConfigurationFile.maximumOctets)
                reason = "holds no certificate in PEM form, or a broken one"
            } catch {
                reason = error.reason
            }
            return ConfigurationProblem(
                path: path, line: nil, key: "proxmox.ca_file",
                message: "\(file): \(reason); name a file of certificate authorities")
        }
    }

    /// Reads the file at `path`, or the first one found where configurations lie. Secrets come from
    /// `environment` before anything else. Errors name the file, the line and the remedy.
    package static func load(
        path: String?, environment: [String: String],
        systemDirectory: String = "/etc/pipam"
    ) throws(ConfigurationError) -> Loaded {
        let path =
            if let path { path } else {
                try find(environment: environment, systemDirectory: systemDirectory)
            }
        let file: FileContent
        do {
            file = try FileContent(path: path, maximumOctets: maximumOctets)
        } catch {
            throw .unreadable(path: path, reason: error.reason)
        }
        return try decode(
            file.octets, format: DocumentFormat(path: path),
            surroundings: .init(path: path, mode: file.mode, environment: environment))
    }

    /// Decodes a configuration that is already in memory; `path` is what messages call it.
    package static func decode(
        _ octets: [UInt8], format: DocumentFormat, path: String,
        environment: [String: String] = [:]
    ) throws(ConfigurationError) -> Loaded {
        try decode(
            octets, format: format,
            surroundings: .init(path: path, mode: nil, environment: environment))
    }

    /// The one configuration in `$XDG_CONFIG_HOME/pipam`, else the one in `systemDirectory`.
    package static func find(
        environment: [String: String], systemDirectory: String = "/etc/pipam"
    ) throws(ConfigurationError) -> String {
        var directories: [String] = []
        // A relative path there has no meaning (XDG Base Directory Specification).
        if let home = environment["XDG_CONFIG_HOME"], home.hasPrefix("/") {
            directories.append("\(home)/pipam")
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            directories.append("\(home)/.config/pipam")
        }
        directories.append(systemDirectory)
        for directory in directories {
            let found = ["toml", "yaml", "yml", "json"].map { "\(directory)/config.\($0)" }
                .filter(FileContent.exists)
            guard found.count < 2 else { throw .ambiguous(paths: found) }
            if let path = found.first { return path }
        }
        throw .notFound(places: directories.map { "\($0)/config.toml" })
    }

    private static func decode(
        _ octets: [UInt8], format: DocumentFormat,
        surroundings: ConfigurationDecoder.Surroundings
    ) throws(ConfigurationError) -> Loaded {
        let document: DocumentNode
        do {
            document = try format.read(octets)
        } catch {
            let problem = ConfigurationProblem(
                path: surroundings.path, line: error.line, key: nil, message: error.reason)
            throw .invalid(problems: [problem])
        }
        let decoder = ConfigurationDecoder(document, surroundings: surroundings)
        guard decoder.problems.isEmpty else { throw .invalid(problems: decoder.problems) }
        return Loaded(
            path: surroundings.path, configuration: decoder.configuration,
            warnings: decoder.warnings)
    }
}
