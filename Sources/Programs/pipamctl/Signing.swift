import ArgumentParser
import Control

extension Zone {
    /// `pipamctl zone dnssec`
    struct DNSSEC: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dnssec", abstract: "Sign zones, and replace their keys.",
            discussion: """
                Signatures are made and renewed by the agents. A person gives the DS record of a \
                new key to the parent zone, unless the parent reads CDS records. A key that the \
                parent knew goes only after ds-seen.
                """,
            subcommands: [
                Status.self, Enable.self, SeenAtParent.self, Roll.self, Disable.self,
            ])
    }
}

extension Zone.DNSSEC {
    /// `pipamctl zone dnssec status`
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status",
            abstract: "Show the zones that are signed, with keys and DS records.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var reading: ReadingOptions

        @Argument(help: "The zone; without it all.")
        var zone: String?

        func run() async throws {
            try await common.show(reading.of(.signing(of: zone)), text: \.text)
        }
    }

    /// `pipamctl zone dnssec enable`
    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enable", abstract: "Have a zone signed.",
            discussion: """
                Nothing changes for the parent until it gets the DS record that is shown. Names of \
                reverse zones below ip6.arpa are always denied by NSEC.
                """)

        @OptionGroup var common: CommonOptions

        @Argument(help: "The zone.")
        var zone: String

        @Option(help: "ecdsap256sha256 or ed25519.")
        var algorithm = SigningAlgorithm.ecdsap256sha256

        @Option(help: "nsec or nsec3; without it nsec.")
        var denial: SigningDenial?

        @Flag(help: "One key for the keys and another one for the zone.")
        var separateKeys = false

        @Option(
            name: .customLong("zone-key-days"),
            help: ArgumentHelp(
                "Replace the zone's own key after so many days; 0 for never.", valueName: "days"))
        var zoneKeyDays: UInt32 = 0

        @Option(
            name: .customLong("parent-ttl"),
            help: ArgumentHelp(
                "The time to live of the DS records at the parent.", valueName: "seconds"))
        var parentTTL = SigningEnableRequest.usualParentTTL

        @Option(
            help: ArgumentHelp(
                "How long those who have the zone from us may be behind.", valueName: "seconds"))
        var propagation = SigningEnableRequest.usualPropagation

        @Option(
            name: .customLong("key-ttl"),
            help: ArgumentHelp("The time to live of the zone's keys.", valueName: "seconds"))
        var keyTTL = SigningEnableRequest.usualKeyTTL

        @Option(
            help: ArgumentHelp(
                "How long a signature is good for; it is made anew after half of that.",
                valueName: "seconds"))
        var signatureLife = SigningEnableRequest.usualSignatureLife

        func validate() throws {
            guard UInt64(zoneKeyDays) <= SigningEnableRequest.maximumKeyDays else {
                throw ValidationError(
                    "--zone-key-days is at most \(SigningEnableRequest.maximumKeyDays)")
            }
            guard zoneKeyDays == 0 || separateKeys else {
                throw ValidationError("--zone-key-days needs --separate-keys")
            }
        }

        func run() async throws {
            let request = SigningEnableRequest(
                zone: zone, algorithm: algorithm, denial: denial, separateKeys: separateKeys,
                zoneKeyDays: zoneKeyDays, parentTTL: parentTTL, propagation: propagation,
                keyTTL: keyTTL, signatureLife: signatureLife)
            try await common.show(try .enableSigning(request), text: \.text)
        }
    }

    /// `pipamctl zone dnssec ds-seen`
    struct SeenAtParent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ds-seen", abstract: "Say that the parent has the DS record of a key.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The zone.")
        var zone: String

        @Argument(help: "The tag of the key; without it the newest one.")
        var tag: UInt16?

        func run() async throws {
            let request = SigningKeyRequest(zone: zone, tag: tag)
            try await common.show(try .confirmParent(request), text: \.text)
        }
    }

    /// `pipamctl zone dnssec roll`
    struct Roll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "roll", abstract: "Begin to replace a key by a new one.",
            discussion: """
                The old key goes by itself when nobody can need it any more; one that the parent \
                knows, only after ds-seen of the new one. With --algorithm all keys are replaced: \
                the new ones sign beside the old ones before anybody sees them among the keys.
                """)

        @OptionGroup var common: CommonOptions

        @Argument(help: "The zone.")
        var zone: String

        @Argument(help: "The tag of the key; without it the one that the parent knows.")
        var tag: UInt16?

        @Option(help: "Replace all keys by keys of this one: p256 (ecdsap256sha256) or ed25519.")
        var algorithm: SigningAlgorithm?

        func validate() throws {
            guard tag == nil || algorithm == nil else {
                throw ValidationError("--algorithm replaces all keys: give no tag")
            }
        }

        func run() async throws {
            let request = SigningRollRequest(zone: zone, tag: tag, algorithm: algorithm)
            try await common.show(try .rollKey(request), text: \.text)
        }
    }

    /// `pipamctl zone dnssec disable`
    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "disable", abstract: "Have a zone unsigned.",
            discussion: """
                First the parent is told to remove its DS records (RFC 8078); the zone stays \
                signed. When they are gone and their time to live has passed, --parent-removed \
                ends the signing.
                """)

        @OptionGroup var common: CommonOptions

        @Argument(help: "The zone.")
        var zone: String

        @Flag(help: "The parent has no DS record any more; end the signing.")
        var parentRemoved = false

        func run() async throws {
            let request = SigningDisableRequest(zone: zone, parentRemoved: parentRemoved)
            try await common.show(try .disableSigning(request), text: \.text)
        }
    }
}

extension SigningAlgorithm: ExpressibleByArgument {
    /// By its mnemonic, or p256 for short.
    package init?(argument: String) {
        self.init(rawValue: argument == "p256" ? Self.ecdsap256sha256.rawValue : argument)
    }
}

extension SigningDenial: ExpressibleByArgument {}
