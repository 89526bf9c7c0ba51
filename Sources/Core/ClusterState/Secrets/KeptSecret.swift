/// A secret of the cluster's: 32 octets that every full member can open, and nobody who reads the
/// log or a snapshot.
package struct KeptSecret: Hashable, Sendable {
    /// Its number: 1 for the first, one more for each that follows.
    package let id: UInt64
    /// When it was made, in seconds since 1970.
    package let madeAtSeconds: UInt64
    /// What each member can open.
    package internal(set) var copies: [NodeID: SecretCopy] = [:]
    /// Somebody had it who is a member no more: another one is due.
    package internal(set) var isStale = false

    init(id: UInt64, madeAtSeconds: UInt64) {
        self.id = id
        self.madeAtSeconds = madeAtSeconds
    }
}

/// A secret, closed for one member.
package struct SecretCopy: Hashable, Sendable {
    /// For whom.
    package let node: NodeID
    /// The public half of the key that opens it.
    package let sealingKey: [UInt8]
    /// The secret, closed: `boxOctets`.
    package let box: [UInt8]

    /// 32 octets of a secret, 32 of the key made for the box, 16 that show changes.
    package static let boxOctets = 80

    /// Joins the three.
    package init(node: NodeID, sealingKey: [UInt8], box: [UInt8]) {
        self.node = node
        self.sealingKey = sealingKey
        self.box = box
    }
}

/// Copies of a secret that somebody made who knows it.
package struct SecretOffer: Hashable, Sendable {
    /// Of which secret.
    package let id: UInt64
    /// For whom.
    package let copies: [SecretCopy]

    /// Joins the two.
    package init(id: UInt64, copies: [SecretCopy]) {
        self.id = id
        self.copies = copies
    }
}

/// What is sealed with a secret begins with an octet for the form and the secret's number, so that
/// the state knows which secrets are needed still.
package enum SealedForm {
    /// The only form that there is.
    package static let number: UInt8 = 1

    /// With which secret something was sealed; `nil` if it is of another form.
    package static func secretID(of sealed: [UInt8]) -> UInt64? {
        guard sealed.count > 9, sealed[0] == number else { return nil }
        return sealed[1..<9].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
