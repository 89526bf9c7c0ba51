package import Inventory
package import Zones

/// Record sets that the operator puts or takes away, all of them or none.
package struct RecordEdit: Hashable, Sendable {
    /// What has to be so for a change to be made.
    package enum Expectation: Hashable, Sendable {
        /// Anything.
        case any
        /// The operator gives no such set yet.
        case absent
        /// It is the operator's set of this version.
        case version(UInt64)
    }

    /// One set.
    package struct Change: Hashable, Sendable {
        /// Owner and type.
        package let key: RecordSetKey
        /// What it is to be; `nil` takes it away.
        package let set: RecordSet?
        /// A word of the operator's; at most `StaticNote.commentLimitOctets`.
        package let comment: String
        /// What has to be so.
        package let expectation: Expectation

        /// Joins the four.
        package init(
            _ key: RecordSetKey, _ set: RecordSet?, comment: String = "",
            expecting expectation: Expectation = .any
        ) {
            self.key = key
            self.set = set
            self.comment = comment
            self.expectation = expectation
        }
    }

    /// The changes, no key twice.
    package let changes: [Change]
    /// Names that guests have are taken from them.
    package let takesNames: Bool

    /// Joins the two.
    package init(_ changes: [Change], takesNames: Bool = false) {
        self.changes = changes
        self.takesNames = takesNames
    }
}

/// The whole of what the operator gives in one zone. What differs from it is changed in one step.
package struct ZoneImport: Hashable, Sendable {
    /// The zone.
    package let apex: DomainName
    /// Sets, together with those that were staged before.
    package let sets: [RecordSet]
    /// Under which number sets were staged; `nil` if none were.
    package let stage: UInt64?
    /// The zone's own values, for a zone of the operator's.
    package let zone: StaticZone?
    /// Where the serial goes on; counts for a zone that there never was here.
    package let serial: SerialNumber?
    /// The version of the static records that the difference was shown for; `nil` if that does not
    /// matter.
    package let base: UInt64?
    /// Names that guests have are taken from them.
    package let takesNames: Bool

    /// Joins the parts.
    package init(
        _ apex: DomainName, sets: [RecordSet] = [], stage: UInt64? = nil, zone: StaticZone? = nil,
        serial: SerialNumber? = nil, base: UInt64? = nil, takesNames: Bool = false
    ) {
        self.apex = apex
        self.sets = sets
        self.stage = stage
        self.zone = zone
        self.serial = serial
        self.base = base
        self.takesNames = takesNames
    }
}

/// Takes what the operator gives in a zone away, and the zone if it is the operator's.
package struct ZoneRemoval: Hashable, Sendable {
    /// The zone.
    package let apex: DomainName
    /// Records that there are in it go too; else the zone must be empty.
    package let withRecords: Bool
    /// The version of the static records that was shown; `nil` if that does not matter.
    package let base: UInt64?

    /// Joins the three.
    package init(_ apex: DomainName, withRecords: Bool, base: UInt64? = nil) {
        self.apex = apex
        self.withRecords = withRecords
        self.base = base
    }
}
