/// Why a configuration cannot be used.
package enum ConfigurationError: Error, Equatable {
    /// No file was named and none lies where one is looked for.
    case notFound(places: [String])
    /// Two files lie in one place; which one counts must not depend on their endings.
    case ambiguous(paths: [String])
    /// The file cannot be read, or is longer than `ConfigurationFile.maximumOctets`.
    case unreadable(path: String, reason: String)
    /// All that is wrong with the file, in the order of its lines.
    case invalid(problems: [ConfigurationProblem])
}

extension ConfigurationError: CustomStringConvertible {
    /// One line per problem, each with the place and the remedy.
    package var description: String {
        switch self {
        case .notFound(let places):
            "no configuration found; write one of \(places.joined(separator: ", ")), "
                + "or name one with --config"
        case .ambiguous(let paths):
            "two configurations in one place: \(paths.joined(separator: " and ")); remove one, "
                + "or name one with --config"
        case .unreadable(let path, let reason):
            "\(path): \(reason)"
        case .invalid(let problems):
            problems.map(\.description).joined(separator: "\n")
        }
    }
}

/// One thing that is wrong with a configuration.
package struct ConfigurationProblem: Hashable, Sendable {
    /// The file.
    package let path: String
    /// The line, counted from 1; `nil` when something is missing from the file as a whole.
    package let line: Int?
    /// The key in full, such as `proxmox.timeout`; `nil` when the file cannot be parsed.
    package let key: String?
    /// What was found, and what is wanted.
    package let message: String

    /// Joins the four.
    package init(path: String, line: Int?, key: String?, message: String) {
        self.path = path
        self.line = line
        self.key = key
        self.message = message
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// `config.toml:12: proxmox.timeout: found ..., wanted ...`, as compilers do.
    package var description: String {
        let place = line.map { "\(path):\($0)" } ?? path
        return ([place, key].compactMap(\.self) + [message]).joined(separator: ": ")
    }
}

/// Something in a configuration that works but should be known of: the same shape as a problem.
package typealias ConfigurationWarning = ConfigurationProblem
