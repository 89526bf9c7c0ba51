import DNSWire
import Foundation
import Synchronization
import TestServers
import Testing

/// A name server of another maker that copies a zone from ours.
final class Secondary: Sendable {
    /// Whose.
    enum Kind: String, CaseIterable, Sendable {
        case knot, nsd, bind, powerdns
    }

    let kind: Kind
    let port: UInt16
    /// It takes the zones from this catalog, or only the one that it is told of.
    let catalog: String?
    /// How it comes over TLS, if it does.
    let secure: SecureClient?
    private let directory: URL
    let primaries: [Primary]
    private let running = Mutex<Process?>(nil)

    /// Prepares one that copies from these servers.
    init(
        _ kind: Kind, of primaries: [Primary], _ exchange: Exchange, catalog: String? = nil,
        secure: SecureClient? = nil
    ) throws {
        self.secure = secure
        self.kind = kind
        self.catalog = catalog
        self.primaries = primaries
        port = UInt16(try FreePort.choose())
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-secondary-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try configure(exchange)
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: directory)
    }

    var path: String { directory.path }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: directory.appendingPathComponent(name))
    }

    /// Writes its configuration, with the key of an exchange.
    func configure(_ exchange: Exchange) throws {
        switch kind {
        case .knot:
            // Without it Knot 3.2 keeps no journal, and dies of its first catalog.
            try FileManager.default.createDirectory(
                at: directory.appendingPathComponent("db"), withIntermediateDirectories: true)
            try write("conf", knot(exchange))
        case .nsd: try write("conf", nsd(exchange))
        case .bind: try write("conf", bind(exchange))
        case .powerdns: try configurePowerDNS(exchange)
        }
    }

    /// Starts it; it fetches the zone by itself.
    func start() throws {
        let words: [String] =
            switch kind {
            case .knot: ["knotd", "-c", "\(path)/conf"]
            case .nsd: ["nsd", "-d", "-c", "\(path)/conf"]
            case .bind: ["named", "-g", "-c", "\(path)/conf"]
            case .powerdns: ["pdns_server", "--config-dir=\(path)"]
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
    }

    /// Whatever runs as a child here begins with most signals blocked, which NSD keeps so: it could
    /// not be told to end.
    private static let unblocking = """
        import os, signal, sys
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvp(sys.argv[1], sys.argv[1:])
        """

    /// Ends it; what it has copied stays on its disk.
    func stop() {
        end { $0.terminate() }
    }

    /// SIGKILL.
    func kill() {
        end { _ = Foundation.kill($0.processIdentifier, SIGKILL) }
    }

    private func end(_ tell: (Process) -> Void) {
        running.withLock { process in
            guard let running = process else { return }
            tell(running)
            running.waitUntilExit()
            process = nil
        }
    }

    /// What it has logged.
    var log: String {
        (try? String(contentsOf: directory.appendingPathComponent("log"), encoding: .utf8)) ?? ""
    }

    /// Every record that it has, in no certain order; empty if it sends none.
    func records() throws -> Set<String> { try Zone.records(at: "127.0.0.1", port) }

    /// The same as a zone file.
    func text() throws -> String { try Zone.text(at: "127.0.0.1", port) }

    /// Its serial; `nil` if it does not have the zone.
    func serial(of zone: String = Exchange.zone) throws -> UInt32? {
        try Zone.serial(at: "127.0.0.1", port, of: zone)
    }
}

/// A server's zone as dig shows it.
enum Zone {
    private static let words = ["+noall", "+answer", "+time=5", "+tries=1"]

    static func records(
        at address: String, _ port: UInt16, from source: String? = nil
    ) throws -> Set<String> {
        Set(
            try text(at: address, port, from: source).split(separator: "\n").filter {
                !$0.hasPrefix(";")
            }
            .map { line in
                line.split { $0 == " " || $0 == "\t" }.joined(separator: " ").lowercased()
            })
    }

    static func text(
        at address: String, _ port: UInt16, from source: String? = nil
    ) throws -> String {
        try Command.run(
            "dig",
            words + (source.map { ["-b", $0] } ?? [])
                + ["@\(address)", "-p", "\(port)", Exchange.zone, "AXFR"])
    }

    static func serial(
        at address: String, _ port: UInt16, of zone: String = Exchange.zone
    ) throws -> UInt32? {
        let output = try Command.run(
            "dig",
            [
                "@\(address)", "-p", "\(port)", "+short", "+time=2", "+tries=1", "+norec",
                zone, "SOA",
            ])
        let parts = output.split { $0 == " " || $0 == "\n" }
        return parts.count >= 7 ? UInt32(parts[2]) : nil
    }
}

// MARK: - Configurations

extension Secondary {
    private func knot(_ exchange: Exchange) -> String {
        let remotes = primaries.enumerated().map { index, primary in
            "  - id: p\(index)\n    address: \(primary.address)@\(primary.port)\n"
                + "    key: \(exchange.keyName)"
        }
        let names = primaries.indices.map { "p\($0)" }.joined(separator: ", ")
        return """
            server:
                listen: 127.0.0.1@\(port)
                rundir: \(path)
            database:
                storage: \(path)/db
            log:
              - target: stderr
                any: info
            key:
              - id: \(exchange.keyName)
                algorithm: \(exchange.algorithm.rawValue)
                secret: \(exchange.secret)
            remote:
            \(remotes.joined(separator: "\n"))
            acl:
              - id: notices
                address: 127.0.0.0/8
                key: \(exchange.keyName)
                action: notify
              - id: tests
                address: 127.0.0.1
                action: transfer
            \(catalog.map { knotZones(following: $0, names) } ?? knotZone(names))

            """
    }

    private func nsd(_ exchange: Exchange) -> String {
        let requests = primaries.map { primary in
            secure.map { _ in
                "    request-xfr: AXFR \(primary.address)@\(primary.securePort) "
                    + "\(exchange.keyName) primary"
            } ?? "    request-xfr: \(primary.address)@\(primary.port) \(exchange.keyName)"
        }
        return """
            server:
                ip-address: 127.0.0.1@\(port)
                username: ""
                chroot: ""
                zonesdir: "\(path)"
                database: ""
                pidfile: "\(path)/pid"
                xfrdfile: "\(path)/xfrd"
                zonelistfile: "\(path)/zones"
                xfrdir: "\(path)"
                server-count: 1
                verbosity: 2
                zonefiles-write: 1
            \(secure?.nsdServer ?? "")
            \(secure?.nsd ?? "")
            remote-control:
                control-enable: no
            key:
                name: "\(exchange.keyName)"
                algorithm: \(exchange.algorithm.rawValue)
                secret: "\(exchange.secret)"
            zone:
                name: "\(Exchange.zone)"
                zonefile: "zone"
                allow-notify: 127.0.0.0/8 \(exchange.keyName)
                provide-xfr: 127.0.0.1 NOKEY
            \(requests.joined(separator: "\n"))

            """
    }

    private func bind(_ exchange: Exchange) -> String {
        let servers = primaries.map { primary in
            "\(primary.address) port \(secure == nil ? primary.port : primary.securePort) "
                + "key \"\(exchange.keyName)\"\(secure == nil ? "" : " tls primary");"
        }
        return """
            \(secure?.bind ?? "")
            options {
                directory "\(path)";
                listen-on port \(port) { 127.0.0.1; };
                listen-on-v6 { none; };
                pid-file "\(path)/pid";
                session-keyfile "\(path)/session";
                managed-keys-directory "\(path)";
                recursion no;
                dnssec-validation no;
                allow-transfer { 127.0.0.1; };
                notify no;
                \(catalog.map { bindCatalog($0, servers) } ?? "")
            };
            controls { };
            key "\(exchange.keyName)" {
                algorithm \(exchange.algorithm.rawValue);
                secret "\(exchange.secret)";
            };
            zone "\(catalog ?? Exchange.zone)" {
                type secondary;
                primaries { \(servers.joined(separator: " ")) };
                allow-notify { key "\(exchange.keyName)"; };
                file "zone";
                masterfile-format text;
            };

            """
    }

    private func configurePowerDNS(_ exchange: Exchange) throws {
        let database = "\(path)/pdns.sqlite3"
        let copied = catalog ?? Exchange.zone
        try write(
            "pdns.conf",
            """
            launch=gsqlite3
            gsqlite3-database=\(database)
            gsqlite3-dnssec=yes
            local-address=127.0.0.1
            local-port=\(port)
            secondary=yes
            xfr-cycle-interval=1
            daemon=no
            guardian=no
            socket-dir=\(path)
            allow-axfr-ips=127.0.0.1
            cache-ttl=0
            query-cache-ttl=0
            negquery-cache-ttl=0
            zone-cache-refresh-interval=0
            loglevel=6

            """)
        let pdnsutil = { (words: [String]) in
            let outcome = try Command.outcome(
                "pdnsutil", ["--config-dir=\(self.path)"] + words)
            try #require(outcome.status == 0, "\(words): \(outcome)")
        }
        if !FileManager.default.fileExists(atPath: database) {
            let schema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
            let outcome = try Command.outcome("sqlite3", [database, ".read \(schema)"])
            try #require(outcome.status == 0, "\(outcome)")
            let servers = primaries.map { "\($0.address):\($0.port)" }
            try pdnsutil(["create-slave-zone", copied] + servers)
            if catalog != nil { try pdnsutil(["set-kind", copied, "consumer"]) }
        }
        try pdnsutil([
            "import-tsig-key", exchange.keyName, exchange.algorithm.rawValue, exchange.secret,
        ])
        try pdnsutil(["set-meta", copied, "AXFR-MASTER-TSIG", exchange.keyName])
        // PowerDNS 4.7 fetches a catalog as a whole or not at all.
        if catalog == nil { try pdnsutil(["set-meta", copied, "IXFR", "1"]) }
    }
}
