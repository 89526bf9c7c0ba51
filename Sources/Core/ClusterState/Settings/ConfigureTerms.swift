package import Inventory

/// Under which conditions settings replace others.
package struct ConfigureTerms: Hashable, Sendable {
    /// The version that the change was made from: a change that somebody else made meanwhile is
    /// not undone unseen. `nil` if that does not matter.
    package var base: UInt64?
    /// A person has seen which names go.
    package var isApproved: Bool

    /// Joins the two.
    package init(base: UInt64? = nil, isApproved: Bool = false) {
        self.base = base
        self.isApproved = isApproved
    }
}

/// Settings that wait for a person, since published names would go with them.
package struct PendingSettings: Hashable, Sendable {
    /// What would go from one zone.
    package struct Loss: Hashable, Sendable {
        /// The zone.
        package let apex: DomainName
        /// How many names.
        package let count: Int
        /// The first of them in canonical order, at most `nameLimit`.
        package let names: [DomainName]
    }

    /// The version that they would be.
    package let version: UInt64
    /// The settings.
    package let settings: ClusterSettings
    /// Since when they have been waiting, in seconds since 1970.
    package let sinceSeconds: UInt64
    /// What would go, by zone, sorted; at most `zoneLimit` zones.
    package let losses: [Loss]
    /// How many names would go, over all zones.
    package let count: Int

    /// How many names of a zone are listed.
    package static let nameLimit = 100
    /// How many zones are listed.
    package static let zoneLimit = 100
}
