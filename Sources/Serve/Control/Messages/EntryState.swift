/// How an entry stands at one provider.
package struct EntryState: Codable, Hashable, Sendable {
    /// The provider's name.
    package let provider: String
    /// How it stands.
    package let state: State
    /// Why, where that is not plain from the state.
    package let reason: String?

    /// Joins the parts; what can be missing or empty is unless given.
    package init(provider: String, state: State, reason: String? = nil) {
        self.provider = provider
        self.state = state
        self.reason = reason
    }
}

extension EntryState {
    /// What may be said of an entry.
    package enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// It says what it should.
        case inStep = "in_step"
        /// It is about to be written.
        case behind
        /// Its zone waits for the first approval.
        case awaitingApproval = "awaiting_approval"
        /// The brake holds it back.
        case held
        /// Something stands in the way.
        case conflict
        /// The provider does not answer, or refuses.
        case failing
        /// A person paused publishing.
        case paused
        /// The provider has no zone for it.
        case homeless
    }
}
