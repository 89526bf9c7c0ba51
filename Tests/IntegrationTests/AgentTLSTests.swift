import Foundation
import HTTPClient
import TestServers
import Testing

/// DNS over TLS (RFC 7858) from a whole agent, and what becomes of its certificate.
@Suite(.serialized) struct AgentTLSTests {
    private static let client = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Servers/dns_tls.py").path

    private struct Lab {
        let cluster: TestServer
        let agent: RunningAgent
        let port: Int
        let files: String

        /// kdig as a client that checks the certificate.
        func ask(_ words: String..., authority: String = "ns.pem") throws -> Command.Outcome {
            try Command.outcome(
                "kdig",
                [
                    "@127.0.0.1", "-p", "\(port)", "+tls-ca=\(files)/\(authority)",
                    "+tls-hostname=ns.example.com", "+time=5", "+retry=0",
                ] + words)
        }

        /// A self-signed certificate beside the files in use.
        func make(_ name: String, days: Int, kind: String = "ec") throws {
            let kinds = [
                "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
                "rsa": ["-newkey", "rsa:2048"], "weak": ["-newkey", "rsa:1024"],
            ]
            let outcome = try Command.outcome(
                "openssl",
                ["req", "-x509", "-nodes", "-days", "\(days)", "-subj", "/CN=\(name)"]
                    + (kinds[kind] ?? []) + [
                        "-addext", "subjectAltName=DNS:ns.example.com",
                        "-keyout", "\(files)/\(name).key", "-out", "\(files)/\(name).pem",
                    ])
            try #require(outcome.status == 0, "\(outcome)")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: "\(files)/\(name).key")
        }

        /// Puts a pair in the place of the one in use.
        func install(_ name: String) throws {
            for kind in ["pem", "key"] {
                let file = "\(files)/ns.\(kind)"
                // As a tool that renews does: another file in the same place.
                try Data(contentsOf: URL(fileURLWithPath: "\(files)/\(name).\(kind)"))
                    .write(to: URL(fileURLWithPath: file), options: .atomic)
                try FileManager.default.setAttributes(
                    [.posixPermissions: kind == "key" ? 0o600 : 0o644], ofItemAtPath: file)
            }
        }

        func problems() throws -> String {
            guard case .array(let problems) = try agent.answer("status")["problems"] else {
                return "no list"
            }
            return problems.map { "\($0)" }.filter { $0.contains("TLS") }.joined(separator: "\n")
        }
    }

    private func lab(
        days: Int = 365, answering: String = "", limits: String = ""
    ) async throws -> Lab {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-guests-\(UUID().uuidString).json")
        try Data(SampleGuest.file(SampleGuest.several(60)).utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let cluster = try await TestServer("fakepve_cluster.py", [file.path, "--nodes", "3"])
        let port = try FreePort.choose()
        let agent = try RunningAgent(cluster: cluster, powerDNS: nil) { settings in
            settings.nameserver = """
                \(answering)
                [nameserver.tls]
                \(limits)
                listen = ["127.0.0.1:\(port)"]
                certificate_file = "ns.pem"
                key_file = "ns.key"
                """
        }
        let lab = Lab(
            cluster: cluster, agent: agent, port: port, files: agent.directory.path)
        try lab.make("ns", days: days)
        return lab
    }

    @Test func namesAreAnsweredOverTLS() async throws {
        let lab = try await lab()
        #expect(try lab.agent.outcome(["check-config"]).status == 0)
        try await lab.agent.start()
        try await eventually("all guests are published") {
            try lab.agent.addresses("vm160.example.com") == ["10.0.0.160"]
        }
        let found = try lab.ask("vm160.example.com", "A")
        #expect(found.output.contains("10.0.0.160"), "\(found)")
        #expect(found.output.contains("TLS1.3"), "\(found)")
        // kdig pads its queries, and shows what it is told.
        #expect(found.output.contains("PADDING") && found.output.contains("Received 468 B"))
        let dig = try Command.run(
            "dig", ["@127.0.0.1", "-p", "\(lab.port)", "+tls", "+short", "vm160.example.com"])
        #expect(dig == "10.0.0.160\n")
        let wrong = try lab.ask("+tls-hostname=other.example.com", "vm160.example.com", "A")
        #expect(!wrong.output.contains("10.0.0.160"))
        let metrics = try Command.run(
            "curl", ["-s", "http://127.0.0.1:\(lab.agent.metricsPort)/metrics"])
        #expect(metrics.contains("pipam_dns_transport_responses_total{transport=\"tls\"} 2"))
        #expect(metrics.contains("pipam_dns_tls_certificate_expiry_timestamp_seconds "))
        #expect(lab.agent.log.contains("127.0.0.1:\(lab.port) TLS"))
        #expect(try lab.problems() == "")
        #expect(lab.agent.stop() == 0)
    }

    @Test func aRenewedCertificateIsShownByItself() async throws {
        let lab = try await lab(days: 1)
        try await lab.agent.start()
        try await eventually("it answers") {
            try lab.ask("example.com", "SOA").output.contains("SOA")
        }
        // A day is less than anybody should leave.
        try lab.make("rsa", days: 365, kind: "rsa")
        try FileManager.default.copyItem(
            atPath: "\(lab.files)/ns.pem", toPath: "\(lab.files)/first.pem")
        // What is broken changes nothing.
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: "\(lab.files)/ns.pem"))
        try await eventually("the broken file is told of") {
            try lab.problems().contains("holds no certificate")
        }
        #expect(
            try lab.ask("example.com", "SOA", authority: "first.pem").output.contains("SOA"))
        try lab.install("rsa")
        try await eventually("the new one is shown") {
            try lab.ask("example.com", "SOA", authority: "rsa.pem").output.contains("SOA")
        }
        #expect(try lab.problems() == "")
        // A key of another certificate.
        try lab.make("other", days: 365)
        try FileManager.default.removeItem(atPath: "\(lab.files)/ns.key")
        try FileManager.default.copyItem(
            atPath: "\(lab.files)/other.key", toPath: "\(lab.files)/ns.key")
        try await eventually("the wrong key is told of") {
            try lab.problems().contains("do not go together")
        }
        #expect(try lab.ask("example.com", "SOA", authority: "rsa.pem").output.contains("SOA"))
        let check = try lab.agent.outcome(["check-config"])
        #expect(check.status != 0 && check.errors.contains("do not go together"), "\(check)")
        #expect(lab.agent.stop() == 0)
    }

    @Test func withoutAUsableCertificateTheRestGoesOn() async throws {
        let lab = try await lab()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: "\(lab.files)/ns.key")
        let check = try lab.agent.outcome(["check-config"])
        #expect(check.status != 0 && check.errors.contains("chmod o=,g-w"), "\(check)")
        try await lab.agent.start()
        try await eventually("it is told of") { try lab.problems().contains("chmod o=,g-w") }
        #expect(try !lab.ask("example.com", "SOA").output.contains("SOA\t"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640], ofItemAtPath: "\(lab.files)/ns.key")
        try await eventually("it is answered") {
            try lab.ask("example.com", "SOA").output.contains("SOA")
        }
        #expect(try lab.problems() == "")
        #expect(lab.agent.stop() == 0)
    }

    @Test func halfOpenHandshakesGrowNoMemory() async throws {
        let lab = try await lab(
            answering: "tcp_idle_timeout = 600",
            limits: "connections = 256\nhandshake_timeout = 60")
        try await lab.agent.start()
        try await eventually("it answers") {
            try lab.ask("example.com", "SOA").output.contains("SOA")
        }
        // Four waves of 1,200; what the first one took is there to be used again.
        let process = try #require(lab.agent.processID)
        let flood = try Command.outcome(
            "python3",
            [
                Self.client,
                "\(lab.port)", "flood", "1200", "\(process)",
            ])
        try #require(flood.status == 0, "\(flood)")
        guard case .integer(let grown) = try flood.json["grown_kib"] else {
            Issue.record("\(flood)")
            return
        }
        #expect(grown < 8_192, "\(flood)")
        #expect(lab.agent.stop() == 0)
    }
}
