import Zones

extension ReplicatedState {
    /// How many secrets are kept; when one more is made, the oldest goes that nothing is sealed
    /// with.
    package static let secretLimit = 8

    /// The cluster's secret; `nil` before one was made.
    package var secret: KeptSecret? { secrets.last }

    /// Another secret is due: there is none, nobody can open it, or somebody knows it who is a
    /// member no more.
    package var needsSecret: Bool {
        secret.map { $0.isStale || $0.copies.isEmpty } ?? true
    }

    /// Members that a secret can be closed for, and is not yet, in order.
    package func membersWithout(_ secret: KeptSecret) -> [Member] {
        secretReaders.filter { secret.copies[$0.node] == nil }
    }

    /// Members that secrets are closed for, in order: those that serve and have a key.
    package var secretReaders: [Member] {
        memberList.filter {
            $0.kind == .full && $0.successor == nil && !$0.sealingKey.isEmpty
        }
    }

    /// A secret follows the one before, if that is good no more.
    mutating func keep(_ offer: SecretOffer) -> Outcome {
        let latest = secret?.id ?? 0
        guard needsSecret else { return .refused(Refusal(.secretGood, "\(latest)")) }
        guard offer.id == latest + 1 else {
            return .refused(Refusal(.unknownSecret, "\(offer.id)"))
        }
        var kept = KeptSecret(id: offer.id, madeAtSeconds: clockSeconds)
        for copy in offer.copies where isUsable(copy) { kept.copies[copy.node] = copy }
        guard !kept.copies.isEmpty else {
            return .refused(Refusal(.unusableSecret, "\(offer.id)"))
        }
        if secrets.count >= Self.secretLimit {
            guard let spare = spareSecret else {
                return .refused(Refusal(.tooMany, "secrets that something is sealed with"))
            }
            secrets.remove(at: spare)
        }
        secrets.append(kept)
        return .done
    }

    /// The oldest one but the latest that nothing is sealed with.
    private var spareSecret: Int? {
        let sealed = zones.signed.values.flatMap(\.keys).map(\.sealedPrivateKey)
        let used = Set(sealed.compactMap(SealedForm.secretID))
        return secrets.indices.dropLast().first { !used.contains(secrets[$0].id) }
    }

    /// Members get what they lack; whoever has a copy keeps it.
    mutating func share(_ offer: SecretOffer) -> Outcome {
        guard let place = secrets.firstIndex(where: { $0.id == offer.id }) else {
            return .refused(Refusal(.unknownSecret, "\(offer.id)"))
        }
        for copy in offer.copies where isUsable(copy) && secrets[place].copies[copy.node] == nil {
            secrets[place].copies[copy.node] = copy
        }
        return .done
    }

    /// A member has a key from now on, or another one: what was closed with the one before is of no
    /// use to it.
    mutating func take(sealingKey: [UInt8], of node: NodeID) {
        guard members[node]?.sealingKey != sealingKey else { return }
        members[node]?.sealingKey = sealingKey
        for place in secrets.indices { secrets[place].copies[node] = nil }
    }

    /// These are members no more.
    mutating func forgetSecrets(of nodes: [NodeID]) {
        for place in secrets.indices {
            for node in nodes where secrets[place].copies.removeValue(forKey: node) != nil {
                secrets[place].isStale = true
            }
        }
    }

    private func isUsable(_ copy: SecretCopy) -> Bool {
        copy.box.count == SecretCopy.boxOctets
            && secretReaders.contains {
                $0.node == copy.node && $0.sealingKey == copy.sealingKey
            }
    }

    /// Takes a secret from a snapshot.
    mutating func restore(_ secret: KeptSecret) throws(ClusterStateError) {
        guard secret.id > self.secret?.id ?? 0, secrets.count < Self.secretLimit else {
            throw .meaningless(field: "snapshot.secrets")
        }
        secrets.append(secret)
    }
}
