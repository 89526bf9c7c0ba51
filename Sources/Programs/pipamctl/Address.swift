import ArgumentParser
import Control

/// `pipamctl address`
struct Address: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Claim addresses, and show who holds which.",
        discussion: """
            Exit status 3 if the cluster did not answer in time: it may have happened. Ask again \
            with the same key, which gives the same address.
            """,
        subcommands: [Claim.self, Confirm.self, Release.self, List.self])

    /// Whose address is meant.
    struct Holder: ParsableArguments {
        @Argument(help: "The network, such as 10.0.0.0/24.")
        var subnet: String

        @Option(help: "Who holds it: a MAC address, or any text.")
        var key: String

        @Option(help: "The space in which the address means one interface.")
        var routingDomain: String?
    }

    /// `pipamctl address claim`
    struct Claim: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Claim an address, or show the one that the key holds.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var holder: Holder

        @Option(help: "How it is chosen.")
        var strategy: AddressStrategy?

        @Option(help: "This one; the same as --strategy exact.")
        var address: String?

        @Option(help: ArgumentHelp("Only from the first to the last.", valueName: "first-last"))
        var range: AddressBounds?

        @Option(help: "Seconds after which it is free again unless it is confirmed.")
        var ttl = AddressClaimRequest.defaultLifeSeconds

        func run() async throws {
            let request = AddressClaimRequest(
                subnet: holder.subnet, key: holder.key,
                strategy: strategy ?? (address == nil ? .sequential : .exact), address: address,
                range: range, routingDomain: holder.routingDomain, ttlSeconds: ttl)
            try await common.show(try .claimAddress(request), text: \.text)
        }
    }

    /// What is settled, and against what it is checked.
    struct Grant: ParsableArguments {
        @OptionGroup var holder: Holder

        @Option(help: "Refuse if the key holds another address.")
        var address: String?

        @Option(
            help: ArgumentHelp("Refuse if it was granted at another index.", valueName: "index"))
        var fence: UInt64?

        var request: AddressSettleRequest {
            AddressSettleRequest(
                subnet: holder.subnet, key: holder.key, address: address, fence: fence,
                routingDomain: holder.routingDomain)
        }
    }

    /// `pipamctl address confirm`
    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep an address for good.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var grant: Grant

        func run() async throws {
            try await common.show(try .confirmAddress(grant.request), text: \.text)
        }
    }

    /// `pipamctl address release`
    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Free an address.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var grant: Grant

        func run() async throws {
            try await common.show(try .releaseAddress(grant.request), text: \.text)
        }
    }

    /// `pipamctl address list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List who holds which address.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var reading: ReadingOptions

        @Argument(help: "Only those of this network.")
        var subnet: String?

        @Option(help: "Only those of this space.")
        var routingDomain: String?

        func run() async throws {
            let query = AddressQuery(subnet: subnet, routingDomain: routingDomain)
            try await common.show(reading.of(.addresses(query)), text: \.text)
        }
    }
}

extension AddressStrategy: ExpressibleByArgument {}

extension AddressBounds: ExpressibleByArgument {
    /// "10.0.0.10-10.0.0.99"
    package init?(argument: String) {
        let sides = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else { return nil }
        self.init(first: String(sides[0]), last: String(sides[1]))
    }
}
