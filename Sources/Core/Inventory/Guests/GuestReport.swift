/// What one look at a guest brought. Silence about the addresses is told apart from their absence.
package struct GuestReport: Hashable, Sendable {
    /// What became of the question which addresses the guest has in use.
    package enum AddressKnowledge: Hashable, Sendable {
        /// It was answered: the interfaces hold all addresses that are in use.
        case observed
        /// It was not answered; what was known before still holds. The reason is for people.
        case unknown(reason: String)
    }

    /// The guest, with the addresses that the configuration gives and those that were seen.
    package var guest: Guest
    /// Whether the addresses seen are all there are.
    package var addresses: AddressKnowledge

    /// Joins the two.
    package init(guest: Guest, addresses: AddressKnowledge) {
        self.guest = guest
        self.addresses = addresses
    }
}

extension Guest {
    /// This guest after one more look at it. What the look did not answer stays as it was: a
    /// silent guest agent takes no address away, and neither does a stop.
    package func updated(by report: GuestReport) -> Guest {
        if isSettled, report.guest.isInTransition { return held(by: report) }
        var updated = report.guest
        updated.isSettled = isSettled || !report.guest.isInTransition
        updated.hostName = updated.hostName ?? hostName
        if updated.runState == .unknown {
            updated.runState = runState
        }
        guard case .unknown(let reason) = report.addresses else {
            updated.hasBeenObserved = true
            return updated
        }
        updated.hasBeenObserved = hasBeenObserved
        for index in updated.interfaces.indices {
            updated.interfaces[index].keepObservations(of: interfaces)
        }
        if updated.interfaces.allSatisfy(\.addresses.isEmpty) {
            updated.addressProblem = reason
        }
        return updated
    }

    /// A guest that is being rolled back or unmade is as it was before, but for its place.
    private func held(by report: GuestReport) -> Guest {
        var held = self
        held.lock = report.guest.lock
        held.node = report.guest.node
        return held
    }
}

extension GuestInterface {
    /// Takes over the observed addresses of the same interface as it was before. Another hardware
    /// address makes it another interface.
    fileprivate mutating func keepObservations(of previous: [GuestInterface]) {
        guard let before = previous.first(where: { $0.key == key && $0.mac == mac }) else { return }
        guestName = guestName ?? before.guestName
        let kept = before.addresses.filter(\.origin.isObserved)
        addresses = Set(addresses + kept).sorted()
    }
}

/// A Proxmox host, which is published under its own name and serves as name server.
package struct Host: Hashable, Sendable {
    /// The node's name in Proxmox.
    package var name: String
    /// Its addresses on the cluster's network, sorted.
    package var addresses: [IPAddress]

    /// Joins the two.
    package init(name: String, addresses: [IPAddress]) {
        self.name = name
        self.addresses = addresses
    }
}
