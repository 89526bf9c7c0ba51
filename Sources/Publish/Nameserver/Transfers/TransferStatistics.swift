package import Inventory
package import Zones

/// What became of transfers and notices since the name server began.
package struct TransferStatistics: Sendable {
    /// How often what happened.
    package let events: [TransferEvent: UInt64]
    /// Transfers that go on now.
    package let underWay: Int
    /// What each secondary has heard, in the order of the settings.
    package let secondaries: [SecondaryStanding]

    /// Joins the three.
    package init(
        events: [TransferEvent: UInt64], underWay: Int, secondaries: [SecondaryStanding]
    ) {
        self.events = events
        self.underWay = underWay
        self.secondaries = secondaries
    }
}

/// What one secondary has heard of our zones' changes.
package struct SecondaryStanding: Hashable, Sendable {
    /// Where it is told.
    package let endpoint: Endpoint
    /// The last serial of each zone that it said it had heard of.
    package var heard: [DomainName: SerialNumber]
    /// How often it was told of zones and did not answer since.
    package var unheard: [DomainName: Int]

    /// So often it is told before somebody has to look: half a minute.
    package static let patience = 6

    /// Joins the three.
    package init(
        endpoint: Endpoint, heard: [DomainName: SerialNumber] = [:],
        unheard: [DomainName: Int] = [:]
    ) {
        self.endpoint = endpoint
        self.heard = heard
        self.unheard = unheard
    }

    /// It was told again and again, and does not answer.
    package var isSilent: Bool { unheard.values.contains { $0 >= Self.patience } }
}

/// A transfer that came to its end, or that somebody was refused.
package struct TransferNote: Hashable, Sendable {
    /// What became of it.
    package let event: TransferEvent
    /// The zone; `nil` if there is no such zone, or it does not matter.
    package let zone: DomainName?
    /// Who asked.
    package let client: IPAddress?
}
