import ArgumentParser
import Control

/// `pipamctl cluster`
struct Cluster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show and change who belongs to the cluster.",
        subcommands: [
            Status.self, Members.self, Token.self, Join.self, Leave.self, Remove.self,
            Replace.self, Transfer.self, Recover.self,
        ])

    /// `pipamctl cluster status`
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how the cluster stands as this node sees it.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var attention: AttentionOptions
        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            try await common.show(reading.of(.clusterStatus), text: \.text) { status in
                attention.exitCode && status.needsAttention
            }
        }
    }

    /// `pipamctl cluster members`
    struct Members: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the members and those who are about to be some.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            try await common.show(reading.of(.clusterMembers), text: \.text)
        }
    }

    /// `pipamctl cluster token`
    struct Token: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token that lets one host join, once.",
            discussion: "It is a secret, on the first line of the output, and not shown again.")

        @OptionGroup var common: CommonOptions

        @Option(help: ArgumentHelp("How long it can be used.", valueName: "span"))
        var expires = TimeSpan(seconds: ClusterTokenRequest.defaultExpirySeconds)

        @Flag(help: "Who joins by it becomes a witness: it votes, and serves nothing.")
        var witness = false

        func validate() throws {
            let bounds = ClusterTokenRequest.expirySecondsBounds
            guard bounds.contains(expires.seconds) else {
                throw ValidationError("--expires takes 1m to 24h.")
            }
        }

        func run() async throws {
            try await common.show(
                try .makeToken(.init(expiresSeconds: expires.seconds, witness: witness)),
                text: \.text)
        }
    }

    /// `pipamctl cluster join`
    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have this host join a cluster by a token of one of its members.",
            discussion: """
                With - the token is read from standard input, with --token-file from a file, both \
                times from the first line that is not empty. A token on the command line can be \
                read by every user of this host while the program runs.
                """)

        @OptionGroup var common: CommonOptions

        @Argument(help: "The token, or - for standard input.")
        var token: String?

        @Option(help: ArgumentHelp("A file that holds the token.", valueName: "path"))
        var tokenFile: String?

        @Option(help: "Turn to this member, host or host:port, and not to those in the token.")
        var address: String?

        func validate() throws {
            guard (token == nil) != (tokenFile == nil) else {
                throw ValidationError("Give the token, - or --token-file, and only one of them.")
            }
        }

        func run() async throws {
            try await common.show(
                try .join(.init(token: try readToken(), address: address)), text: \.text,
                needsAttention: \.needsAttention)
        }

        private func readToken() throws -> String {
            switch (token, tokenFile) {
            case ("-", _): try SecretInput.read(.standardInput)
            case (let token?, _): token
            case (nil, let path?): try SecretInput.read(.file(path))
            case (nil, nil): throw ValidationError("Give the token.")
            }
        }
    }
}
