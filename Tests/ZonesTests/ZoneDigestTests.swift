import Inventory
import Testing
import TestSupport
import Zones

/// What nodes compare of a zone, and how long its signatures last.
@Suite struct ZoneDigestTests {
    private static func guests(_ addresses: [Int]) -> ChangingZone {
        var guests = ChangingZone()
        for (guest, address) in addresses.enumerated() {
            guests.set(guest, address: address)
            _ = guests.commit()
        }
        return guests
    }

    @Test func equalHistoriesHaveEqualMarks() throws {
        let (one, same) = (Self.guests([1, 2, 3]), Self.guests([1, 2, 3]))
        let digest = try #require(one.zones.digest(of: one.apex))
        #expect(digest == same.zones.digest(of: same.apex))
        #expect(digest.serial == one.zones.zones[one.apex]?.serial)
        #expect(one.zones.digest(of: try #require(DomainName("example.org"))) == nil)
    }

    /// Another content, or another way to the same content: a secondary could tell.
    @Test func whatDiffersHasAnotherDigest() throws {
        let one = Self.guests([1, 2, 3])
        let digest = try #require(one.zones.digest(of: one.apex))
        let other = Self.guests([1, 2, 4])
        let otherDigest = try #require(other.zones.digest(of: other.apex))
        #expect(digest.serial == otherDigest.serial && digest.sum != otherDigest.sum)
        var way = ChangingZone()
        for (guest, address) in [(0, 1), (2, 3), (1, 2)] {
            way.set(guest, address: address)
            _ = way.commit()
        }
        #expect(way.zones.zones[way.apex] == one.zones.zones[one.apex])
        #expect(way.zones.digest(of: way.apex)?.sum != digest.sum)
    }

    // MARK: Signed zones

    private static let day: UInt64 = 86_400

    /// An RRSIG record that says until when, and nothing else.
    private static func signature(until seconds: UInt64) -> [UInt8] {
        let end = UInt32(truncatingIfNeeded: seconds)
        let octets = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: end >> UInt32($0)) }
        return [0, 1, 13, 2, 0, 0, 0, 60] + octets + [0, 0, 0, 0, 0, 7, 0]
    }

    private static func publish(
        _ sets: [(RecordSet, UInt64)], removed: [RecordSetKey] = [], in guests: ChangingZone,
        _ zones: inout ZoneSet, isComplete: Bool
    ) throws {
        let zone = try #require(zones.zones[guests.apex])
        let signed = try #require(zones.signed[guests.apex])
        let serial = zone.serial.next(atSeconds: guests.time)
        var changed = sets.map { $0.signed(with: [signature(until: $1)]) }
        changed.append(
            zone.soa(at: serial).signed(with: [signature(until: guests.time + 90 * day)]))
        _ = try zones.publish(
            ZonePublication(
                apex: guests.apex, round: signed.round, serial: serial, changed: changed,
                removed: removed, isComplete: isComplete))
    }

    @Test func aSignedZoneTellsWhenTheFirstSignatureEnds() throws {
        let guests = Self.guests([1, 2, 3])
        var zones = guests.zones
        let now = guests.time
        let plain = try #require(zones.digest(of: guests.apex))
        zones.sign(guests.apex, SigningPolicy(), by: [])
        let sets = try #require(zones.zones[guests.apex]).allSets.filter { $0.key.type != .soa }
        let first = sets[0].key
        try Self.publish(
            sets.map { ($0, now + ($0.key == first ? 3 : 10) * Self.day) }, in: guests, &zones,
            isComplete: false)
        // Not served yet: the digest is that of the plain zone.
        #expect(zones.digest(of: guests.apex) == plain)
        try Self.publish([], in: guests, &zones, isComplete: true)
        #expect(zones.isServedSigned(guests.apex))
        #expect(zones.digest(of: guests.apex)?.sum != plain.sum)
        let signed = try #require(zones.signed[guests.apex])
        #expect(signed.signatureCount == sets.count + 1)
        // To the hour, and never too late.
        let end = try #require(signed.firstExpirySeconds(near: now))
        #expect(end <= now + 3 * Self.day && end + 3_600 > now + 3 * Self.day)
        // What ended tells so.
        #expect(signed.firstExpirySeconds(near: now + 5 * Self.day) == end)
        // Made anew, or gone with its set, it counts no more.
        let before = try #require(zones.digest(of: guests.apex))
        try Self.publish(
            [(sets[0], now + 20 * Self.day)], in: guests, &zones, isComplete: true)
        let renewed = try #require(zones.signed[guests.apex])
        let next = try #require(renewed.firstExpirySeconds(near: now))
        #expect(next > now + 9 * Self.day && next <= now + 10 * Self.day)
        #expect(zones.digest(of: guests.apex) != before)
        try Self.publish(
            [], removed: sets.dropFirst().map(\.key), in: guests, &zones, isComplete: true)
        let last = try #require(zones.signed[guests.apex])
        #expect(last.signatureCount == 2)
        #expect(try #require(last.firstExpirySeconds(near: now)) > now + 19 * Self.day)
    }
}
