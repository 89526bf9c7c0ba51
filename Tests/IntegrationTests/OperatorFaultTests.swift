import Foundation
import HTTPClient
import TestServers
import Testing

extension PublishingTests {
    /// Every mistake that an operator can make is told by `pipamctl status`, with the remedy.
    @Suite struct OperatorFaults {
        /// One mistake.
        private struct Fault {
            /// What it is.
            let name: String
            /// What the line of status holds, in this order.
            let parts: [String]
            /// Makes the mistake.
            var adjust: (inout AgentConfiguration) -> Void = { _ in }
            /// Makes it where the agent runs.
            var prepare: (RunningAgent) throws -> Void = { _ in }
            /// Gives the agent fewer rights.
            var prefix: [String] = []
        }

        private static let unprivileged = [
            "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--bounding-set=-all",
            "--inh-caps=-all",
        ]

        /// Starts an agent for each fault and waits until status tells of it.
        private func expect(
            _ faults: [Fault], _ cluster: TestServer, _ powerDNS: PowerDNSServer
        ) async throws {
            var agents: [(Fault, RunningAgent)] = []
            for fault in faults {
                let agent = try RunningAgent(cluster: cluster, powerDNS: powerDNS) { settings in
                    settings.powerDNS = "auto_approve = true"
                    fault.adjust(&settings)
                }
                try fault.prepare(agent)
                try agent.launch(prefix: fault.prefix)
                agents.append((fault, agent))
            }
            for (fault, agent) in agents {
                var status = try agent.control("status", "--exit-code")
                try await eventually("\(fault.name): \(fault.parts)") {
                    status = try agent.control("status", "--exit-code")
                    return Self.line(of: status.output, with: fault.parts) != nil
                }
                #expect(status.status == 2, "\(fault.name): \(status) \(agent.log)")
                agent.kill()
            }
        }

        /// The line below "To be done" that holds everything in this order.
        private static func line(of text: String, with parts: [String]) -> Substring? {
            guard let list = text.range(of: "To be done:") else { return nil }
            return text[list.upperBound...].split(separator: "\n").first { line in
                var rest = line
                for part in parts {
                    guard let found = rest.range(of: part) else { return false }
                    rest = rest[found.upperBound...]
                }
                return true
            }
        }

        // MARK: Proxmox

        @Test func proxmox() async throws {
            let cluster = try await PublishingLab.cluster(SampleGuest.several(2))
            let powerDNS = try await PowerDNSServer()
            let token = try cluster.text("token")
            let fingerprint = try cluster.text("fingerprint")
            try await expect(
                [
                    Fault(
                        name: "nobody listens at the URL",
                        parts: [
                            "proxmox: the Proxmox API cannot be reached: GET https://127.0.0.1:1/",
                            "no connection", "; check the API's URLs, the network and pveproxy",
                        ], adjust: { $0.proxmoxURL = "https://127.0.0.1:1" }),
                    Fault(
                        name: "a wrong secret",
                        parts: [
                            "proxmox: Proxmox refuses the token \(token); check that \(token)",
                            "has the secret configured here",
                        ], prepare: { $0.environment["PIPAM_PROXMOX_TOKEN_UUID"] = "wrong" }),
                    Fault(
                        name: "a wrong token",
                        parts: [
                            "proxmox: Proxmox refuses the token nobody@pve!x; check that "
                                + "nobody@pve!x exists, has not expired"
                        ], adjust: { $0.token = "nobody@pve!x" }),
                    Fault(
                        name: "a certificate that nobody vouches for",
                        parts: [
                            "proxmox: the Proxmox API's certificate is refused: ", fingerprint,
                            "; name the cluster's pve-root-ca.pem as authority, or pin ",
                        ], adjust: { $0.fingerprint = "" }),
                    Fault(
                        name: "another certificate than the pinned one",
                        parts: [
                            "proxmox: the Proxmox API's certificate is refused: ",
                            "pin \(fingerprint) if it is the node's",
                        ], adjust: { $0.fingerprint = String(repeating: "AB:", count: 31) + "AB" }),
                ], cluster, powerDNS)
            try await cluster.command(#"{"do": "clock", "seconds": 3600}"#)
            try await expect(
                [
                    Fault(
                        name: "a clock that is off",
                        parts: [
                            "proxmox api: the clock of this host is about 60 min behind that of "
                                + "the Proxmox host; have both set by NTP"
                        ])
                ], cluster, powerDNS)
            try await cluster.command(#"{"do": "filter", "vmids": []}"#)
            try await expect(
                [
                    Fault(
                        name: "a token without privileges",
                        parts: [
                            "proxmox api: the token lacks VM.Audit on /vms: guests are not seen; ",
                            "grant VM.Audit on /vms to the token and to its user",
                        ])
                ], cluster, powerDNS)
        }

        // MARK: PowerDNS

        @Test func powerDNS() async throws {
            let cluster = try await PublishingLab.cluster(SampleGuest.several(2))
            let powerDNS = try await PowerDNSServer()
            try await powerDNS.makeZone("10.in-addr.arpa.")
            let noZone = Fault(
                name: "no zone",
                parts: [
                    "powerdns example.com.: PowerDNS has no zone example.com.; create it there, "
                        + "or allow zones to be created"
                ])
            try await expect(
                [
                    Fault(
                        name: "nobody listens at the URL",
                        parts: [
                            "powerdns: PowerDNS does not answer: ", "http://127.0.0.1:1/",
                            "; check that its API runs and that dns.powerdns.url leads to it",
                        ], adjust: { $0.powerDNSURL = "http://127.0.0.1:1" }),
                    Fault(
                        name: "another kind of server",
                        parts: ["powerdns: ", "; ", "dns.powerdns.url"],
                        adjust: { $0.powerDNSURL = "http://127.0.0.1:\($0.metricsPort)" }),
                    Fault(
                        name: "a wrong key",
                        parts: [
                            "powerdns: PowerDNS refuses the key: ", "401 Unauthorized; ",
                            "set dns.powerdns.api_key to the server's api-key, and allow this host",
                        ], adjust: { $0.powerDNSKey = "wrong" }),
                    noZone,
                ], cluster, powerDNS)
            try await powerDNS.makeZone("example.com.", kind: "Slave")
            try await expect(
                [
                    Fault(
                        name: "a secondary",
                        parts: [
                            "powerdns example.com.: example.com. is a zone of kind Slave there, ",
                            "; let dns.powerdns.url lead to the primary",
                        ])
                ], cluster, powerDNS)
            try await powerDNS.call(.delete, "/zones/example.com.")
            try await powerDNS.makeZone("example.com.")
            try await powerDNS.makeZone("vm102.example.com.")
            try await expect(
                [
                    Fault(
                        name: "a child zone",
                        parts: [
                            "vm102.example.com. A cannot be written: PowerDNS has the zone "
                                + "vm102.example.com., which hides the name in example.com.; ",
                            "list vm102.example.com. in dns.zones",
                        ], adjust: { $0.reverse = [] })
                ], cluster, powerDNS)
        }

        // MARK: This host

        @Test func thisHost() async throws {
            let lab = try await PublishingLab(SampleGuest.several(1))
            let (dns, metrics) = (try PortHolder(), try PortHolder())
            var faults = [
                Fault(
                    name: "the DNS port is taken",
                    parts: [
                        "name server: 127.0.0.1:\(dns.port) TCP is taken by another program; ",
                        "stop that name server (ss -lnp shows it) or listen on another address",
                    ], adjust: { $0.port = dns.port }),
                Fault(
                    name: "the metrics' port is taken",
                    parts: [
                        "metrics: 127.0.0.1:\(metrics.port) is taken by another program; ",
                        "name another address in metrics.listen",
                    ], adjust: { $0.metricsPort = metrics.port }),
            ]
            // Only root can start somebody who is not.
            if geteuid() == 0 {
                faults.append(
                    Fault(
                        name: "no right to port 53",
                        parts: [
                            "name server: 127.0.0.1:53 TCP needs CAP_NET_BIND_SERVICE; grant it in "
                                + "the unit (AmbientCapabilities) or listen on a port above 1023"
                        ],
                        adjust: {
                            $0.port = 53
                            $0.control = "group = \"nogroup\""
                        },
                        prepare: { agent in
                            _ = try Command.run("chown", ["-R", "nobody", agent.directory.path])
                        }, prefix: Self.unprivileged))
            }
            try await expect(faults, lab.cluster, lab.powerDNS)
        }

        /// Where there is no socket, status cannot ask; the log tells, and the rest works.
        @Test func theControlSocketCannotBeMade() async throws {
            let lab = try await PublishingLab(SampleGuest.several(1))
            try FileManager.default.createDirectory(
                at: lab.agent.directory.appendingPathComponent("a"),
                withIntermediateDirectories: true)
            try Data().write(to: lab.agent.directory.appendingPathComponent("file"))
            for (change, message) in [
                (
                    { $0.control = "group = \"no-such-group\"" },
                    "there is no group no-such-group; make it with groupadd --system no-such-group"
                ),
                ({ $0.socket = lab.agent.directory.path + "/file/s" }, "file"),
            ] as [((inout AgentConfiguration) -> Void, String)] {
                var settings = lab.agent.settings
                change(&lab.agent.settings)
                try lab.agent.write()
                try await lab.agent.start()
                try await eventually("the log tells") { lab.agent.log.contains(message) }
                let status = try lab.agent.control("status")
                #expect(status.status == 1)
                #expect(status.errors.contains("no agent"), "\(status)")
                #expect(try !lab.agent.addresses("vm101.example.com").isEmpty)
                #expect(lab.agent.stop() == 0)
                swap(&settings, &lab.agent.settings)
            }
        }

        @Test func theStateCannotBeKept() async throws {
            let lab = try await PublishingLab(SampleGuest.several(1))
            try Data().write(to: URL(fileURLWithPath: lab.agent.settings.dataDirectory))
            let outcome = try lab.agent.outcome(["run"])
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("check data_dir, its owner and the free space"))
            let status = try lab.agent.control("status")
            #expect(status.status == 1)
            #expect(status.errors.contains(lab.agent.socket.path), "\(status)")
        }
    }
}

/// A port of 127.0.0.1 that somebody listens at.
final class PortHolder {
    let port: Int
    private let descriptor: Int32

    init() throws {
        port = try FreePort.choose()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0, listen(descriptor, 1) == 0 else {
            throw TestServer.Failure(description: "port \(port) is taken already")
        }
    }

    deinit { close(descriptor) }
}
