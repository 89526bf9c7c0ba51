import ArgumentParser
import Control

/// The program `pipamctl`: asks a running agent, and tells it what to do. See pipamctl(8).
@main
struct Pipamctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipamctl",
        abstract: "Asks a running pipam agent, and tells it what to do.",
        discussion: """
            It talks to the agent of this host over /run/pipam/control.sock, another path from \
            --socket or $PIPAM_SOCKET. That needs root or the group pipam.

            Exit status: 0 done; 1 it failed; 2 it was done, and something needs a person (status, \
            plan show, conflicts, cluster status and config diff: only with --exit-code); 3 it is \
            not known whether it was done, since the cluster did not answer in time; 64 the \
            command line is wrong.
            """,
        version: PipamVersion.text,
        subcommands: [
            Status.self, Guest.self, Zone.self, Record.self, Plan.self, Adopt.self,
            Conflicts.self, Collect.self, Publish.self, Events.self, Cluster.self, Config.self,
            Address.self,
        ])
}

/// `pipamctl status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the agent stands and what needs to be done.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var attention: AttentionOptions
    @OptionGroup var reading: ReadingOptions

    func run() async throws {
        try await common.show(reading.of(.status), text: \.text) { status in
            attention.exitCode && status.needsAttention
        }
    }
}

/// `pipamctl guest`
struct Guest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show guests.", subcommands: [List.self, Show.self])

    /// `pipamctl guest list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the guests with what is published of them.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var reading: ReadingOptions

        func run() async throws { try await common.show(reading.of(.guests), text: \.text) }
    }

    /// `pipamctl guest show`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one guest: where each name and address came from, how old it is, and "
                + "why it is published or not.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var reading: ReadingOptions

        @Argument(help: "Its number or its name.")
        var guest: String

        func run() async throws {
            try await common.withClient { client in
                let number = try await client.guestNumber(guest)
                _ = try await common.print(
                    reading.of(.guest(number)), of: client, text: \.text)
            }
        }
    }
}

/// `pipamctl zone`
struct Zone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show zones, and make your own.",
        subcommands: [List.self, Show.self, Import.self, Add.self, Remove.self, DNSSEC.self])

    /// `pipamctl zone list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the zones.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var reading: ReadingOptions

        func run() async throws { try await common.show(reading.of(.zones), text: \.text) }
    }

    /// `pipamctl zone show`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one zone with all its records.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var reading: ReadingOptions

        @Argument(help: "The zone.")
        var zone: String

        @Flag(help: "Print a zone file (RFC 1035).")
        var zonefile = false

        func validate() throws {
            guard !zonefile || !common.json else {
                throw ValidationError("--zonefile and --json exclude each other.")
            }
        }

        func run() async throws {
            if zonefile {
                try await common.show(reading.of(.zoneFile(zone)), text: \.self)
            } else {
                try await common.show(reading.of(.zone(zone)), text: \.text)
            }
        }
    }
}

/// `pipamctl record`
struct Record: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show records, and give your own.",
        subcommands: [List.self, Add.self, Remove.self])

    /// `pipamctl record list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List records and how they stand at the providers.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var reading: ReadingOptions

        @Option(help: "Only those of this zone.")
        var zone: String?

        @Option(help: "Only those of this name.")
        var name: String?

        @Option(help: "Only those of this type.")
        var type: String?

        func run() async throws {
            try await common.show(
                reading.of(.records(.init(zone: zone, name: name, type: type))), text: \.text)
        }
    }
}

/// `pipamctl conflicts`
struct Conflicts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what stands in the way at the providers.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var attention: AttentionOptions

    func run() async throws {
        try await common.show(.conflicts, text: \.text) { answer in
            attention.exitCode && answer.needsAttention
        }
    }
}
