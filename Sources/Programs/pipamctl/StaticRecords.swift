import ArgumentParser
import Control
import Glibc

extension Record {
    /// `pipamctl record add`
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Add a record of your own beside what guests bring.",
            discussion: """
                No guest can have the name from then on. A name is whole, with or without a dot at \
                its end; with --zone it may leave the zone's name out, and @ is the zone itself. \
                Names in the data are whole too. Each word of a TXT record is one string.

                pipamctl record add example.com MX 10 mail.example.com
                pipamctl record add _dmarc.example.com TXT "v=DMARC1; p=none"
                """)

        @OptionGroup var common: CommonOptions

        @Argument(help: "The name.")
        var name: String

        @Argument(help: "The type, such as MX.")
        var type: String

        @Argument(parsing: .remaining, help: "The data, as a zone file has it.")
        var data: [String]

        @Option(help: "The zone.")
        var zone: String?

        @Option(help: "Seconds, for all records of the name and type.")
        var ttl: UInt32?

        @Option(help: "A word on why, which record list shows.")
        var comment: String?

        @Flag(help: "Refuse if there are records of the name and type.")
        var ifAbsent = false

        @Option(
            name: .customLong("if-version"),
            help: ArgumentHelp("Refuse unless they are of this version.", valueName: "version"))
        var version: UInt64?

        @Flag(help: "Take the name from the guest that has it.")
        var replace = false

        @Flag(help: "Only show what would change.")
        var dryRun = false

        func run() async throws {
            let request = RecordAddRequest(
                name: name, type: type, data: data, zone: zone, ttl: ttl, comment: comment,
                ifAbsent: ifAbsent, version: version, replace: replace, dryRun: dryRun)
            try await common.show(try .addRecord(request), text: \.text)
        }
    }

    /// `pipamctl record remove`
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Remove records of your own.",
            discussion: "Without data all of the type, without a type all of the name.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The name.")
        var name: String

        @Argument(help: "The type.")
        var type: String?

        @Argument(parsing: .remaining, help: "The data of one record.")
        var data: [String] = []

        @Option(help: "The zone.")
        var zone: String?

        @Option(
            name: .customLong("if-version"),
            help: ArgumentHelp("Refuse unless they are of this version.", valueName: "version"))
        var version: UInt64?

        @Flag(help: "Only show what would change.")
        var dryRun = false

        func run() async throws {
            let request = RecordRemoveRequest(
                name: name, type: type, data: data, zone: zone, version: version, dryRun: dryRun)
            try await common.show(try .removeRecords(request), text: \.text)
        }
    }
}

extension Zone {
    /// `pipamctl zone import`
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Make your records of a zone what a zone file says.",
            discussion: """
                What the file has not is removed, in one step with what it adds; records of guests \
                stay. A zone that is new gets its SOA record from the file. Exit status 1 if \
                something is wrong with the file; nothing is changed then.
                """)

        @OptionGroup var common: CommonOptions

        @Argument(
            help: "The file (RFC 1035), - for standard input.",
            completion: .file())
        var file: String

        @Option(help: "The zone; without it that of the file's SOA record.")
        var zone: String?

        @Option(
            name: .customLong("if-version"),
            help: ArgumentHelp(
                "Refuse if records changed since --dry-run showed this version.",
                valueName: "version"))
        var version: UInt64?

        @Flag(help: "Take names from guests that have them.")
        var replace = false

        @Flag(help: "Only show what would change.")
        var dryRun = false

        func run() async throws {
            let request = ZoneImportRequest(
                zone: zone, version: version, replace: replace, dryRun: dryRun)
            let outcome = try await common.withClient { client in
                let text = try ZoneFileInput.read(file)
                let call = ControlCall<RecordChangeAnswer>.importZone(request, text: text)
                let octets = try await client.octets(of: call)
                let answer = try call.answer(from: octets)
                let shown = common.json ? octets : Array(answer.text(of: file).utf8)
                try StandardStreams.emit(shown)
                return answer.outcome
            }
            if outcome == .refused { throw ExitCode.failure }
        }
    }

    /// `pipamctl zone add`
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Make a zone that holds your records only.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The zone.")
        var zone: String

        @Option(help: "The first name server of its SOA record.")
        var primary: String?

        @Option(help: "The mailbox of its SOA record, as a name.")
        var contact: String?

        @Flag(help: "Take names from guests that have them.")
        var replace = false

        @Flag(help: "Only show what would change.")
        var dryRun = false

        func run() async throws {
            let request = ZoneAddRequest(
                zone: zone, primary: primary, contact: contact, replace: replace, dryRun: dryRun)
            try await common.show(try .addZone(request), text: \.text)
        }
    }

    /// `pipamctl zone remove`
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Remove a zone of your own, or your records of any zone.",
            discussion: "Zones of the settings stay, with what guests have in them.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The zone.")
        var zone: String

        @Flag(help: "Remove its records too; else it must have none.")
        var withRecords = false

        @Flag(help: "Only show what would go.")
        var dryRun = false

        func run() async throws {
            let request = ZoneRemoveRequest(
                zone: zone, withRecords: withRecords, dryRun: dryRun)
            try await common.show(try .removeZone(request), text: \.text)
        }
    }
}

/// Reads a zone file.
private enum ZoneFileInput {
    private static let portionOctets = 1 << 20

    static func read(_ path: String) throws(ControlError) -> [UInt8] {
        let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path, errno) }
        defer { if file != STDIN_FILENO { close(file) } }
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: portionOctets)
        while true {
            let count = Glibc.read(file, &part, portionOctets)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, errno) }
            guard count > 0 else { return text }
            text += part[..<count]
            guard text.count <= ZoneImportRequest.maximumOctets else {
                throw .tooLarge(
                    "\(path) is longer than \(ZoneImportRequest.maximumOctets) octets",
                    remedy: "cut the zone into several")
            }
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> ControlError {
        .invalid(
            "reading \(path): \(String(cString: strerror(code)))", remedy: "see that it can be read"
        )
    }
}
