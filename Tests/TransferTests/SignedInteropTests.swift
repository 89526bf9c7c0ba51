import Foundation
import Nameserver
import Testing
import TestSupport
import Zones

/// Servers of others follow a signed zone of ours.
@Suite(.serialized) struct SignedInteropTests {
    private static let steps = 12

    private static func publish(
        _ zone: inout ChangingZone, by signer: inout OutsideSigner, renewed: Int = 0
    ) throws -> [ZoneChange] {
        let plain = try #require(zone.zones.zones[zone.apex])
        let serial = plain.serial.next(atSeconds: zone.time)
        let step = try signer.step(to: plain, serial: serial, renewed: renewed)
        return try zone.publish(step.changed, removed: step.removed, serial: serial)
    }

    private static func expectSame(
        _ secondary: Secondary, as primary: Primary, at serial: UInt32, by signer: OutsideSigner
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try secondary.serial() != serial, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
        }
        let theirs = try secondary.records()
        let ours = try Zone.records(at: primary.address, primary.port)
        #expect(
            theirs == ours,
            "\(secondary.log.suffix(2_000)) \(theirs.symmetricDifference(ours).prefix(10))")
        #expect(theirs.contains { $0.contains(" \(serial) ") })
    }

    @Test(
        arguments: [Secondary.Kind.knot, .bind, .nsd], [SigningPolicy.Denial.nsec, .nsec3])
    func aSecondaryHasASignedZone(
        _ kind: Secondary.Kind, _ denial: SigningPolicy.Denial
    ) async throws {
        let exchange = Exchange()
        let primary = try Primary()
        var zone = ChangingZone()
        for guest in 0..<200 { zone.set(guest, address: guest) }
        _ = zone.commit()
        zone.sign(SigningPolicy(denial: denial))
        var signer = try OutsideSigner(denial)
        defer { signer.end() }
        _ = try Self.publish(&zone, by: &signer)
        try primary.take(zone.zones.replacements, of: zone)
        let secondary = try Secondary(kind, of: [primary], exchange)
        let start = (zone, signer)
        try await primary.serve(exchange.settings(secondaries: [secondary.port])) { server in
            var (zone, signer) = start
            try secondary.start()
            try await Self.expectSame(
                secondary, as: primary, at: zone.serial.number, by: signer)
            for number in 0..<Self.steps {
                // Every third time signatures are made anew and nothing else.
                if number % 3 != 2 {
                    zone.set(number * 3, address: number % 2 == 0 ? nil : 1_000 + number)
                    zone.set(500 + number, address: 3_000 + number)
                    try primary.take(zone.commit(), of: zone)
                }
                let changes = try Self.publish(
                    &zone, by: &signer, renewed: number % 3 == 2 ? 20 : 0)
                guard case .signed(let difference) = try #require(changes.first) else {
                    Issue.record("no signed change but \(changes)")
                    return
                }
                if number % 3 == 2 {
                    #expect(difference.removed.isEmpty && difference.changed.count == 21)
                }
                try primary.take(changes, of: zone)
                try await Self.expectSame(
                    secondary, as: primary, at: zone.serial.number, by: signer)
            }
            try signer.check(secondary.text())
            // The whole zone once, and then what changed.
            let log = secondary.log.suffix(3_000)
            // Each comparison is one transfer more.
            #expect(server.transfers[.wholeZone] ?? 0 <= 2 + UInt64(Self.steps) + 1, "\(log)")
            #expect((server.transfers[.changes] ?? 0) >= UInt64(Self.steps) - 1)
            #expect(server.transfers[.refused] == 0)
            secondary.stop()
        }
    }
}
