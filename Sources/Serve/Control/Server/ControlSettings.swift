/// Where the control API listens and how much it takes.
package struct ControlSettings: Hashable, Sendable {
    /// The socket, at most 107 octets. Its directory is made if it is not there.
    package var socketPath = Self.defaultSocketPath
    /// Whose members may use the socket beside root and the agent's own user; `nil` for nobody.
    package var group: String? = Self.packageGroup
    /// How long a question may take. Default 30 s.
    package var questionDeadline: Duration = .seconds(30)
    /// How long something that writes or collects may take. Default 10 min.
    package var actionDeadline: Duration = .seconds(600)
    /// How long a connection may be silent before and between requests. Default 10 s.
    package var idleTimeout: Duration = .seconds(10)

    /// /run/pipam/control.sock
    package static let defaultSocketPath = "/run/pipam/control.sock"
    /// The group that the package makes; `nil` on a host where there is none.
    package static var packageGroup: String? {
        SocketAccess.groupNumber("pipam") == nil ? nil : "pipam"
    }

    /// The host has a group of this name.
    package static func groupExists(_ name: String) -> Bool {
        SocketAccess.groupNumber(name) != nil
    }

    /// Connections served at a time; further ones wait.
    package static let maximumConnections = 64
    /// The body of a request.
    package static let maximumBodyOctets = 1 << 20
    /// The path and query of a request.
    package static let maximumTargetOctets = 8192
    /// All headers of a request together; longer ones get 400 without a body.
    package static let maximumHeaderOctets = 64 << 10

    /// The defaults.
    package init() {}
}
