import ClusterState
import Inventory
import OpenSSL

/// A secret that all full members of the cluster know.
package struct ClusterSecret: Hashable, Sendable {
    /// Its number in the state.
    package let id: UInt64
    /// When it was made, in seconds since 1970.
    package let madeAtSeconds: UInt64
    private let octets: [UInt8]

    /// The length of a secret.
    package static let octets = 32

    /// Wraps a secret. Throws for one of another length.
    package init(
        id: UInt64, octets: [UInt8], madeAtSeconds: UInt64 = 0
    ) throws(SecretError) {
        guard octets.count == Self.octets else { throw .damaged }
        self.id = id
        self.madeAtSeconds = madeAtSeconds
        self.octets = octets
    }

    /// A new one.
    static func make(id: UInt64) throws(SecretError) -> ClusterSecret {
        try ClusterSecret(id: id, octets: RandomOctets.make(octets))
    }

    /// Octets that follow from the secret and what they are for: the same on every node, and good
    /// for nothing but that.
    ///
    /// - `octets`: 0...8,160.
    package func derive(_ purpose: String, octets count: Int) -> [UInt8] {
        KeyDerivation.hkdf(
            octets, salt: [], info: Array("pipam derives \(purpose)".utf8), octets: count)
    }
}

// MARK: - Sealing

extension ClusterSecret {
    /// What is sealed begins so:
    ///
    ///     form (1) | number of the secret (8) | salt (24) | content | tag (16)
    private static let saltOctets = 24
    private static let headOctets = 1 + 8 + saltOctets

    /// Closes octets so that whoever knows the secret can open them for the same purpose.
    package func seal(_ octets: [UInt8], for purpose: String) throws(SecretError) -> [UInt8] {
        let number = (0..<8).map { UInt8(truncatingIfNeeded: id >> (56 - 8 * UInt64($0))) }
        let head = [SealedForm.number] + number + RandomOctets.make(Self.saltOctets)
        let (key, nonce, context) = keys(head, purpose)
        do {
            return try head
                + AuthenticatedCipher.seal(octets, key: key, nonce: nonce, context: context)
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }

    /// Opens them. Throws unless they were sealed with this secret for this purpose.
    func open(_ sealed: [UInt8], for purpose: String) throws(SecretError) -> [UInt8] {
        guard Self.id(of: sealed) == id else { throw .damaged }
        let head = Array(sealed.prefix(Self.headOctets))
        let (key, nonce, context) = keys(head, purpose)
        do {
            return try AuthenticatedCipher.open(
                Array(sealed.dropFirst(Self.headOctets)), key: key, nonce: nonce,
                context: context)
        } catch {
            throw .damaged
        }
    }

    /// With which secret something was sealed; `nil` if it is of another form.
    static func id(of sealed: [UInt8]) -> UInt64? {
        sealed.count >= headOctets ? SealedForm.secretID(of: sealed) : nil
    }

    /// The salt makes key and nonce others each time.
    private func keys(
        _ head: [UInt8], _ purpose: String
    ) -> (key: [UInt8], nonce: [UInt8], context: [UInt8]) {
        let info = Array("pipam seals \(purpose)".utf8)
        let made = KeyDerivation.hkdf(
            octets, salt: head, info: info,
            octets: AuthenticatedCipher.keyOctets + AuthenticatedCipher.nonceOctets)
        return (
            Array(made.prefix(AuthenticatedCipher.keyOctets)),
            Array(made.dropFirst(AuthenticatedCipher.keyOctets)), head + info
        )
    }
}

// MARK: - Copies

extension ClusterSecret {
    /// The secret for one member, who has told the key; `nil` if nothing can be closed with that
    /// key.
    func copy(for member: Member, in cluster: ClusterID) -> SecretCopy? {
        let box = try? SealedBox.seal(
            octets, for: member.sealingKey, context: Self.context(id, member.node, cluster))
        return box.map { SecretCopy(node: member.node, sealingKey: member.sealingKey, box: $0) }
    }

    /// Opens what was closed for this node.
    init(
        _ secret: KeptSecret, _ copy: SecretCopy, with key: AgreementKey, in cluster: ClusterID
    ) throws(SecretError) {
        let octets: [UInt8]
        do {
            octets = try SealedBox.open(
                copy.box, with: key, context: Self.context(secret.id, copy.node, cluster))
        } catch {
            throw .damaged
        }
        try self.init(id: secret.id, octets: octets, madeAtSeconds: secret.madeAtSeconds)
    }

    private static func context(_ id: UInt64, _ node: NodeID, _ cluster: ClusterID) -> [UInt8] {
        Array("pipam secret \(id) of \(cluster) for \(node)".utf8)
    }
}

extension ClusterSecret: CustomStringConvertible {
    /// Tells nothing of the secret.
    package var description: String { "secret \(id)" }
}

extension ClusterSecret: CustomReflectable {
    /// Hides the secret from dumps.
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

/// Why something could not be sealed or opened.
package enum SecretError: Error, Hashable, Sendable {
    /// This node knows no secret of the cluster's yet; it gets one once somebody leads.
    case none
    /// It does not know the one that something was sealed with: not yet, or not any more.
    case unknown(id: UInt64)
    /// It is not what was sealed, or was sealed for something else.
    case damaged
    /// The system's cryptography refuses.
    case unavailable(reason: String)
}

extension SecretError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .none: "this host knows no secret of the cluster's yet; it comes once somebody leads"
        case .unknown(let id): "this host does not know secret \(id) of the cluster"
        case .damaged: "what was sealed is damaged, or was sealed for something else"
        case .unavailable(let reason): reason
        }
    }
}
