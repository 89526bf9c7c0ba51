/// Finds, reads and decodes the configuration.
package enum ConfigurationFile {
    /// The longest file taken, in octets.
    package static let maximumOctets = 1 << 20

    /// A configuration that can be used.
    package struct Loaded: Sendable {
        /// Where it was read from.
        package let path: String
        /// The file that all hosts share, if there is one; what it says is in `configuration`.
        package let sharedPath: String?
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
        var document = try read(file.octets, DocumentFormat(path: path), path: path)
        let shared = sharedPath(in: document)
        if let shared { document = try merge(document, withFileAt: shared) }
        return try decode(
            document, sharedPath: shared,
            surroundings: .init(path: path, mode: file.mode, environment: environment))
    }

    /// Where the hosts' shared file is, if there is one: where the document says, else where
    /// Proxmox has one.
    private static func sharedPath(in document: DocumentNode) -> String? {
        if case .string(let path) = document["cluster"]?["settings_file"]?.value {
            return path.isEmpty ? nil : path
        }
        return FileContent.exists(SharedSettings.proxmoxPath) ? SharedSettings.proxmoxPath : nil
    }

    private static func merge(
        _ document: DocumentNode, withFileAt path: String
    ) throws(ConfigurationError) -> DocumentNode {
        let file: FileContent
        do {
            file = try FileContent(path: path, maximumOctets: maximumOctets)
        } catch {
            throw .unreadable(path: path, reason: error.reason)
        }
        let shared = try read(file.octets, DocumentFormat(path: path), path: path)
        return try SharedSettings.merged(document, with: shared, path: path).get()
    }

    /// Decodes a configuration that is already in memory; `path` is what messages call it.
    package static func decode(
        _ octets: [UInt8], format: DocumentFormat, path: String,
        environment: [String: String] = [:]
    ) throws(ConfigurationError) -> Loaded {
        try decode(
            try read(octets, format, path: path),
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

    private static func read(
        _ octets: [UInt8], _ format: DocumentFormat, path: String
    ) throws(ConfigurationError) -> DocumentNode {
        do {
            return try format.read(octets)
        } catch {
            throw .invalid(problems: [
                ConfigurationProblem(
                    path: path, line: error.line, key: nil, message: error.reason)
            ])
        }
    }

    private static func decode(
        _ document: DocumentNode, sharedPath: String? = nil,
        surroundings: ConfigurationDecoder.Surroundings
    ) throws(ConfigurationError) -> Loaded {
        let decoder = ConfigurationDecoder(document, surroundings: surroundings)
        let place = { (problem: ConfigurationProblem) in
            sharedPath.map { SharedSettings.placed(problem, path: $0) } ?? problem
        }
        guard decoder.problems.isEmpty else {
            throw .invalid(problems: decoder.problems.map(place))
        }
        return Loaded(
            path: surroundings.path, sharedPath: sharedPath, configuration: decoder.configuration,
            warnings: decoder.warnings.map(place))
    }
}
