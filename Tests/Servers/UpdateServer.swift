import Foundation
import Synchronization

/// A name server of another maker, the primary of zones that it lets us transfer and update. It
/// ends, and what it wrote goes, when this object does.
package final class UpdateServer: Sendable {
    /// Whose.
    package enum Kind: String, CaseIterable, Sendable {
        case bind, knot, powerdns, nsd
    }

    /// What differs from test to test.
    package struct Options: Sendable {
        /// Our key may do so.
        package var transfers = true
        /// The same for updates alone.
        package var updates = true
        /// Where BIND takes no update, whoever asks.
        package var guarded: String?
        /// It signs the zones itself; BIND beside what is updated.
        package var isSigned = false
        /// BIND is a secondary whose primary is gone.
        package var isSecondary = false
        /// It sends changes on their own.
        package var sendsChanges = true
        /// Lines for the forward zone besides.
        package var extra = ""

        /// What is not told is as it is with most servers.
        package init(
            transfers: Bool = true, updates: Bool = true, guarded: String? = nil,
            isSigned: Bool = false, isSecondary: Bool = false, sendsChanges: Bool = true,
            extra: String = ""
        ) {
            self.transfers = transfers
            self.updates = updates
            self.guarded = guarded
            self.isSigned = isSigned
            self.isSecondary = isSecondary
            self.sendsChanges = sendsChanges
            self.extra = extra
        }
    }

    /// Whose.
    package let kind: Kind
    /// Where it answers, on 127.0.0.1.
    package let port: UInt16
    let options: Options
    private let directory: URL
    private let running = Mutex<Process?>(nil)

    /// Writes the zones and starts it.
    package init(_ kind: Kind, _ options: Options = Options()) async throws {
        self.kind = kind
        self.options = options
        port = UInt16(try FreePort.choose())
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-update-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory.appendingPathComponent("db"), withIntermediateDirectories: true)
        try writeZones()
        try configure()
        try await start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: directory)
    }

    var path: String { directory.path }

    /// Writes a file.
    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: directory.appendingPathComponent(name))
    }

    private func writeZones() throws {
        for zone in HandMade.zones { try write("\(zone)zone", HandMade.text(zone, options.extra)) }
    }

    /// Puts the zones back to what they were in the beginning, serials and all, while it is
    /// stopped.
    package func restore() throws {
        try writeZones()
        switch kind {
        case .bind: for zone in HandMade.zones { try? remove("\(zone)zone.jnl") }
        case .knot: try forgetDatabase()
        case .powerdns:
            for zone in HandMade.zones { try pdnsutil(["load-zone", zone, "\(path)/\(zone)zone"]) }
        case .nsd: break
        }
    }

    /// Leaves a zone as it is and takes its journal away, while the server is stopped; `text` is
    /// what `zoneText` gave before.
    package func forgetJournal(of zone: String = HandMade.forward, text: String) throws {
        try write("\(zone)zone", text)
        switch kind {
        case .bind: try remove("\(zone)zone.jnl")
        case .knot: try forgetDatabase()
        case .powerdns, .nsd: break
        }
    }

    /// Knot has its journal there, and needs the directory.
    private func forgetDatabase() throws {
        try remove("db")
        try FileManager.default.createDirectory(
            at: directory.appendingPathComponent("db"), withIntermediateDirectories: true)
    }

    /// A zone as its file would say it.
    package func zoneText(_ zone: String = HandMade.forward) throws -> String { try transfer(zone) }

    /// Takes a file away.
    private func remove(_ name: String) throws {
        try FileManager.default.removeItem(at: directory.appendingPathComponent(name))
    }

    /// Starts it and waits until it answers.
    package func start() async throws {
        let words: [String] =
            switch kind {
            case .knot: ["knotd", "-c", "\(path)/conf"]
            case .bind: ["named", "-g", "-n", "1", "-c", "\(path)/conf"]
            case .powerdns: ["pdns_server", "--config-dir=\(path)"]
            case .nsd: ["nsd", "-d", "-c", "\(path)/conf"]
            }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.unblocking] + words
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        let log = directory.appendingPathComponent("log")
        if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardError = handle
        process.standardOutput = handle
        try process.run()
        running.withLock { $0 = process }
        try await wait("answer") { try self.isReady() }
    }

    /// A child begins with most signals blocked here, which NSD keeps so: it could not be told to
    /// end.
    private static let unblocking = """
        import os, signal, sys
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvp(sys.argv[1], sys.argv[1:])
        """

    private func isReady() throws -> Bool {
        for zone in HandMade.zones where try serial(of: zone) == nil { return false }
        guard options.isSigned else { return true }
        return try dig(["+dnssec", "hand.example.net.", "A"]).contains("RRSIG")
    }

    /// Ends it; what it wrote stays on its disk.
    package func stop() {
        running.withLock { process in
            guard let running = process else { return }
            running.terminate()
            running.waitUntilExit()
            process = nil
        }
    }

    /// Waits until a condition holds, for at most a minute.
    package func wait(_ what: String, _ isTrue: () throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try !isTrue() {
            let isRunning = running.withLock { $0?.isRunning ?? false }
            guard isRunning, ContinuousClock.now < end else {
                throw TestServer.Failure(description: "\(kind): no \(what): \(log.suffix(2_000))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What it has logged.
    package var log: String {
        (try? String(contentsOf: directory.appendingPathComponent("log"), encoding: .utf8)) ?? ""
    }

    // MARK: What stands there

    private func dig(_ words: [String]) throws -> String {
        try Command.run(
            "dig", ["@127.0.0.1", "-p", "\(port)", "+norec", "+time=2", "+tries=1"] + words)
    }

    /// A zone's serial; `nil` if the server does not answer for it.
    package func serial(of zone: String = HandMade.forward) throws -> UInt32? {
        let parts = try dig(["+short", zone, "SOA"]).split { $0 == " " || $0 == "\n" }
        return parts.count >= 7 ? UInt32(parts[2]) : nil
    }

    /// Records as AXFR brings them, "name ttl type data" in the server's spelling, without the SOA
    /// and without what signs them, sorted.
    package func records(_ zone: String = HandMade.forward) throws -> [String] {
        let text = try transfer(zone)
        let signing: Set<Substring> = [
            "SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "TYPE65534",
            "TSIG",
        ]
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 4, !line.hasPrefix(";"), !signing.contains(words[3]) else {
                return nil
            }
            return "\(words[0]) \(words[1]) \(words[3]) \(words[4...].joined(separator: " "))"
        }.sorted()
    }

    /// The record sets that are signed, "name type".
    package func signatures(_ zone: String = HandMade.forward) throws -> Set<String> {
        Set(
            try transfer(zone).split(separator: "\n").compactMap { line in
                let words = line.split(whereSeparator: \.isWhitespace)
                return words.count > 5 && words[3] == "RRSIG" ? "\(words[0]) \(words[4])" : nil
            })
    }

    private func transfer(_ zone: String) throws -> String {
        let text = try Command.run(
            "dig",
            [
                "@127.0.0.1", "-p", "\(port)", "-y", SharedKey.command, "+noall", "+answer",
                "+time=30", "+tries=1", "+onesoa", zone, "AXFR",
            ])
        try Self.check(text.contains("SOA"), "no transfer from \(kind): \(text)")
        return text
    }

    /// Somebody else changes the zone: lines of nsupdate, such as "add x.example.net. 60 A
    /// 192.0.2.1".
    package func change(_ lines: String..., in zone: String = HandMade.forward) throws {
        let script =
            ["server 127.0.0.1 \(port)", "zone \(zone)"]
            + lines.map { "update \($0)" } + ["send", ""]
        let name = "change-\(UUID().uuidString)"
        try write(name, script.joined(separator: "\n"))
        let outcome = try Command.outcome(
            "nsupdate", ["-v", "-y", SharedKey.command, "\(path)/\(name)"])
        try Self.check(outcome.status == 0, "\(lines): \(outcome)")
    }

    /// Runs a program of PowerDNS's on its database.
    func pdnsutil(_ words: [String]) throws {
        let outcome = try Command.outcome("pdnsutil", ["--config-dir=\(path)"] + words)
        try Self.check(outcome.status == 0, "\(words): \(outcome)")
    }

    /// Throws unless it is so.
    static func check(_ isTrue: Bool, _ what: @autoclosure () -> String) throws {
        guard isTrue else { throw TestServer.Failure(description: what()) }
    }
}
