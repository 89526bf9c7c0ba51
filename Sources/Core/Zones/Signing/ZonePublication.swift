package import Inventory

/// A step that whoever leads has signed: from one state of a signed zone to the next. Signatures
/// cannot be worked out by everybody, so they are told to everybody.
package struct ZonePublication: Hashable, Sendable {
    /// The zone's name.
    package let apex: DomainName
    /// How many steps there were before; another number makes this one stale.
    package let round: UInt64
    /// The serial of the zone behind it, which the SOA set among `changed` has.
    package let serial: SerialNumber
    /// Sets that are new or changed, or have other signatures: complete.
    package let changed: [RecordSet]
    /// Sets that are no more.
    package let removed: [RecordSetKey]
    /// With this step everything is signed, and the zone may be served so.
    package let isComplete: Bool

    /// Joins the six.
    package init(
        apex: DomainName, round: UInt64, serial: SerialNumber, changed: [RecordSet],
        removed: [RecordSetKey], isComplete: Bool
    ) {
        self.apex = apex
        self.round = round
        self.serial = serial
        self.changed = changed
        self.removed = removed
        self.isComplete = isComplete
    }
}
