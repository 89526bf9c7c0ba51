package import Inventory

/// What a node gives to secondaries of a zone at one serial, in short. Two nodes with different
/// digests at one serial must not both be believed: a secondary that takes the zone from one and
/// its changes from the other would have something that neither has.
package struct ZoneDigest: Hashable, Sendable {
    /// The version.
    package let serial: SerialNumber
    /// Of what is served at that serial, and of the journal that leads there.
    package let sum: Digest128

    /// Joins the two.
    package init(serial: SerialNumber, sum: Digest128) {
        self.serial = serial
        self.sum = sum
    }
}

extension ZoneSet {
    /// The digest of a zone as it is served now; `nil` if there is no such zone.
    package func digest(of apex: DomainName) -> ZoneDigest? {
        guard let zone = zones[apex] else { return nil }
        let content = isServedSigned(apex) ? signed[apex]?.contentDigest : nil
        let journal = journals[apex]?.digest ?? Digest128()
        return ZoneDigest(
            serial: zone.serial,
            sum: Digest128(hashing: (content ?? zone.digest).octets + journal.octets))
    }
}
