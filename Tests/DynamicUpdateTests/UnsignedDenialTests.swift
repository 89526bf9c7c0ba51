import DNSWire
import Inventory
import Testing

@testable import DynamicUpdate

/// Who is believed that there is no zone.
@Suite struct UnsignedDenialTests {
    @Test func whatIsDeniedUnsignedMustLieInNoKnownZone() throws {
        let now = ContinuousClock.now
        var finder = ZoneFinder()
        let inside = try UpdateRig.name("x.b.example.net.")
        let outside = try UpdateRig.name("2.0.192.in-addr.arpa.")
        finder.note(outside, zone: nil, now: now, isVerified: false)
        finder.note(inside, zone: nil, now: now, isVerified: false)
        #expect(finder.contradiction == nil)
        let apex = try UpdateRig.name("example.net.")
        finder.note(try UpdateRig.name("a.example.net."), zone: apex, now: now)
        #expect(finder.contradiction == inside)
        finder.note(inside, zone: nil, now: now)
        #expect(finder.contradiction == nil)
    }
}
