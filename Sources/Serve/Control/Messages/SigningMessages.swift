/// The zones that are signed: what `GET /v1/signing` and everything that changes signing answers.
package struct SigningListAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// When it was answered, in seconds since 1970.
    package let time: UInt64
    /// Sorted by name.
    package let zones: [SigningStanding]

    /// Joins the three.
    package init(index: UInt64, time: UInt64, zones: [SigningStanding] = []) {
        self.index = index
        self.time = time
        self.zones = zones
    }
}

/// How a signed zone stands.
package struct SigningStanding: Codable, Hashable, Sendable {
    /// How far it is.
    package enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// It is served unsigned until all of it is signed.
        case preparing
        /// It is served signed.
        case signed
        /// The parent is told to remove its DS records.
        case leaving
    }

    /// The apex, with the dot at the end.
    package let zone: String
    /// How far it is.
    package let state: State
    /// By which algorithm.
    package let algorithm: SigningAlgorithm
    /// How names are denied.
    package let denial: SigningDenial
    /// The serial of the version that is served.
    package let serial: UInt32
    /// Record sets that changed and are not signed yet.
    package let waiting: Int
    /// When the first signature expires, in seconds since 1970; missing as long as there is none.
    package let expires: UInt64?
    /// When something is to be done next without a person, in seconds since 1970.
    package let nextStep: UInt64?
    /// What a person has to do; missing for nothing.
    package let task: String?
    /// Why it is not signed as it should be; missing if it is.
    package let problem: String?
    /// Its keys, in order of their tags.
    package let keys: [SigningKeyItem]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        zone: String, state: State, algorithm: SigningAlgorithm, denial: SigningDenial,
        serial: UInt32, waiting: Int = 0, expires: UInt64? = nil, nextStep: UInt64? = nil,
        task: String? = nil, problem: String? = nil, keys: [SigningKeyItem] = []
    ) {
        self.zone = zone
        self.state = state
        self.algorithm = algorithm
        self.denial = denial
        self.serial = serial
        self.waiting = waiting
        self.expires = expires
        self.nextStep = nextStep
        self.task = task
        self.problem = problem
        self.keys = keys
    }
}

/// An algorithm of signatures, by its mnemonic (RFC 8624 section 3.1).
package enum SigningAlgorithm: String, Codable, Hashable, Sendable, CaseIterable {
    /// ECDSA on P-256 with SHA-256.
    case ecdsap256sha256
    /// Ed25519.
    case ed25519
}

/// How names are shown not to exist.
package enum SigningDenial: String, Codable, Hashable, Sendable, CaseIterable {
    /// By the names around them.
    case nsec
    /// By hashes of names.
    case nsec3
}

/// A key of a signed zone.
package struct SigningKeyItem: Codable, Hashable, Sendable {
    /// What it signs.
    package enum Role: String, Codable, Hashable, Sendable, CaseIterable {
        /// Keys and zone.
        case combined
        /// Keys alone.
        case keySigning = "key-signing"
        /// All but keys.
        case zoneSigning = "zone-signing"
    }

    /// How far its life has got.
    package enum Stage: String, Codable, Hashable, Sendable, CaseIterable {
        /// Of another algorithm: it signs before it stands among the keys.
        case presigning
        /// Everybody gets it before it is needed.
        case published
        /// It signs.
        case active
        /// It stays until nobody needs it.
        case retired
        /// Of the algorithm before: it signs, and stands among the keys no more.
        case fading
    }

    /// The key tag.
    package let tag: UInt16
    /// What it signs.
    package let role: Role
    /// Its algorithm.
    package let algorithm: SigningAlgorithm
    /// How far its life has got.
    package let stage: Stage
    /// Since when, in seconds since 1970.
    package let since: UInt64
    /// When somebody said that the parent has its DS record, in seconds since 1970; missing as
    /// long as nobody did.
    package let parentSince: UInt64?
    /// The DS record that the parent should have; missing for a key that the parent need not know.
    package let ds: String?
    /// Its DNSKEY record.
    package let dnskey: String

    /// Joins the parts; what can be missing is unless given.
    package init(
        tag: UInt16, role: Role, algorithm: SigningAlgorithm, stage: Stage, since: UInt64,
        parentSince: UInt64? = nil, ds: String? = nil, dnskey: String
    ) {
        self.tag = tag
        self.role = role
        self.algorithm = algorithm
        self.stage = stage
        self.since = since
        self.parentSince = parentSince
        self.ds = ds
        self.dnskey = dnskey
    }
}

/// What `POST /v1/signing/enable` takes: a zone that is to be signed.
package struct SigningEnableRequest: Encodable, Hashable, Sendable {
    /// The apex.
    package let zone: String
    /// By which algorithm.
    package let algorithm: SigningAlgorithm
    /// How names are denied; missing for what suits the zone.
    package let denial: SigningDenial?
    /// One key signs the keys and another one the zone.
    package let separateKeys: Bool
    /// After so many days a key that signs the zone only is replaced; 0 for never.
    package let zoneKeyDays: UInt32
    /// The time to live of the zone's DS records at the parent, in seconds.
    package let parentTTL: UInt32
    /// How long whoever has the zone from us may be behind, in seconds.
    package let propagation: UInt32
    /// The time to live of the zone's keys, in seconds.
    package let keyTTL: UInt32
    /// How long a signature is good for, in seconds; it is made anew after half of that.
    package let signatureLife: UInt32

    /// The longest life of a key, in days.
    package static let maximumKeyDays: UInt64 = 3_650
    /// The longest of the times, in seconds.
    package static let maximumSeconds: UInt64 = 100 * 86_400
    /// The shortest life of a signature, in seconds.
    package static let leastSignatureSeconds: UInt64 = 86_400
    /// A day: what parents mostly have.
    package static let usualParentTTL: UInt32 = 86_400
    /// An hour.
    package static let usualPropagation: UInt32 = 3_600
    /// An hour.
    package static let usualKeyTTL: UInt32 = 3_600
    /// Two weeks.
    package static let usualSignatureLife: UInt32 = 14 * 86_400

    /// Joins the parts; what can be missing is unless given.
    package init(
        zone: String, algorithm: SigningAlgorithm = .ecdsap256sha256,
        denial: SigningDenial? = nil, separateKeys: Bool = false, zoneKeyDays: UInt32 = 0,
        parentTTL: UInt32 = usualParentTTL, propagation: UInt32 = usualPropagation,
        keyTTL: UInt32 = usualKeyTTL, signatureLife: UInt32 = usualSignatureLife
    ) {
        self.zone = zone
        self.algorithm = algorithm
        self.denial = denial
        self.separateKeys = separateKeys
        self.zoneKeyDays = zoneKeyDays
        self.parentTTL = parentTTL
        self.propagation = propagation
        self.keyTTL = keyTTL
        self.signatureLife = signatureLife
    }
}

/// What `POST /v1/signing/roll` takes: a key to be replaced, or all of them by those of another
/// algorithm.
package struct SigningRollRequest: Encodable, Hashable, Sendable {
    /// The apex.
    package let zone: String
    /// The key; missing for the one that the parent knows.
    package let tag: UInt16?
    /// The algorithm of the new keys; missing for that of the old ones. Not together with a tag.
    package let algorithm: SigningAlgorithm?

    /// Joins the three.
    package init(zone: String, tag: UInt16? = nil, algorithm: SigningAlgorithm? = nil) {
        self.zone = zone
        self.tag = tag
        self.algorithm = algorithm
    }
}

/// What `POST /v1/signing/parent` takes: a key of a zone.
package struct SigningKeyRequest: Encodable, Hashable, Sendable {
    /// The apex.
    package let zone: String
    /// The key; missing for the one that the parent is to know.
    package let tag: UInt16?

    /// Joins the two.
    package init(zone: String, tag: UInt16? = nil) {
        self.zone = zone
        self.tag = tag
    }
}

/// What `POST /v1/signing/disable` takes: a zone that is to be unsigned.
package struct SigningDisableRequest: Encodable, Hashable, Sendable {
    /// The apex.
    package let zone: String
    /// The parent has no DS record any more, and its time to live has passed.
    package let parentRemoved: Bool

    /// Joins the two.
    package init(zone: String, parentRemoved: Bool = false) {
        self.zone = zone
        self.parentRemoved = parentRemoved
    }
}
