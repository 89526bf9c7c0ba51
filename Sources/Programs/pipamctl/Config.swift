import ArgumentParser
import Control

/// `pipamctl config`
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare this host's file with the cluster's settings, and give them to it.",
        subcommands: [Diff.self, Apply.self, Withdraw.self])

    /// `pipamctl config diff`
    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show where this host's file and the cluster's settings differ.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var attention: AttentionOptions
        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            try await common.show(reading.of(.configDifference), text: \.text) { answer in
                attention.exitCode && answer.needsAttention
            }
        }
    }

    /// `pipamctl config apply`
    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give the cluster what this host's file says.",
            discussion: """
                Exit status 2 if it waits for plan apply, since it would take away or rename \
                published names; 1 if it was refused.
                """)

        @OptionGroup var common: CommonOptions

        func run() async throws {
            var isRefused = false
            try await common.show(.applyConfig, text: \.text) { answer in
                isRefused = answer.outcome == .refused
                return answer.outcome == .held
            }
            if isRefused { throw ExitCode.failure }
        }
    }

    /// `pipamctl config withdraw`
    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop settings that wait for plan apply.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.show(.withdrawConfig, text: \.text)
        }
    }
}
