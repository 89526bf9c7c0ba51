import Synchronization

/// The secrets of the cluster that this node knows. Any thread may use it.
package final class SecretRing: Sendable {
    private let secrets = Mutex<[UInt64: ClusterSecret]>([:])

    /// Knows none.
    package init() {}

    /// The latest one that this node knows; `nil` before the first.
    package var current: ClusterSecret? {
        secrets.withLock { $0.max { $0.key < $1.key }?.value }
    }

    /// All of them, the latest first: what followed from an earlier one may still be about.
    package var all: [ClusterSecret] {
        secrets.withLock { $0.values.sorted { $0.id > $1.id } }
    }

    /// Closes octets with the latest secret, so that every full member can open them for the same
    /// purpose, and nobody else.
    package func seal(_ octets: [UInt8], for purpose: String) throws(SecretError) -> [UInt8] {
        guard let current else { throw .none }
        return try current.seal(octets, for: purpose)
    }

    /// Opens what was sealed with any of them.
    package func open(_ sealed: [UInt8], for purpose: String) throws(SecretError) -> [UInt8] {
        guard let id = ClusterSecret.id(of: sealed) else { throw .damaged }
        guard let secret = secrets.withLock({ $0[id] }) else { throw .unknown(id: id) }
        return try secret.open(sealed, for: purpose)
    }

    /// Octets that follow from the latest secret and what they are for.
    package func derive(_ purpose: String, octets: Int) throws(SecretError) -> [UInt8] {
        guard let current else { throw .none }
        return current.derive(purpose, octets: octets)
    }

    func knows(_ id: UInt64) -> Bool { secrets.withLock { $0[id] != nil } }

    /// Takes one more.
    package func add(_ secret: ClusterSecret) {
        secrets.withLock { $0[secret.id] = secret }
    }

    /// Forgets all others.
    func keep(only ids: Set<UInt64>) {
        secrets.withLock { secrets in
            for id in secrets.keys where !ids.contains(id) { secrets[id] = nil }
        }
    }
}
