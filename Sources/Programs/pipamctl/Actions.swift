import ArgumentParser
import Control

/// `pipamctl plan`
struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show and approve what is written to providers.",
        subcommands: [Show.self, Apply.self])

    /// Which plans are meant.
    struct Selection: ParsableArguments {
        @Option(help: "Only this provider's.")
        var provider: String?

        @Option(help: "Only this zone's.")
        var zone: String?
    }

    /// `pipamctl plan show`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what has to be done at the providers and what stands in the way.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var attention: AttentionOptions
        @OptionGroup var selection: Selection

        func run() async throws {
            let query = PlanQuery(provider: selection.provider, zone: selection.zone)
            try await common.show(.plan(query), text: \.text) { plan in
                attention.exitCode && plan.needsAttention
            }
        }
    }

    /// `pipamctl plan apply`
    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve the plans and have them carried out.",
            discussion: "Exit status 2 if something is left that could not be done.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var selection: Selection

        @Flag(help: "Let through, once, what the brake holds back.")
        var force = false

        func run() async throws {
            try await common.show(
                try .apply(
                    .init(force: force, provider: selection.provider, zone: selection.zone)),
                text: \.text, needsAttention: \.needsAttention)
        }
    }
}

/// `pipamctl adopt`
struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take over records made by hand that say what ours would.",
        discussion: "Exit status 2 if some say something else and were left alone.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The zone.")
    var zone: String

    @Flag(help: "Only show what would be taken over.")
    var dryRun = false

    func run() async throws {
        try await common.show(
            try .adopt(.init(zone: zone, dryRun: dryRun)), text: \.text,
            needsAttention: \.needsAttention)
    }
}

/// `pipamctl collect`
struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the whole cluster now.",
        discussion: "Exit status 2 if something could not be seen.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.show(.collect, text: \.text, needsAttention: \.needsAttention)
    }
}

/// `pipamctl publish`
struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop or resume writing to providers.", subcommands: [Pause.self, Resume.self])

    /// `pipamctl publish pause`
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write nothing to providers until told otherwise.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.show(.setPublishing(isPaused: true), text: \.text)
        }
    }

    /// `pipamctl publish resume`
    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write to providers again.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.show(.setPublishing(isPaused: false), text: \.text)
        }
    }
}

/// `pipamctl events`
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened in the agent, oldest first.",
        discussion: "With --json one JSON object a line.")

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Begin with this event.", valueName: "index"))
    var from: UInt64 = 0

    @Flag(help: "Wait for further ones until interrupted.")
    var follow = false

    func run() async throws {
        try await common.withClient { client in
            var failure: (any Error)?
            try await client.events(from: from, follow: follow) { line in
                do {
                    try StandardStreams.emit(
                        common.json ? line : Array(try Event(line: line).text.utf8))
                    return true
                } catch {
                    failure = error
                    return false
                }
            }
            if let failure { throw failure }
        }
    }
}
