/// How the agent stands: what `GET /v1/status` answers.
package struct StatusAnswer: Codable, Hashable, Sendable {
    /// The agent's version.
    package let version: String
    /// The host's name in Proxmox, else its own.
    package let host: String
    /// The cluster's id, 32 hexadecimal digits; missing before it was founded.
    package let cluster: String?
    /// The index of the last command applied.
    package let stateIndex: UInt64
    /// The agent's clock, in seconds since 1970.
    package let time: UInt64
    /// Since the agent was started.
    package let uptimeSeconds: UInt64
    /// Nothing is written to providers until `POST /v1/publishing/resume`.
    package let isPublishingPaused: Bool
    /// Where guests are read from.
    package let sources: [Source]
    /// Our own name server; missing when it is switched off.
    package let nameServer: NameServer?
    /// Whom records are written to, sorted by name.
    package let providers: [Provider]
    /// Everything that a person has to do something about, from all the parts together; empty when
    /// there is nothing to do.
    package let problems: [ReportedProblem]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        version: String, host: String, cluster: String? = nil, stateIndex: UInt64, time: UInt64,
        uptimeSeconds: UInt64, isPublishingPaused: Bool, sources: [Source] = [],
        nameServer: NameServer? = nil, providers: [Provider] = [], problems: [ReportedProblem] = []
    ) {
        self.version = version
        self.host = host
        self.cluster = cluster
        self.stateIndex = stateIndex
        self.time = time
        self.uptimeSeconds = uptimeSeconds
        self.isPublishingPaused = isPublishingPaused
        self.sources = sources
        self.nameServer = nameServer
        self.providers = providers
        self.problems = problems
    }
}

extension StatusAnswer {
    /// How a source stands.
    package enum SourceState: String, Codable, Hashable, Sendable, CaseIterable {
        /// It was not read completely yet.
        case starting
        /// The last reading brought what it should.
        case working
        /// The last reading failed, in whole or in part.
        case failing
    }

    /// One place that guests are read from.
    package struct Source: Codable, Hashable, Sendable {
        /// What settings call it: "proxmox".
        package let name: String
        /// How it stands.
        package let state: SourceState
        /// When it was last read, in seconds since 1970; missing if never.
        package let lastSuccessAt: UInt64?
        /// What is wrong; missing when nothing is.
        package let problem: String?
        /// What a person can do about it.
        package let remedy: String?

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            name: String, state: SourceState, lastSuccessAt: UInt64? = nil, problem: String? = nil,
            remedy: String? = nil
        ) {
            self.name = name
            self.state = state
            self.lastSuccessAt = lastSuccessAt
            self.problem = problem
            self.remedy = remedy
        }
    }

    /// Our own name server.
    package struct NameServer: Codable, Hashable, Sendable {
        /// Where it answers: "10.0.0.1:53", "[2001:db8::1]:53".
        package let endpoints: [String]
        /// Zones that it answers for.
        package let zones: Int
        /// What is wrong; missing when nothing is.
        package let problem: String?
        /// What a person can do about it.
        package let remedy: String?

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            endpoints: [String] = [], zones: Int, problem: String? = nil, remedy: String? = nil
        ) {
            self.endpoints = endpoints
            self.zones = zones
            self.problem = problem
            self.remedy = remedy
        }
    }

    /// How a provider stands; of several that apply, the last one listed.
    package enum ProviderState: String, Codable, Hashable, Sendable, CaseIterable {
        /// It says what it should.
        case inStep = "in_step"
        /// There are steps to take, and they are being taken.
        case behind
        /// A zone waits for its first `POST /v1/plan/apply`.
        case awaitingApproval = "awaiting_approval"
        /// The brake holds steps back.
        case braked
        /// It does not answer, or refuses.
        case failing
        /// A person paused publishing.
        case paused
    }

    /// One foreign server that records are written to.
    package struct Provider: Codable, Hashable, Sendable {
        /// What settings call it: "powerdns".
        package let name: String
        /// What the server says it is: "PowerDNS 4.7.3"; empty before it answered.
        package let server: String
        /// How it stands.
        package let state: ProviderState
        /// Entries that differ from what they should be and can be put right.
        package let owedEntries: Int
        /// Entries that cannot be put right without a person.
        package let conflicts: Int
        /// When it was last compared or written, in seconds since 1970; missing if never.
        package let lastSuccessAt: UInt64?
        /// When it is tried again, in seconds since 1970; missing when nothing is due.
        package let nextAttemptAt: UInt64?
        /// What is wrong; missing when nothing is.
        package let problem: String?
        /// What a person can do about it.
        package let remedy: String?
        /// Its zones that are of interest to us, sorted by name.
        package let zones: [ProviderZone]

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            name: String, server: String, state: ProviderState, owedEntries: Int, conflicts: Int,
            lastSuccessAt: UInt64? = nil, nextAttemptAt: UInt64? = nil, problem: String? = nil,
            remedy: String? = nil, zones: [ProviderZone] = []
        ) {
            self.name = name
            self.server = server
            self.state = state
            self.owedEntries = owedEntries
            self.conflicts = conflicts
            self.lastSuccessAt = lastSuccessAt
            self.nextAttemptAt = nextAttemptAt
            self.problem = problem
            self.remedy = remedy
            self.zones = zones
        }
    }

    /// One zone of a provider.
    package struct ProviderZone: Codable, Hashable, Sendable {
        /// As the provider names it.
        package let name: String
        /// Its first plan was let through.
        package let isApproved: Bool
        /// Entries of ours in it.
        package let entries: Int
        /// Steps that the brake holds back.
        package let heldSteps: Int
        /// Why nothing can be written there, with the remedy; missing when it can.
        package let problem: String?
        /// What should be known though it can be written, with the remedy.
        package let warnings: [String]

        /// Joins the parts; what can be missing or empty is unless given.
        package init(
            name: String, isApproved: Bool, entries: Int, heldSteps: Int, problem: String? = nil,
            warnings: [String] = []
        ) {
            self.name = name
            self.isApproved = isApproved
            self.entries = entries
            self.heldSteps = heldSteps
            self.problem = problem
            self.warnings = warnings
        }
    }
}
