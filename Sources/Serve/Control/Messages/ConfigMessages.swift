/// Where this host's file and the cluster's settings differ: what `GET /v1/config/difference`
/// answers. Only what the cluster shares is compared, and no secret is in it.
package struct ConfigDifferenceAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// The version of the cluster's settings.
    package let version: UInt64
    /// The file of this host.
    package let file: String
    /// Sorted by key; empty if they say the same.
    package let differences: [Difference]
    /// Settings that wait for approval; missing if none do.
    package let held: HeldSettings?

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        index: UInt64, version: UInt64, file: String, differences: [Difference] = [],
        held: HeldSettings? = nil
    ) {
        self.index = index
        self.version = version
        self.file = file
        self.differences = differences
        self.held = held
    }
}

extension ConfigDifferenceAnswer {
    /// One setting that differs.
    package struct Difference: Codable, Hashable, Sendable {
        /// As the file names it: "zones.forward", "powerdns.url".
        package let key: String
        /// What the cluster has; missing where it has nothing.
        package let cluster: String?
        /// What the file has; missing where it has nothing.
        package let file: String?

        /// Joins the three.
        package init(key: String, cluster: String? = nil, file: String? = nil) {
            self.key = key
            self.cluster = cluster
            self.file = file
        }
    }
}

/// Settings that would take away or rename published names, and wait for `POST /v1/plan/apply`.
package struct HeldSettings: Codable, Hashable, Sendable {
    /// The version that they will have.
    package let version: UInt64
    /// Since when they wait, in seconds since 1970; missing where that is not known.
    package let since: UInt64?
    /// The host that proposed them; missing where that is not known.
    package let proposedBy: String?
    /// How many published names would go.
    package let names: Int
    /// The first of them, sorted, at most `listedNames`.
    package let first: [HeldName]

    /// As many names as a person reads.
    package static let listedNames = 20

    /// Joins the parts; what can be missing or empty is unless given. Of the names it keeps the
    /// first `listedNames`.
    package init(
        version: UInt64, since: UInt64? = nil, proposedBy: String? = nil, names: Int,
        first: [HeldName] = []
    ) {
        self.version = version
        self.since = since
        self.proposedBy = proposedBy
        self.names = names
        self.first = Array(first.prefix(Self.listedNames))
    }
}

/// A published name that settings would take away.
package struct HeldName: Codable, Hashable, Sendable {
    /// The name, with the dot at the end.
    package let name: String
    /// What it would be called then; missing if it would go altogether.
    package let becomes: String?

    /// Joins the two.
    package init(name: String, becomes: String? = nil) {
        self.name = name
        self.becomes = becomes
    }
}

/// What came of `POST /v1/config/apply`.
package struct ConfigApplyAnswer: Codable, Hashable, Sendable {
    /// What came of it.
    package let outcome: Outcome
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// The version that the file was compared with.
    package let baseVersion: UInt64
    /// The version in force now.
    package let version: UInt64
    /// How many settings differed.
    package let changed: Int
    /// What waits, if the outcome is `held`.
    package let held: HeldSettings?
    /// Why nothing was done, if the outcome is `refused`.
    package let reason: String?
    /// What a person can do about it.
    package let remedy: String?

    /// Joins the parts; what can be missing is unless given.
    package init(
        outcome: Outcome, index: UInt64, baseVersion: UInt64, version: UInt64, changed: Int,
        held: HeldSettings? = nil, reason: String? = nil, remedy: String? = nil
    ) {
        self.outcome = outcome
        self.index = index
        self.baseVersion = baseVersion
        self.version = version
        self.changed = changed
        self.held = held
        self.reason = reason
        self.remedy = remedy
    }
}

extension ConfigApplyAnswer {
    /// What may come of it.
    package enum Outcome: String, Codable, Hashable, Sendable, CaseIterable {
        /// They are in force on every node.
        case applied
        /// File and cluster said the same.
        case unchanged
        /// They wait for `POST /v1/plan/apply`.
        case held
        /// They make no zones, or the cluster's changed meanwhile.
        case refused
    }
}

/// What `POST /v1/config/withdraw` answers: the settings that do not wait any more.
package struct ConfigWithdrawAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// What was dropped.
    package let withdrawn: HeldSettings

    /// Joins the two.
    package init(index: UInt64, withdrawn: HeldSettings) {
        self.index = index
        self.withdrawn = withdrawn
    }
}

/// What an approval did to held settings.
package struct AppliedSettings: Codable, Hashable, Sendable {
    /// The version in force now.
    package let version: UInt64
    /// How many published names went.
    package let names: Int

    /// Joins the two.
    package init(version: UInt64, names: Int) {
        self.version = version
        self.names = names
    }
}
