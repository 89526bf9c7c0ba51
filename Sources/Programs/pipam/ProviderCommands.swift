import ArgumentParser
import Control
import Glibc
import PipamAgent

/// What the exit status of a verb about providers says.
private let statuses = """
    The exit status is 0 when all is in step, 2 when something needs a person, and 1 when it could \
    not be done.
    """

/// `pipam reconcile`
struct Reconcile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Collect, compare everything with the providers, and put it right.",
        discussion: """
            Goes through the agent where one runs. Nothing is written to a zone before it was \
            approved once: see --approve, pipamctl plan apply and dns.powerdns.auto_approve. \
            \(statuses)
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Write nothing, show what would be written.")
    var dryRun = false

    @Flag(help: "Approve zones that were never written to.")
    var approve = false

    @Flag(help: "Let through what the brake holds back, here and at the providers; approves too.")
    var force = false

    @Flag(help: "Resume publishing, which pipam clean has paused.")
    var resume = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        try await failing {
            var options = ProviderVerbs.ReconcileOptions()
            options.isDryRun = dryRun
            options.approves = approve
            options.forces = force
            options.resumes = resume
            let answer = try await ProviderVerbs.reconcile(
                path: common.config, environment: common.environment, options,
                warn: StandardStreams.complain)
            try StandardStreams.emit(json ? try JSONText.encode(answer) : Array(answer.text.utf8))
            if answer.needsAttention { throw attention }
        }
    }
}

/// `pipam clean`
struct Clean: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove everything of ours from the providers, and pause publishing.",
        discussion: """
            Goes through the agent where one runs. What bears no mark of ours, and what somebody \
            changed by hand, stays. pipamctl publish resume has everything written again. \
            \(statuses)
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Collect first, and remove only what the guests have now.")
    var collect = false

    @Flag(help: "Write nothing, show what would be removed.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        try await failing {
            let answer = try await ProviderVerbs.clean(
                path: common.config, environment: common.environment,
                CleanRequest(collect: collect, dryRun: dryRun), warn: StandardStreams.complain)
            try StandardStreams.emit(json ? try JSONText.encode(answer) : Array(answer.text.utf8))
            if answer.needsAttention { throw attention }
        }
    }
}

/// `pipam health`
struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that Proxmox and the providers answer, and that nothing is held back.",
        discussion: """
            Goes through the agent where one runs. The exit status is 0 when all is well, 2 when \
            it is not, and 1 when that could not be found out.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        try await failing {
            let answer = try await ProviderVerbs.health(
                path: common.config, environment: common.environment, warn: StandardStreams.complain
            )
            try StandardStreams.emit(json ? try JSONText.encode(answer) : Array(answer.text.utf8))
            if !answer.isHealthy { throw attention }
        }
    }
}
