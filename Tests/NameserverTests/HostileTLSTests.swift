import Foundation
import HTTPClient
import Nameserver
import TestServers
import Testing
import Zones

/// What strangers may do to the port of DNS over TLS.
@Suite(.serialized) struct HostileTLSTests {
    @Test func whatIsNoHandshakeEndsAtOnce() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate(),
            change: { $0.tcp.idleTimeout = .seconds(600) }
        ) { running in
            let found = try running.deed("garbage")
            for kind in ["query", "http", "random", "zeros", "alert", "long", "pieces"] {
                #expect(found[kind] == .string("closed"), "\(kind): \(found)")
            }
            try await running.expectNoneOpen()
            #expect(running.connections?.failedHandshakes == 7)
        }
    }

    @Test func halvesOfHandshakesEndInTime() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate(),
            change: {
                $0.tls?.handshakeTimeout = .seconds(1)
                $0.tcp.idleTimeout = .seconds(2)
            }
        ) { running in
            let found = try running.deed("slow")
            // Said: an alert, or nothing, but never on and on.
            #expect(found["slowly"] != .string("open") && found["silent"] == .string("closed"))
            // A good end: close_notify.
            #expect(found["idle"] == .string("closed"), "\(found)")
            try await running.expectNoneOpen()
            #expect(running.connections?.failedHandshakes == 2)
        }
    }

    @Test func whoReadsNothingIsNotServedOn() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate(),
            change: { $0.tcp.idleTimeout = .seconds(2) }
        ) { running in
            // 20,000 answers of 60 KiB.
            let found = try running.deed("unread", "2000")
            // Queries are taken as long as answers are; the connection ends by the clock.
            #expect(found["end"] != .string("taken"), "\(found)")
            #expect((1..<1_000).contains(running.server.transports[.tls]?.answers ?? 0))
            try await running.expectNoneOpen()
        }
    }

    @Test func aFloodOfHalfOpenHandshakesStopsNobody() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate(),
            change: {
                $0.tls?.connections = 256
                $0.tls?.handshakeTimeout = .seconds(600)
                $0.tcp.idleTimeout = .seconds(600)
            }
        ) { running in
            // Four waves of 1,200, and somebody else in between each hundred.
            _ = try running.deed(
                "flood", "1200", "\(ProcessInfo.processInfo.processIdentifier)")
            try await running.expectNoneOpen()
            #expect(running.connections?.refused == 0)
        }
    }

    @Test func oneClientHasOnlySoManyConnections() async throws {
        try await SecureServer.run(
            try longTextZones(), certificate: try MadeCertificate(),
            change: { $0.tcp.connectionsPerClient = 2 }
        ) { running in
            let held = try (0..<2).map { _ in try Stream(running.secure) }
            let third = try Stream(running.secure)
            #expect(try third.receive() == nil)
            #expect(running.connections?.refused == 1)
            for stream in held { stream.finish() }
            try await running.expectNoneOpen()
        }
    }
}
