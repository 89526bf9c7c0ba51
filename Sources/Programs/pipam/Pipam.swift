import ArgumentParser
import Control
import Glibc
import PipamAgent

/// The program `pipam`: the agent, and what can be done without one. See pipam(8).
@main
struct Pipam: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipam",
        abstract: "Keeps DNS and IP address management true on a Proxmox VE cluster.",
        discussion: """
            Without --config the configuration is $XDG_CONFIG_HOME/pipam/config.* or else \
            /etc/pipam/config.*, in TOML, YAML or JSON.
            """,
        version: PipamVersion.text,
        subcommands: [
            Run.self, Output.self, Reconcile.self, Clean.self, Health.self, CheckConfig.self,
            Enroll.self, Version.self,
        ])
}

/// The options of every verb that reads the configuration.
struct CommonOptions: ParsableArguments {
    @Option(name: [.long, .short], help: "The configuration file.")
    var config: String?

    /// The environment, which may hold secrets.
    var environment: [String: String] { ProcessEnvironment.all }
}

/// `pipam run`
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the agent in the foreground.",
        discussion: """
            Collects guests from Proxmox and serves their names. SIGTERM and SIGINT stop it; \
            SIGHUP has the configuration read again.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        // A peer that closes early is an error of one call, not the end of the process; and neither
        // is a reload that comes before there is anything to reload.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        ProcessMemory.useOneArena()
        try await failing {
            try await Agent(path: common.config, environment: common.environment).run()
        }
    }
}

/// `pipam output`
struct Output: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Collect once and print the guests and what would be published of them.")

    @OptionGroup var common: CommonOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        try await failing {
            let report = try await OneShot.output(
                path: common.config, environment: common.environment, warn: StandardStreams.complain
            )
            try StandardStreams.emit(json ? try report.json() + "\n" : report.text())
        }
    }
}

/// `pipam check-config`
struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the configuration and say what is wrong with it.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await failing {
            let (path, warnings) = try OneShot.check(
                path: common.config, environment: common.environment)
            warnings.forEach(StandardStreams.complain)
            try StandardStreams.emit("\(path): valid\n")
        }
    }
}

/// `pipam version`
struct Version: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() async throws {
        try await failing { try StandardStreams.emit("pipam \(PipamVersion.text)\n") }
    }
}
