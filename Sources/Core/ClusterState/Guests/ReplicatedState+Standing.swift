package import Inventory
import Zones

// MARK: - What people ask

extension ReplicatedState {
    /// What one guest has published and what not, in one view.
    package struct Standing: Hashable, Sendable {
        /// The claims that hold.
        package let published: [Publication.Claim]
        /// Everything else, with the reason.
        package let findings: [Publication.Finding]
    }

    /// How a guest stands; `nil` for a guest that is not known.
    package func standing(of id: GuestID) -> Standing? {
        guard let entry = guests[id] else { return nil }
        let publication = entry.publication(
            under: settings.naming, rulebook.rules(at: level))
        var findings = publication.findings
        if entry.goneAtSeconds != nil {
            findings.append(.init(subject: "guest", reason: .destroyed))
        }
        var published: [Publication.Claim] = []
        for claim in publication.claims {
            guard let reason = zones.objection(to: claim, of: id) else {
                published.append(claim)
                continue
            }
            let subject = claim.address.map(\.description) ?? claim.name.description
            let finding = Publication.Finding(subject: subject, reason: reason)
            if !findings.contains(finding) {
                findings.append(finding)
            }
        }
        return Standing(published: published, findings: findings)
    }
}
