/// All zones: what `GET /v1/zones` answers.
package struct ZoneListAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// Sorted by name.
    package let zones: [ZoneSummary]

    /// Joins the two.
    package init(index: UInt64, zones: [ZoneSummary] = []) {
        self.index = index
        self.zones = zones
    }
}

extension ZoneListAnswer {
    /// One zone in a list.
    package struct ZoneSummary: Codable, Hashable, Sendable {
        /// The apex, with the dot at the end.
        package let name: String
        /// The serial of the version that is served.
        package let serial: UInt32
        /// All its records, those of the zone itself included.
        package let records: Int
        /// It lies below in-addr.arpa or ip6.arpa.
        package let isReverse: Bool
        /// It holds what the operator gives and nothing of guests.
        package let isStatic: Bool
        /// How its records as a whole stand at the providers.
        package let providers: [EntryState]

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            name: String, serial: UInt32, records: Int, isReverse: Bool,
            isStatic: Bool = false, providers: [EntryState] = []
        ) {
            self.name = name
            self.serial = serial
            self.records = records
            self.isReverse = isReverse
            self.isStatic = isStatic
            self.providers = providers
        }
    }
}

/// One zone: what `GET /v1/zones/{zone}` answers.
package struct ZoneAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// The apex, with the dot at the end.
    package let name: String
    /// The serial of the version that is served.
    package let serial: UInt32
    /// All its records, in the order of their names.
    package let records: [RecordItem]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(index: UInt64, name: String, serial: UInt32, records: [RecordItem] = []) {
        self.index = index
        self.name = name
        self.serial = serial
        self.records = records
    }
}

/// Records: what `GET /v1/records` answers.
package struct RecordListAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// In the order of their names.
    package let records: [RecordItem]

    /// Joins the two.
    package init(index: UInt64, records: [RecordItem] = []) {
        self.index = index
        self.records = records
    }
}

/// One record.
package struct RecordItem: Codable, Hashable, Sendable {
    /// The zone that holds it.
    package let zone: String
    /// The owner, with the dot at the end.
    package let name: String
    /// "A", "AAAA", "CNAME", "PTR" and so on.
    package let type: String
    /// Seconds.
    package let ttl: UInt32
    /// The data in presentation form.
    package let data: String
    /// The number of the guest that it is of; missing for the zone's own and for hosts.
    package let guest: UInt32?
    /// Where it comes from.
    package let origin: Origin
    /// A word of the operator's on it; missing where there is none.
    package let comment: String?
    /// The version of a record that the operator gives, which a change of it may name.
    package let version: UInt64?
    /// When the operator gave it, in seconds since 1970.
    package let since: UInt64?
    /// How it stands at the providers; empty when none is told of it.
    package let providers: [EntryState]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        zone: String, name: String, type: String, ttl: UInt32, data: String, guest: UInt32? = nil,
        origin: Origin? = nil, comment: String? = nil, version: UInt64? = nil,
        since: UInt64? = nil, providers: [EntryState] = []
    ) {
        self.zone = zone
        self.name = name
        self.type = type
        self.ttl = ttl
        self.data = data
        self.guest = guest
        self.origin = origin ?? (guest == nil ? .zone : .guest)
        self.comment = comment
        self.version = version
        self.since = since
        self.providers = providers
    }
}

extension RecordItem {
    /// Where a record comes from.
    package enum Origin: String, Codable, Hashable, Sendable, CaseIterable {
        /// A guest.
        case guest
        /// The operator.
        case `static`
        /// The zone itself, or a host.
        case zone
    }
}

/// Which records are asked for; what is missing does not narrow.
package struct RecordQuery: Hashable, Sendable {
    /// The apex, with the dot at the end.
    package let zone: String?
    /// The owner, with the dot at the end.
    package let name: String?
    /// In upper case.
    package let type: String?

    /// Joins the three.
    package init(zone: String? = nil, name: String? = nil, type: String? = nil) {
        self.zone = zone
        self.name = name
        self.type = type
    }
}
