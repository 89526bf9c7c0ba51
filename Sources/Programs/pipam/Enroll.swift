import ArgumentParser
import Control
import Glibc
import PipamAgent

/// What the exit status says when it may go better later.
private let later = ExitCode(75)

/// `pipam enroll`
struct Enroll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make this host a member of the cluster, or renew what proves it.",
        discussion: """
            Run as root before the agent starts and once a day; it does only what is due and uses \
            no network. The first host founds the cluster in cluster.directory. The exit status is \
            0 when all is done or the agent can run with what it has, 75 when the directory cannot \
            be written now, and 1 when a person is needed.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Change nothing, show what would be done.")
    var dryRun = false

    @Flag(help: "Found a cluster in data_dir, where no directory is shared.")
    var newCluster = false

    @Flag(name: .customLong("rotate-ca"), help: "Bring a new certificate authority.")
    var rotateCA = false

    @Option(help: "Count no more with a node that is gone for good: its UUID.")
    var forget: String?

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        try await failing {
            var options = Enrolment.Options()
            options.isDryRun = dryRun
            options.foundsCluster = newCluster
            options.rotatesAuthority = rotateCA
            options.forgotten = forget
            do {
                let report = try await Enrolment.run(
                    path: common.config, environment: common.environment, options,
                    warn: StandardStreams.complain)
                report.warnings.forEach { StandardStreams.complain("pipam: \($0)") }
                try StandardStreams.emit(text(report))
            } catch let error as EnrolmentError where error.isTransient {
                StandardStreams.complain("pipam: \(error)")
                throw later
            }
        }
    }

    private func text(_ report: EnrolmentReport) -> String {
        let start = dryRun ? "would have: " : ""
        let lines = report.done.isEmpty ? ["nothing to do"] : report.done.map { start + $0 }
        return lines.map { $0 + "\n" }.joined()
    }
}
