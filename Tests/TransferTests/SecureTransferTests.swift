import DNSWire
import Foundation
import Inventory
import Nameserver
import TestServers
import TestSupport
import Testing
import Zones

/// Zones copied over TLS (RFC 9103) by BIND and NSD, and by nobody in another way.
@Suite("RFC 9103: transfers over TLS", .serialized) struct RFC9103 {
    private static func zone() -> ChangingZone {
        var zone = ChangingZone()
        for guest in 0..<400 { zone.set(guest, address: guest) }
        _ = zone.commit()
        return zone
    }

    /// Waits until a secondary has a serial, then holds its zone against ours.
    private static func expectSame(
        _ secondary: Secondary, as primary: Primary, at serial: UInt32,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try secondary.serial() != serial, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
        }
        let theirs = try secondary.records()
        // From an address that nothing is asked of.
        let ours = try Zone.records(at: primary.address, primary.port, from: "127.0.0.5")
        #expect(ours.count > 400, sourceLocation: sourceLocation)
        #expect(
            theirs == ours, "\(secondary.kind): \(secondary.log.suffix(3_000))",
            sourceLocation: sourceLocation)
    }

    private static func secure(
        _ exchange: Exchange, _ secondary: Secondary, _ demand: TransferSettings.Demand
    ) -> TransferSettings {
        var settings = exchange.settings(secondaries: [secondary.port])
        settings.secondaries[0].demand = demand
        return settings
    }

    @Test(arguments: SecureClient.makers) func aSecondaryFollowsOverTLSAlone(
        _ kind: Secondary.Kind
    ) async throws {
        let exchange = Exchange()
        let primary = try Primary()
        let certificate = try MadeCertificate()
        let zone = Self.zone()
        try primary.take(zone.zones.replacements, of: zone)
        let secondary = try Secondary(
            kind, of: [primary], exchange, secure: SecureClient(primary: certificate))
        let settings = Self.secure(exchange, secondary, .tls)
        try await primary.serve(settings, certificate: certificate) { server in
            var zone = zone
            try secondary.start()
            try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
            for number in 0..<20 {
                zone.set(number, address: 1_000 + number)
                try primary.take(zone.commit(), of: zone)
                if number % 5 == 0 {
                    try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
                }
            }
            try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
            // NSD asks for whole zones over TLS, and nothing else.
            if kind == .bind { #expect((server.transfers[.changes] ?? 0) >= 1) }
            #expect((server.transfers[.noticeHeard] ?? 0) >= 1)
            #expect(server.transfers[.refused] == 0)
            #expect((server.transports[.tls]?.connections?.accepted ?? 0) >= 1)
            // The same key, in the clear.
            let words = [
                "-y", "\(exchange.algorithm.rawValue):\(exchange.keyName):\(exchange.secret)",
            ]
            let clear = try Command.run(
                "dig",
                words + ["@127.0.0.1", "-p", "\(primary.port)", "+tcp", Exchange.zone, "AXFR"])
            #expect(clear.contains("Transfer failed"), "\(clear)")
            let whole = try Command.run(
                "dig",
                words + [
                    "@127.0.0.1", "-p", "\(primary.securePort)", "+tls", Exchange.zone, "AXFR",
                ])
            #expect(
                whole.contains("XFR size: ") && !whole.contains("failed"), "\(whole.suffix(300))")
            secondary.stop()
        }
    }

    @Test(arguments: SecureClient.makers) func aSecondaryShowsItsKey(
        _ kind: Secondary.Kind
    ) async throws {
        let exchange = Exchange(algorithm: .sha512)
        let primary = try Primary()
        let certificate = try MadeCertificate()
        let own = try MadeCertificate("secondary.example.com", days: 1)
        let zone = Self.zone()
        try primary.take(zone.zones.replacements, of: zone)
        let secondary = try Secondary(
            kind, of: [primary], exchange,
            secure: SecureClient(primary: certificate, own: own))
        let digest = try #require(Data(base64Encoded: own.pin())).map { $0 }
        let settings = Self.secure(exchange, secondary, .publicKeys([digest]))
        try await primary.serve(settings, certificate: certificate) { server in
            try secondary.start()
            try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
            // NSD 4.6 shows its certificate from its second connection on.
            let refused = server.transfers[.refused] ?? 0
            #expect(refused <= (kind == .nsd ? 1 : 0), "\(secondary.log.suffix(2_000))")
            secondary.stop()
            // The key of the exchange alone is not enough, nor is another certificate.
            let believing = [
                "+tls-ca=\(certificate.certificate)", "+tls-hostname=ns.example.com",
            ]
            let stranger = try MadeCertificate("secondary.example.com")
            let base = [
                "@127.0.0.1", "-p", "\(primary.securePort)", "+tls", Exchange.zone, "AXFR", "-y",
                "\(exchange.algorithm.rawValue):\(exchange.keyName):\(exchange.secret)",
            ]
            for words in [
                [],
                believing + [
                    "+tls-certfile=\(stranger.certificate)", "+tls-keyfile=\(stranger.key)",
                ],
            ] {
                let output = try Command.run("dig", base + words)
                #expect(output.contains("Transfer failed"), "\(output.suffix(300))")
            }
            let mine = try Command.run(
                "dig",
                base + believing
                    + ["+tls-certfile=\(own.certificate)", "+tls-keyfile=\(own.key)"])
            #expect(mine.contains("XFR size: "), "\(mine.suffix(300))")
            #expect(server.transfers[.refused] == refused + 2)
        }
    }

    @Test func section7_1WhoNamesNoProtocolGetsNoZone() async throws {
        let exchange = Exchange()
        let primary = try Primary()
        let certificate = try MadeCertificate()
        let zone = Self.zone()
        try primary.take(zone.zones.replacements, of: zone)
        let settings = exchange.settings(secondaries: [])
        try await primary.serve(settings, certificate: certificate) { server in
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("Servers/dns_tls.py").path
            for (protocols, messages) in [("", 0), ("dot", 1)] {
                let outcome = try Command.outcome(
                    "python3", [script, "\(primary.securePort)", "transfer", protocols])
                let expected = messages == 0 ? "\"code\": 5" : "\"code\": 0"
                #expect(outcome.output.contains(expected), "\(outcome)")
                #expect(outcome.output.contains("\"padded\": true"), "\(outcome)")
            }
            #expect(server.transfers[.refused] == 1 && server.transfers[.wholeZone] == 1)
        }
    }

    @Test func everyTransferMayBeBoundToTLS() async throws {
        let exchange = Exchange()
        let primary = try Primary()
        let certificate = try MadeCertificate()
        let zone = Self.zone()
        try primary.take(zone.zones.replacements, of: zone)
        var settings = exchange.settings(secondaries: [])
        settings.isOverTLSOnly = true
        try await primary.serve(settings, certificate: certificate) { server in
            #expect(try Zone.records(at: "127.0.0.1", primary.port).isEmpty)
            let output = try Command.run(
                "dig",
                [
                    "@127.0.0.1", "-p", "\(primary.port)", "+notcp", "+short",
                    "\(Exchange.zone)", "IXFR=1",
                ])
            #expect(!output.contains("10."), "\(output)")
            #expect((server.transfers[.refused] ?? 0) >= 2)
            // Questions are answered as before.
            #expect(try Zone.serial(at: "127.0.0.1", primary.port) == zone.serial.number)
        }
    }
}
