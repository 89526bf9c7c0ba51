/// What `POST /v1/records/add` takes: one record that the operator gives, together with those of
/// the same name and type that stand already.
package struct RecordAddRequest: Encodable, Hashable, Sendable {
    /// The owner; in `zone`, if that is given and the name does not end in it.
    package let name: String
    /// The type's mnemonic.
    package let type: String
    /// The data as a zone file has it, in words; names in it are whole. Of a TXT record each is one
    /// string.
    package let data: [String]
    /// The zone; missing for whichever holds the name.
    package let zone: String?
    /// Seconds, for all records of the name and type; missing for what they have, or the default.
    package let ttl: UInt32?
    /// A word on why; missing for what stands already.
    package let comment: String?
    /// Refused if the operator gives records of the name and type already.
    package let ifAbsent: Bool
    /// Refused unless these records are of this version.
    package let version: UInt64?
    /// Taken from guests that have the name.
    package let replace: Bool
    /// Nothing is changed.
    package let dryRun: Bool

    /// The most words.
    package static let maximumWords = 300
    /// The longest word.
    package static let maximumWordOctets = 4096
    /// The longest comment.
    package static let maximumCommentOctets = 200
    /// The longest time to live (RFC 2181 section 8).
    package static let maximumTTLSeconds: UInt64 = 1 << 31 - 1

    /// Joins the parts; what can be missing is unless given.
    package init(
        name: String, type: String, data: [String], zone: String? = nil, ttl: UInt32? = nil,
        comment: String? = nil, ifAbsent: Bool = false, version: UInt64? = nil,
        replace: Bool = false, dryRun: Bool = false
    ) {
        self.name = name
        self.type = type
        self.data = data
        self.zone = zone
        self.ttl = ttl
        self.comment = comment
        self.ifAbsent = ifAbsent
        self.version = version
        self.replace = replace
        self.dryRun = dryRun
    }
}

/// What `POST /v1/records/remove` takes: records of the operator's, as far as they are named.
package struct RecordRemoveRequest: Encodable, Hashable, Sendable {
    /// The owner; as in `RecordAddRequest`.
    package let name: String
    /// The type's mnemonic; missing for all.
    package let type: String?
    /// The data of one record; empty for all of the type.
    package let data: [String]
    /// The zone; missing for whichever holds the name.
    package let zone: String?
    /// Refused unless the records of the type are of this version.
    package let version: UInt64?
    /// Nothing is changed.
    package let dryRun: Bool

    /// Joins the parts; what can be missing is unless given.
    package init(
        name: String, type: String? = nil, data: [String] = [], zone: String? = nil,
        version: UInt64? = nil, dryRun: Bool = false
    ) {
        self.name = name
        self.type = type
        self.data = data
        self.zone = zone
        self.version = version
        self.dryRun = dryRun
    }
}

/// What goes with the text of a zone file to `POST /v1/static-zones/import`.
package struct ZoneImportRequest: Hashable, Sendable {
    /// The zone; missing for the one whose SOA record the file has.
    package let zone: String?
    /// Refused if static records changed since this version.
    package let version: UInt64?
    /// Names are taken from guests.
    package let replace: Bool
    /// Nothing is changed.
    package let dryRun: Bool

    /// The longest text.
    package static let maximumOctets = 32 << 20

    /// Joins the parts; what can be missing is unless given.
    package init(
        zone: String? = nil, version: UInt64? = nil, replace: Bool = false, dryRun: Bool = false
    ) {
        self.zone = zone
        self.version = version
        self.replace = replace
        self.dryRun = dryRun
    }
}

/// What `POST /v1/static-zones/add` takes: a zone that holds the operator's records only.
package struct ZoneAddRequest: Encodable, Hashable, Sendable {
    /// The apex.
    package let zone: String
    /// The first name server of its SOA record; missing for the first of all zones.
    package let primary: String?
    /// The mailbox of its SOA record as a name; missing for "hostmaster" in the zone.
    package let contact: String?
    /// Names are taken from guests.
    package let replace: Bool
    /// Nothing is changed.
    package let dryRun: Bool

    /// Joins the parts; what can be missing is unless given.
    package init(
        zone: String, primary: String? = nil, contact: String? = nil, replace: Bool = false,
        dryRun: Bool = false
    ) {
        self.zone = zone
        self.primary = primary
        self.contact = contact
        self.replace = replace
        self.dryRun = dryRun
    }
}

/// What `POST /v1/static-zones/remove` takes: what the operator gives in a zone, and the zone if it
/// is the operator's.
package struct ZoneRemoveRequest: Encodable, Hashable, Sendable {
    /// The apex.
    package let zone: String
    /// Its records go too; else it must be empty.
    package let withRecords: Bool
    /// Nothing is changed.
    package let dryRun: Bool

    /// Joins the three.
    package init(zone: String, withRecords: Bool = false, dryRun: Bool = false) {
        self.zone = zone
        self.withRecords = withRecords
        self.dryRun = dryRun
    }
}

/// What came of a change of static records, or would.
package struct RecordChangeAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// The zone.
    package let zone: String
    /// What came of it.
    package let outcome: Outcome
    /// The version of the static records that this was worked out for.
    package let version: UInt64
    /// How many record sets came.
    package let added: Int
    /// How many have other data or another TTL.
    package let changed: Int
    /// How many went.
    package let removed: Int
    /// The first `listed` of them, in the order of their names.
    package let differences: [RecordDifference]
    /// What is wrong, and what should be known; errors first.
    package let findings: [RecordRemark]
    /// The guests that lose names, or would, sorted.
    package let guests: [UInt32]

    /// How many differences are listed.
    package static let listed = 1_000

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        index: UInt64, zone: String, outcome: Outcome, version: UInt64 = 0, added: Int = 0,
        changed: Int = 0, removed: Int = 0, differences: [RecordDifference] = [],
        findings: [RecordRemark] = [], guests: [UInt32] = []
    ) {
        self.index = index
        self.zone = zone
        self.outcome = outcome
        self.version = version
        self.added = added
        self.changed = changed
        self.removed = removed
        self.differences = differences
        self.findings = findings
        self.guests = guests
    }
}

extension RecordChangeAnswer {
    /// What came of a change.
    package enum Outcome: String, Codable, Hashable, Sendable, CaseIterable {
        /// It is so now.
        case done
        /// It was so already.
        case unchanged
        /// It was only shown.
        case shown
        /// Something is wrong with it, so nothing was changed.
        case refused
    }
}

/// One record set that is not as it was.
package struct RecordDifference: Codable, Hashable, Sendable {
    /// The owner, with the dot at the end.
    package let name: String
    /// The type's mnemonic.
    package let type: String
    /// Seconds; missing for a set that went.
    package let ttl: UInt32?
    /// The data that stood.
    package let from: [String]
    /// The data that stands.
    package let to: [String]

    /// Joins the five.
    package init(name: String, type: String, ttl: UInt32?, from: [String], to: [String]) {
        self.name = name
        self.type = type
        self.ttl = ttl
        self.from = from
        self.to = to
    }
}

/// Something about records that is wrong, or that their author should know.
package struct RecordRemark: Codable, Hashable, Sendable {
    /// Whether it is refused.
    package let severity: Severity
    /// The line of the file, from 1; missing where there is none.
    package let line: Int?
    /// What is wrong.
    package let message: String

    /// Joins the three.
    package init(_ severity: Severity, line: Int? = nil, _ message: String) {
        self.severity = severity
        self.line = line
        self.message = message
    }

    /// Whether it is refused.
    package enum Severity: String, Codable, Hashable, Sendable, CaseIterable {
        /// It is.
        case error
        /// It is only told.
        case warning
    }
}
