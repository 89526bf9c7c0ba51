package import Inventory

/// What a node gives to secondaries of a zone at one serial, in short. Two nodes with different
/// marks at one serial must not both be believed: a secondary that takes the zone from one and its
/// changes from the other would have something that neither has.
package struct ZoneMark: Hashable, Sendable {
    /// The version.
    package let serial: SerialNumber
    /// Of what is served at that serial, and of the journal that leads there.
    package let digest: Digest128

    /// Joins the two.
    package init(serial: SerialNumber, digest: Digest128) {
        self.serial = serial
        self.digest = digest
    }
}

extension ZoneSet {
    /// The mark of a zone as it is served now; `nil` if there is no such zone.
    package func mark(of apex: DomainName) -> ZoneMark? {
        guard let zone = zones[apex] else { return nil }
        let content = isServedSigned(apex) ? signed[apex]?.contentDigest : nil
        let journal = journals[apex]?.digest ?? Digest128()
        return ZoneMark(
            serial: zone.serial,
            digest: Digest128(hashing: (content ?? zone.digest).octets + journal.octets))
    }
}
