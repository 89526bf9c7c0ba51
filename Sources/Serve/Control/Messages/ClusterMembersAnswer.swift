/// Who belongs to the cluster: what `GET /v1/cluster/members` answers.
package struct ClusterMembersAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// The agent's clock, in seconds since 1970.
    package let time: UInt64
    /// Sorted by name; hosts that wait to be let in stand among them.
    package let members: [ClusterMember]

    /// Joins the parts.
    package init(index: UInt64, time: UInt64, members: [ClusterMember] = []) {
        self.index = index
        self.time = time
        self.members = members
    }
}

/// One member of the cluster, or a host that is about to be one.
package struct ClusterMember: Codable, Hashable, Sendable {
    /// The host's name.
    package let name: String
    /// Its UUID in lower case.
    package let id: String
    /// What it is there for.
    package let kind: Kind
    /// It decides with the others.
    package let isVoter: Bool
    /// How it stands.
    package let state: State
    /// Since when it does, in seconds since 1970; missing where that is not known.
    package let since: UInt64?
    /// Where the others reach it: "10.0.0.1:8553", "[2001:db8::1]:8553".
    package let addresses: [String]
    /// Its version; empty before it told.
    package let version: String
    /// The highest level that it can follow.
    package let level: UInt32
    /// The last entry of the log that it is known to hold; only who leads knows.
    package let matchIndex: UInt64?
    /// How many entries it lacks; only who leads knows.
    package let lag: UInt64?

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        name: String, id: String, kind: Kind, isVoter: Bool, state: State, since: UInt64? = nil,
        addresses: [String] = [], version: String = "", level: UInt32, matchIndex: UInt64? = nil,
        lag: UInt64? = nil
    ) {
        self.name = name
        self.id = id
        self.kind = kind
        self.isVoter = isVoter
        self.state = state
        self.since = since
        self.addresses = addresses
        self.version = version
        self.level = level
        self.matchIndex = matchIndex
        self.lag = lag
    }
}

extension ClusterMember {
    /// What a member is there for.
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// It collects, serves and may vote.
        case full
        /// It votes and keeps the log.
        case witness
    }

    /// How a member stands.
    package enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// It leads.
        case leader
        /// It answers.
        case up
        /// It does not answer.
        case down
        /// It is being let in, or catches up.
        case joining
        /// It has the name of a member and waits for `POST /v1/cluster/replace`.
        case awaitingReplace = "awaiting_replace"
        /// Who is asked does not lead, and cannot tell.
        case unknown
    }
}
