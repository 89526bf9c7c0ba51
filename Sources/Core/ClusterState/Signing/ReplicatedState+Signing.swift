import Inventory
import Zones

extension ReplicatedState {
    /// Has a zone signed from now on, or otherwise than before.
    mutating func take(_ order: SigningOrder) -> Outcome {
        if let refusal = objection(to: order.apex, base: order.base) { return .refused(refusal) }
        if let reason = order.objection { return .refused(Refusal(.unusableSigning, reason)) }
        zones.sign(order.apex, order.policy, by: order.keys)
        return .done
    }

    /// Ends the signing of a zone.
    mutating func unsign(
        _ apex: DomainName, base: UInt64
    ) -> (outcome: Outcome, changes: [ZoneChange]) {
        if let refusal = objection(to: apex, base: base) { return (.refused(refusal), []) }
        guard zones.signed[apex] != nil else {
            return (.refused(Refusal(.notSigned, "\(apex)")), [])
        }
        return (.done, zones.unsign(apex, atSeconds: clockSeconds))
    }

    private func objection(to apex: DomainName, base: UInt64) -> Refusal? {
        guard zones.zones[apex] != nil || zones.signed[apex] != nil else {
            return Refusal(.noSuchZone, "\(apex)")
        }
        let version = zones.signed[apex]?.version ?? 0
        return version == base ? nil : Refusal(.signingChanged, "\(version)")
    }

    /// Takes a step of a zone that whoever leads has signed.
    mutating func take(
        _ publication: ZonePublication
    ) -> (outcome: Outcome, changes: [ZoneChange]) {
        do {
            return (.done, try zones.publish(publication))
        } catch {
            let refusal =
                switch error {
                case .notSigned: Refusal(.notSigned, "\(publication.apex)")
                case .stale(let round): Refusal(.signingChanged, "\(round)")
                case .unusable(let reason): Refusal(.unusableSigning, reason)
                }
            return (.refused(refusal), [])
        }
    }
}
