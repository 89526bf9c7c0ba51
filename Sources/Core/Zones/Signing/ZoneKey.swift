/// A key that a zone is signed with. Its private half is sealed: only a member of the cluster can
/// open it.
package struct ZoneKey: Hashable, Sendable {
    /// What it signs.
    package enum Role: UInt8, Hashable, Sendable, CaseIterable {
        /// The zone's keys and everything else.
        case combined = 1
        /// The zone's keys alone; the parent knows it.
        case keySigning = 2
        /// Everything but the keys.
        case zoneSigning = 3

        /// The parent refers to it, and it signs the zone's keys.
        package var signsKeys: Bool { self != .zoneSigning }
        /// It signs the records of the zone.
        package var signsZone: Bool { self != .keySigning }
    }

    /// How far its life has got (RFC 7583).
    package enum Stage: UInt8, Hashable, Sendable, CaseIterable {
        /// It stands among the zone's keys, so that everybody has it before it is needed. If it
        /// signs keys it does so already.
        case published = 1
        /// It signs all that its role says.
        case active = 2
        /// It stands among the keys for those who still have signatures that it made. If it signs
        /// keys it goes on with that.
        case retired = 3
        /// Of another algorithm than those among the zone's keys: it signs all that its role says
        /// but the keys, and does not stand among them. Whoever sees an algorithm among the keys
        /// may expect signatures of it over everything (RFC 6781 section 4.1.4).
        case presigning = 4
        /// The same at its end: it stands among the keys no more, and signs for those who still
        /// have an older version of them.
        case fading = 5

        /// The key stands among the zone's keys.
        package var isListed: Bool { self != .presigning && self != .fading }
    }

    /// The key tag (RFC 4034 appendix B), unique within the zone.
    package let tag: UInt16
    /// What it signs.
    package let role: Role
    /// Its algorithm.
    package let algorithm: SigningPolicy.Algorithm
    /// The public half as a DNSKEY record has it (RFC 6605 section 4, RFC 8080 section 3).
    package let publicKey: [UInt8]
    /// The private half, sealed with the cluster's secret.
    package let sealedPrivateKey: [UInt8]
    /// When it was made, in seconds since 1970.
    package let createdSeconds: UInt64
    /// How far its life has got.
    package var stage: Stage
    /// Since when, in seconds since 1970.
    package var stageSinceSeconds: UInt64
    /// When somebody saw the parent's DS record of it, in seconds since 1970; 0 as long as nobody
    /// did.
    package var parentSinceSeconds: UInt64 = 0

    /// A key at the beginning of its life.
    package init(
        tag: UInt16, role: Role, algorithm: SigningPolicy.Algorithm, publicKey: [UInt8],
        sealedPrivateKey: [UInt8], createdSeconds: UInt64, stage: Stage
    ) {
        self.tag = tag
        self.role = role
        self.algorithm = algorithm
        self.publicKey = publicKey
        self.sealedPrivateKey = sealedPrivateKey
        self.createdSeconds = createdSeconds
        self.stage = stage
        stageSinceSeconds = createdSeconds
    }

    /// The same key with its private half sealed in another way.
    package func sealed(as octets: [UInt8]) -> ZoneKey {
        var key = ZoneKey(
            tag: tag, role: role, algorithm: algorithm, publicKey: publicKey,
            sealedPrivateKey: octets, createdSeconds: createdSeconds, stage: stage)
        key.stageSinceSeconds = stageSinceSeconds
        key.parentSinceSeconds = parentSinceSeconds
        return key
    }
}
