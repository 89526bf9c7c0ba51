package import OpenSSL
package import Zones

/// A key of a zone with its private half.
package struct OpenedKey: Sendable {
    /// The key as the state has it.
    package let key: ZoneKey
    /// Both halves.
    package let pair: KeyPair

    /// Opens a key with its private half, 32 octets. Throws if that is another key's.
    package init(_ key: ZoneKey, privateKey: [UInt8]) throws(SigningError) {
        do {
            pair = try KeyPair(key.algorithm.kind, privateKey: privateKey)
        } catch {
            throw .openSSL(error)
        }
        guard pair.publicKey == key.publicKey else { throw .wrongKey(tag: key.tag) }
        self.key = key
    }

    /// A key that was just made.
    package init(_ key: ZoneKey, pair: KeyPair) throws(SigningError) {
        guard pair.publicKey == key.publicKey, pair.kind == key.algorithm.kind else {
            throw .wrongKey(tag: key.tag)
        }
        self.key = key
        self.pair = pair
    }
}

/// A key before its private half is sealed.
package struct NewKey: Sendable {
    /// Both halves.
    package let pair: KeyPair
    /// What it signs.
    package let role: ZoneKey.Role
    /// Its algorithm.
    package let algorithm: SigningPolicy.Algorithm
    /// Its tag, which no other key of the zone has.
    package let tag: UInt16

    /// Makes a key whose tag is none of `tags`: those of the zone's other keys. A signature tells
    /// its key by the tag alone.
    package static func generate(
        _ role: ZoneKey.Role, _ algorithm: SigningPolicy.Algorithm, avoiding tags: Set<UInt16>
    ) throws(SigningError) -> NewKey {
        while true {
            let pair: KeyPair
            do {
                pair = try KeyPair.generate(algorithm.kind)
            } catch {
                throw .openSSL(error)
            }
            let data = KeyRecord.data(role: role, algorithm: algorithm, publicKey: pair.publicKey)
            let tag = KeyRecord.tag(of: data)
            if !tags.contains(tag) {
                return NewKey(pair: pair, role: role, algorithm: algorithm, tag: tag)
            }
        }
    }

    /// The key for the state.
    ///
    /// - `sealed`: the private half as only members of the cluster can open it.
    package func zoneKey(
        sealed: [UInt8], atSeconds seconds: UInt64, stage: ZoneKey.Stage
    ) -> ZoneKey {
        ZoneKey(
            tag: tag, role: role, algorithm: algorithm, publicKey: pair.publicKey,
            sealedPrivateKey: sealed, createdSeconds: seconds, stage: stage)
    }
}

extension SigningPolicy.Algorithm {
    /// The kind of keys that it takes.
    package var kind: KeyPair.Kind {
        switch self {
        case .ecdsaP256: .p256
        case .ed25519: .ed25519
        }
    }
}
