import DNSWire
import Inventory
import Nameserver
import TestSupport
import Testing
import Zones

/// Others take our zones from the catalog (RFC 9432).
@Suite(.serialized) struct CatalogTests {
    private static let catalog = "catalog.invalid"

    /// Waits until a secondary has a zone, or has it no more.
    private func expect(
        _ zone: String, at secondary: Secondary, isThere: Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try (secondary.serial(of: zone) != nil) != isThere, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(
            try (secondary.serial(of: zone) != nil) == isThere,
            "\(secondary.kind) \(zone): \(secondary.log.suffix(3_000))",
            sourceLocation: sourceLocation)
    }

    @Test(arguments: Secondary.followers) func zonesComeAndGoByThemselves(
        _ kind: Secondary.Kind
    ) async throws {
        let exchange = Exchange()
        let primary = try Primary()
        var start = ChangingZone()
        _ = start.configure { $0.catalog = DomainName(Self.catalog) }
        let zone = start
        try primary.take(zone.zones.replacements, of: zone)
        let secondary = try Secondary(kind, of: [primary], exchange, catalog: Self.catalog)
        let settings = exchange.settings(secondaries: [secondary.port])
        try await primary.serve(settings) { server in
            var zone = zone
            try secondary.start()
            try await expect(Exchange.zone, at: secondary, isThere: true)
            try await expect("10.in-addr.arpa", at: secondary, isThere: true)
            let new = try #require(DomainName("new.example"))
            let more = zone.configure { $0.forward.append(new) }
            try primary.take(more, of: zone)
            try await expect("new.example", at: secondary, isThere: true)
            let less = zone.configure { $0.forward.removeAll { $0 == new } }
            try primary.take(less, of: zone)
            try await expect("new.example", at: secondary, isThere: false)
            #expect(try secondary.serial() == zone.serial.number)
            // What became of the catalog was fetched as changes.
            #expect(kind == .powerdns || (server.transfers[.changes] ?? 0) >= 1)
            secondary.stop()
        }
    }
}
