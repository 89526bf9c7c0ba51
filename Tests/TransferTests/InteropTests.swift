import DNSWire
import Foundation
import Nameserver
import Testing
import TestSupport
import Zones

/// Knot, NSD, BIND and PowerDNS follow our zones.
@Suite(.serialized) struct InteropTests {
    /// Changes of one run; more with PIPAM_TRANSFER_CHANGES.
    private static let changes =
        ProcessInfo.processInfo.environment["PIPAM_TRANSFER_CHANGES"].flatMap { Int($0) } ?? 60

    private static func zone(guests: Int = 400) -> ChangingZone {
        var zone = ChangingZone()
        for guest in 0..<guests { zone.set(guest, address: guest) }
        _ = zone.commit()
        return zone
    }

    /// A change of a few guests.
    private static func step(_ zone: inout ChangingZone, _ number: Int) -> [ZoneChange] {
        zone.set(number % 400, address: 1_000 + number)
        if number % 3 == 0 { zone.set(1_000 + number, address: 5_000 + number) }
        if number % 4 == 0 { zone.set((number * 7) % 400, address: nil) }
        if number % 10 == 0 { zone.set(400 + number % 7, label: "moved", address: 9_000 + number) }
        return zone.commit()
    }

    /// Waits until a secondary has a serial, then holds its zone against that of a primary.
    private static func expectSame(
        _ secondary: Secondary, as primary: Primary, at serial: UInt32,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        var found: UInt32?
        while ContinuousClock.now < deadline {
            found = try secondary.serial()
            if found == serial { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(
            found == serial, "\(secondary.kind): \(secondary.log.suffix(3_000))",
            sourceLocation: sourceLocation)
        let theirs = try secondary.records()
        let ours = try Zone.records(at: primary.address, primary.port)
        #expect(ours.count > 100, sourceLocation: sourceLocation)
        #expect(
            theirs == ours,
            "\(secondary.kind): \(theirs.symmetricDifference(ours).sorted().prefix(10))",
            sourceLocation: sourceLocation)
    }

    @Test(arguments: Secondary.Kind.allCases) func aSecondaryFollowsByNoticesAndChanges(
        _ kind: Secondary.Kind
    ) async throws {
        let exchange = Exchange()
        let primary = try Primary()
        let zone = Self.zone()
        try primary.take(zone.zones.replacements, of: zone)
        let secondary = try Secondary(kind, of: [primary], exchange)
        let settings = exchange.settings(secondaries: [secondary.port])
        try await primary.serve(settings) { server in
            var zone = zone
            try secondary.start()
            try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
            #expect(server.transfers[.wholeZone] ?? 0 >= 1)
            for number in 0..<Self.changes {
                try primary.take(Self.step(&zone, number), of: zone)
                // Some singly, some gathered.
                if number % 6 == 0 {
                    try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
                }
            }
            try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
            // Each look at the primary was a transfer of the whole zone too: ours.
            print(
                "\(kind): \(Self.changes) changes, \(server.transfers[.changes] ?? 0) transfers of "
                    + "changes, \(server.transfers[.wholeZone] ?? 0) of the whole zone with ours")
            // Changes were fetched as such, and because they were told.
            #expect((server.transfers[.changes] ?? 0) >= UInt64(Self.changes / 12))
            #expect((server.transfers[.noticeHeard] ?? 0) >= 1, "\(secondary.log.suffix(2_000))")
            #expect(server.transfers[.refused] == 0)
            secondary.stop()
        }
    }

    @Test(arguments: Secondary.Kind.allCases) func aSecondaryThatWasAwayCatchesUp(
        _ kind: Secondary.Kind
    ) async throws {
        let exchange = Exchange(algorithm: .sha384)
        let primary = try Primary()
        let zone = Self.zone(guests: 3_000)
        try primary.take(zone.zones.replacements, of: zone)
        let secondary = try Secondary(kind, of: [primary], exchange)
        let settings = exchange.settings(secondaries: [secondary.port])
        try await primary.serve(settings) { server in
            var zone = zone
            try secondary.start()
            try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
            secondary.stop()
            // As many as the journal of this zone holds, and then more.
            for count in [100, 1_000] {
                for number in 0..<count {
                    try primary.take(Self.step(&zone, number), of: zone)
                }
                try secondary.start()
                try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
                secondary.stop()
            }
            #expect(server.transfers[.refused] == 0)
        }
    }

    @Test(arguments: Secondary.Kind.allCases) func aSecondaryThatDiesInTheMiddleStartsAnew(
        _ kind: Secondary.Kind
    ) async throws {
        let exchange = Exchange(algorithm: .sha512)
        let primary = try Primary()
        let zone = Self.zone(guests: 30_000)
        try primary.take(zone.zones.replacements, of: zone)
        let secondary = try Secondary(kind, of: [primary], exchange)
        let settings = exchange.settings(secondaries: [secondary.port])
        try await primary.serve(settings) { server in
            try secondary.start()
            let deadline = ContinuousClock.now + .seconds(60)
            while server.transfersUnderWay == 0, server.transfers[.wholeZone] == 0,
                ContinuousClock.now < deadline
            {
                try await Task.sleep(for: .microseconds(100))
            }
            secondary.kill()
            try secondary.start()
            try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
            secondary.stop()
            while server.transfersUnderWay > 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(server.transfersUnderWay == 0)
        }
    }

    @Test(arguments: Secondary.Kind.allCases) func anotherKeyIsTakenByBoth(
        _ kind: Secondary.Kind
    ) async throws {
        var exchange = Exchange()
        let primary = try Primary()
        let zone = Self.zone()
        try primary.take(zone.zones.replacements, of: zone)
        let secondary = try Secondary(kind, of: [primary], exchange)
        try await primary.serve(exchange.settings(secondaries: [secondary.port])) { _ in
            try secondary.start()
            try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
            secondary.stop()
        }
        exchange.keyName = "next.example"
        exchange.algorithm = .sha512
        exchange.octets = Array("another secret, another day.".utf8)
        exchange.secret = Data(exchange.octets).base64EncodedString()
        let (next, port) = (exchange.settings(secondaries: [secondary.port]), secondary.port)
        try await primary.serve(next) { server in
            var zone = zone
            try primary.take(Self.step(&zone, 1), of: zone)
            // With the old key it gets nothing: some ask and are refused, BIND does not ask before
            // its time, and does not believe our notices.
            try secondary.start()
            let deadline = ContinuousClock.now + .seconds(60)
            while server.transfers[.badSignature] == 0, (server.transfers[.notice] ?? 0) < 3,
                ContinuousClock.now < deadline
            {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(server.transfers[.noticeHeard] == 0)
            #expect(try Zone.serial(at: "127.0.0.1", port) != zone.serial.number)
            secondary.stop()
        }
        try secondary.configure(exchange)
        try await primary.serve(next) { _ in
            var zone = zone
            _ = Self.step(&zone, 1)
            try secondary.start()
            try await Self.expectSame(secondary, as: primary, at: zone.serial.number)
            secondary.stop()
        }
    }

    /// A serial from one of our nodes, and the way to the next from another, which is behind at
    /// times.
    @Test(arguments: Secondary.Kind.allCases) func aSecondaryFollowsTwoNodesOneOfThemBehind(
        _ kind: Secondary.Kind
    ) async throws {
        let exchange = Exchange()
        let nodes = [try Primary(), try Primary(address: "127.0.0.2")]
        var start = Self.zone()
        // PowerDNS forgets a notice that comes while it looks at the other node, and finds out when
        // it looks again.
        if kind == .powerdns { _ = start.configure { $0.times.refresh = 1 } }
        let zone = start
        for node in nodes { try node.take(zone.zones.replacements, of: zone) }
        let secondary = try Secondary(kind, of: nodes, exchange)
        let settings = exchange.settings(secondaries: [secondary.port])
        try await nodes[0].serve(settings) { first in
            try await nodes[1].serve(settings) { second in
                var zone = zone
                try secondary.start()
                try await Self.expectSame(secondary, as: nodes[0], at: zone.serial.number)
                var late: [(changes: [ZoneChange], zone: ChangingZone)] = []
                for number in 0..<Self.changes {
                    let changes = Self.step(&zone, number)
                    // They take turns in being behind.
                    let ahead = number / 5 % 2
                    try nodes[ahead].take(changes, of: zone)
                    late.append((changes, zone))
                    if number % 5 == 4 {
                        try await Self.expectSame(
                            secondary, as: nodes[ahead], at: zone.serial.number)
                        for step in late {
                            try nodes[1 - ahead].take(step.changes, of: step.zone)
                        }
                        late = []
                    }
                }
                for server in [first, second] {
                    #expect((server.transfers[.changes] ?? 0) >= 1)
                    #expect(server.transfers[.refused] == 0)
                }
            }
        }
        secondary.stop()
    }
}
