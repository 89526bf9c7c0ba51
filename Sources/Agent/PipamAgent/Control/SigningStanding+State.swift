import Control
import Inventory
import Signing
import Zones

extension SigningPolicy {
    /// What somebody asks for.
    init(_ request: SigningEnableRequest) {
        self.init(
            algorithm: SigningPolicy.Algorithm(request.algorithm),
            denial: request.denial == .nsec3 ? .nsec3 : .nsec,
            usesSeparateKeys: request.separateKeys)
        keyTTLSeconds = request.keyTTL
        signatureSeconds = request.signatureLife
        refreshSeconds = request.signatureLife / 2
        propagationSeconds = request.propagation
        parentTTLSeconds = request.parentTTL
        zoneKeySeconds = request.zoneKeyDays * 86_400
    }

    /// Why a zone cannot be signed so.
    func objection(in apex: DomainName) -> String? {
        denial == .nsec3 && denial(of: apex) == .nsec
            ? "names below ip6.arpa are denied by NSEC: NSEC3 takes a record for each of up to 32 "
                + "names above an address" : nil
    }
}

extension SigningStanding {
    /// How a zone stands that is to be signed.
    init(
        _ apex: DomainName, in zones: ZoneSet, standing: SigningBoard.Standing?
    ) {
        guard let signed = zones.signed[apex] else {
            preconditionFailure("\(apex) is not signed")
        }
        let isThere = zones.zones[apex] != nil
        let state: State =
            signed.isServed ? (signed.policy.isLeaving ? .leaving : .signed) : .preparing
        self.init(
            zone: "\(apex)", state: state,
            algorithm: SigningAlgorithm(signed.policy.algorithm),
            denial: signed.policy.denial(of: apex) == .nsec ? .nsec : .nsec3,
            serial: zones.zones[apex]?.serial.number ?? 0, waiting: signed.open.count,
            expires: standing?.expiresSeconds, nextStep: standing?.nextSeconds,
            task: standing?.task,
            problem: isThere ? standing?.problem : "there is no such zone any more",
            keys: signed.keys.map { SigningKeyItem($0, of: apex) })
    }
}

extension SigningKeyItem {
    /// A key as the API shows it.
    init(_ key: ZoneKey, of apex: DomainName) {
        let role: Role =
            switch key.role {
            case .combined: .combined
            case .keySigning: .keySigning
            case .zoneSigning: .zoneSigning
            }
        let stage: Stage =
            switch key.stage {
            case .presigning: .presigning
            case .published: .published
            case .active: .active
            case .retired: .retired
            case .fading: .fading
            }
        self.init(
            tag: key.tag, role: role, algorithm: SigningAlgorithm(key.algorithm), stage: stage,
            since: key.stageSinceSeconds,
            parentSince: key.parentSinceSeconds == 0 ? nil : key.parentSinceSeconds,
            ds: key.role.signsKeys ? KeyRecord.delegationText(of: key, apex: apex) : nil,
            dnskey: KeyRecord.text(of: key, apex: apex))
    }
}

extension SigningAlgorithm {
    /// What the API calls an algorithm.
    init(_ algorithm: SigningPolicy.Algorithm) {
        switch algorithm {
        case .ecdsaP256: self = .ecdsap256sha256
        case .ed25519: self = .ed25519
        }
    }
}

extension SigningPolicy.Algorithm {
    /// What the API calls so.
    init(_ algorithm: SigningAlgorithm) {
        switch algorithm {
        case .ecdsap256sha256: self = .ecdsaP256
        case .ed25519: self = .ed25519
        }
    }
}
