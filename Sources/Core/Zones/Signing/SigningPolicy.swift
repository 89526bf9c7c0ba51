/// How a zone is signed.
package struct SigningPolicy: Hashable, Sendable {
    /// By which algorithm (RFC 8624 section 3.1).
    package enum Algorithm: UInt8, Hashable, Sendable, CaseIterable {
        /// ECDSA on P-256 with SHA-256 (RFC 6605).
        case ecdsaP256 = 13
        /// Ed25519 (RFC 8080).
        case ed25519 = 15
    }

    /// How names are shown not to exist.
    package enum Denial: UInt8, Hashable, Sendable, CaseIterable {
        /// By the names before and behind them (RFC 4034 section 4).
        case nsec = 1
        /// By hashes of names, without salt and further iterations (RFC 5155, RFC 9276).
        case nsec3 = 2
    }

    /// The algorithm of all keys.
    package var algorithm: Algorithm
    /// How names are denied.
    package var denial: Denial
    /// One key signs the keys and another one the zone; otherwise one does both.
    package var usesSeparateKeys: Bool
    /// The keys' own time to live, in seconds.
    package var keyTTLSeconds: UInt32
    /// How long a signature is good for, in seconds.
    package var signatureSeconds: UInt32
    /// A signature that is good for less than this is made anew, in seconds.
    package var refreshSeconds: UInt32
    /// How long whoever has the zone from us may be behind, in seconds: what keys wait for.
    package var propagationSeconds: UInt32
    /// The time to live of the zone's DS records at the parent, in seconds.
    package var parentTTLSeconds: UInt32
    /// After so many seconds a key that signs the zone only is replaced; 0 for never.
    package var zoneKeySeconds: UInt32
    /// The zone is about to be unsigned: its parent is told to remove the DS records (RFC 8078
    /// section 4).
    package var isLeaving = false

    /// What suits most zones.
    package init(
        algorithm: Algorithm = .ecdsaP256, denial: Denial = .nsec, usesSeparateKeys: Bool = false
    ) {
        self.algorithm = algorithm
        self.denial = denial
        self.usesSeparateKeys = usesSeparateKeys
        keyTTLSeconds = 3_600
        signatureSeconds = 14 * 86_400
        refreshSeconds = 7 * 86_400
        propagationSeconds = 3_600
        parentTTLSeconds = 86_400
        zoneKeySeconds = 0
    }
}
