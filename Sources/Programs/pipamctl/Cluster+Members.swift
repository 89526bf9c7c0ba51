import ArgumentParser
import Control

extension Cluster {
    /// `pipamctl cluster leave`
    struct Leave: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand leadership over and have this host leave the cluster.")

        @OptionGroup var common: CommonOptions

        @Flag(help: "Also if too few of the others answer to be a majority.")
        var force = false

        func run() async throws {
            try await common.show(try .leave(.init(force: force)), text: \.text)
        }
    }

    /// `pipamctl cluster remove`
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a member out that does not come back.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "Its name or its id.")
        var node: String

        @Flag(help: "Also if those that answer are no majority without it, or it answers.")
        var force = false

        func run() async throws {
            try await common.show(try .remove(.init(node: node, force: force)), text: \.text)
        }
    }

    /// `pipamctl cluster replace`
    struct Replace: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a reinstalled host take the place of the member whose name it has.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The name.")
        var node: String

        func run() async throws {
            try await common.show(try .replace(.init(node: node)), text: \.text)
        }
    }

    /// `pipamctl cluster transfer`
    struct Transfer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand leadership to another voter.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "Its name or its id; without it, whoever is most up to date.")
        var node: String?

        func run() async throws {
            try await common.show(try .transfer(.init(node: node)), text: \.text)
        }
    }

    /// `pipamctl cluster recover`
    struct Recover: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on alone where the majority is lost for good.",
            discussion: ClusterRecoverAnswer.explanation)

        @OptionGroup var common: CommonOptions

        @Flag(name: .customLong("yes-i-lost-the-majority"), help: "Say that this is so.")
        var isMajorityLost = false

        func validate() throws {
            guard isMajorityLost else {
                throw ValidationError(
                    "\(ClusterRecoverAnswer.explanation)\n\n"
                        + "If that is so, say --yes-i-lost-the-majority.")
            }
        }

        func run() async throws {
            try await common.show(try .recover(.init(majorityIsLost: true)), text: \.text)
        }
    }
}
