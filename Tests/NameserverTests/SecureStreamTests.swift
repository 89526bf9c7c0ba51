import DNSWire
import Foundation
import HTTPClient
import Inventory
import Nameserver
import OpenSSL
import TestServers
import Testing
import Zones

@Suite("RFC 7858: DNS over TLS", .serialized)
struct RFC7858 {
    @Test(arguments: MadeCertificate.Kind.allCases.filter { $0 != .rsa1024 })
    func clientsOfOthersAreAnswered(_ kind: MadeCertificate.Kind) async throws {
        let certificate = try MadeCertificate(kind: kind)
        try await SecureServer.run(try longTextZones(), certificate: certificate) { running in
            let port = "\(running.secure.port)"
            let kdig = try Command.run(
                "kdig",
                [
                    "@127.0.0.1", "-p", port, "+tls-ca=\(certificate.certificate)",
                    "+tls-hostname=ns.example.com", "+retry=0", "www.example.com", "A",
                ])
            #expect(kdig.contains("192.0.2.1") && kdig.contains("TLS1.3"), "\(kdig)")
            let pinned = try Command.run(
                "kdig",
                [
                    "@127.0.0.1", "-p", port, "+tls-pin=\(certificate.pin())", "+retry=0",
                    "www.example.com", "A",
                ])
            #expect(pinned.contains("192.0.2.1"), "\(pinned)")
            let dig = try Command.run(
                "dig", ["@127.0.0.1", "-p", port, "+tls", "+short", "www.example.com", "A"])
            #expect(dig == "192.0.2.1\n")
            try await running.expectNoneOpen()
            #expect(running.connections?.failedHandshakes == 0)
            #expect(running.server.transports[.tls]?.answers == 3)
            #expect(running.server.transports[.tcp]?.connections?.accepted == 0)
        }
    }

    @Test func addressesOfIPv6Do() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate(), address: "::1"
        ) { running in
            let dig = try Command.run(
                "dig",
                ["@::1", "-p", "\(running.secure.port)", "+tls", "+short", "www.example.com", "A"])
            #expect(dig == "192.0.2.1\n")
        }
    }

    @Test func onlyDNSAndOnlyTheLatestTLSAreSpoken() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate()
        ) { running in
            for (protocols, chosen) in [("dot", "dot"), ("h2,dot", "dot"), ("", nil)] {
                let shaken = try running.deed("shake", protocols)
                #expect(shaken["version"] == .string("TLSv1.3"), "\(shaken)")
                #expect(shaken["protocol"] == chosen.map(JSONValue.string), "\(shaken)")
                #expect(shaken["ticket"] == .bool(false))
            }
            for protocols in ["h2", "http/1.1,h2", "do", "dott"] {
                let refused = try running.deed("shake", protocols)
                let reason = refused["refused"]?.text ?? ""
                #expect(reason.contains("alert no application protocol"), "\(refused)")
            }
            for version in ["1.1", "1.2"] {
                let refused = try running.deed("shake", "dot", version)
                let reason = refused["refused"]?.text ?? ""
                #expect(reason.contains("ALERT_PROTOCOL_VERSION"), "\(refused)")
            }
            // As OpenSSL's own client sees it.
            let peeked = try Command.outcome(
                "openssl",
                [
                    "s_client", "-connect", "127.0.0.1:\(running.secure.port)", "-alpn", "h2",
                    "-brief",
                ])
            #expect(peeked.errors.contains("no application protocol"), "\(peeked)")
            try await running.expectNoneOpen()
            #expect(running.connections?.failedHandshakes == 7)
        }
    }

    @Test func queriesMayBePipelinedAndAreAnsweredToTheEnd() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate()
        ) { running in
            #expect(try running.deed("pipeline", "500")["in_order"] == .bool(true))
            // 100 answers of 20 texts each: what was asked before the goodbye is answered.
            let octets = number(try running.deed("goodbye", "100")["octets"])
            #expect(octets > 100 * 20 * 250)
            try await running.expectNoneOpen()
        }
    }

    @Test func aCertificateIsReplacedUnderConnections() async throws {
        let first = try MadeCertificate()
        try await SecureServer.run(try longTextZones(), certificate: first) { running in
            let client = try TalkingClient(SecureServer.script, ["\(running.secure.port)", "stay"])
            #expect(try client.say("ask")["changed"] == .bool(false))
            try running.identity.replace(with: try MadeCertificate(kind: .rsa2048).identity)
            let after = try client.say("ask")
            #expect(after["answered"] == .bool(true) && after["changed"] == .bool(true))
            // One that is too weak changes nothing.
            #expect(throws: OpenSSLError.self) {
                try running.identity.replace(with: try MadeCertificate(kind: .rsa1024).identity)
            }
            #expect(try client.say("ask")["answered"] == .bool(true))
            client.end()
        }
    }

    @Test func withoutACertificateConnectionsAreClosed() async throws {
        try await SecureServer.run(try longTextZones(), certificate: nil) { running in
            let shaken = try running.deed("shake", "dot")
            #expect(shaken["refused"] != nil, "\(shaken)")
            #expect(running.connections?.refused == 1)
            let dig = try Command.run(
                "dig",
                ["@127.0.0.1", "-p", "\(running.plain.port)", "+tcp", "+short", "www.example.com"])
            #expect(dig == "192.0.2.1\n")
        }
    }
}

@Suite("RFC 8467: padding", .serialized)
struct RFC8467 {
    @Test func section4_1AnswersAreAsLongAsOthersWhereQueriesArePadded() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate()
        ) { running in
            let found = try running.deed("pad")
            let octets = { (key: String) in number(found[key]?["octets"]) }
            #expect(octets("none") < 100 && octets("plain") < 100)
            #expect(found["plain"]?["options"]?["12"] == nil)
            #expect(octets("padded") == 468 && octets("both") == 468)
            #expect(found["both"]?["options"]?["11"] != nil)
            #expect(octets("no.example.com") == 468)
            #expect(octets("big.example.com") % 468 == 0 && octets("big.example.com") > 5_000)
            #expect((65_000...65_535).contains(octets("huge.example.com")))
            #expect(number(found["huge.example.com"]?["options"]?["12"]) >= 0)
        }
    }

    @Test func aSignatureCountsForTheLength() async throws {
        let key = TSIGKey(
            name: name("k.example.").wire, algorithm: .sha256,
            secret: Array("secret secret secret secret!".utf8))
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate(),
            change: { $0.transfer.keys = [key] }
        ) { running in
            for (owner, blocks) in [("www", 1), ("no", 1), ("big", 12)] {
                let answer = try Command.run(
                    "kdig",
                    [
                        "@127.0.0.1", "-p", "\(running.secure.port)", "+tls", "+padding", "-y",
                        "hmac-sha256:k.example:c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==",
                        "\(owner).example.com", "TXT",
                    ])
                #expect(answer.contains("Received \(blocks * 468) B"), "\(answer.suffix(400))")
            }
        }
    }

    @Test func nothingIsPaddedInTheClear() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate()
        ) { running in
            for word in ["+tcp", "+notcp"] {
                let answer = try Command.run(
                    "kdig",
                    [
                        "@127.0.0.1", "-p", "\(running.plain.port)", "+padding=128", word,
                        "www.example.com",
                    ])
                #expect(answer.contains("192.0.2.1") && !answer.contains("PADDING"), "\(answer)")
            }
        }
    }
}
