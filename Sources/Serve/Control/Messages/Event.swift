/// One thing that happened, a line of `GET /v1/events`.
package struct Event: Codable, Hashable, Sendable {
    /// Counts up by one from 1 at the agent's start.
    package let index: UInt64
    /// In seconds since 1970.
    package let time: UInt64
    /// What kind of thing it is.
    package let kind: Kind
    /// What happened, in one sentence.
    package let message: String
    /// What a person can do; missing when nothing needs to be done.
    package let remedy: String?
    /// The number of the guest that it is about.
    package let guest: UInt32?
    /// The provider that it is about.
    package let provider: String?
    /// The zone that it is about.
    package let zone: String?

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        index: UInt64, time: UInt64, kind: Kind, message: String, remedy: String? = nil,
        guest: UInt32? = nil, provider: String? = nil, zone: String? = nil
    ) {
        self.index = index
        self.time = time
        self.kind = kind
        self.message = message
        self.remedy = remedy
        self.guest = guest
        self.provider = provider
        self.zone = zone
    }
}

extension Event {
    /// What kind of thing happened.
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// A command changed the state.
        case command
        /// A plan was made.
        case plan
        /// Something was written to a provider.
        case write
        /// Something went wrong, or is right again.
        case problem
    }

    /// An event that has no index yet.
    package struct Draft: Hashable, Sendable {
        /// In seconds since 1970.
        package let time: UInt64
        /// What kind of thing it is.
        package let kind: Kind
        /// What happened, in one sentence; cut off after 1,024 octets.
        package let message: String
        /// What a person can do.
        package let remedy: String?
        /// The number of the guest that it is about.
        package let guest: UInt32?
        /// The provider that it is about.
        package let provider: String?
        /// The zone that it is about.
        package let zone: String?

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            time: UInt64, kind: Kind, message: String, remedy: String? = nil, guest: UInt32? = nil,
            provider: String? = nil, zone: String? = nil
        ) {
            self.time = time
            self.kind = kind
            self.message = message
            self.remedy = remedy
            self.guest = guest
            self.provider = provider
            self.zone = zone
        }
    }
}
