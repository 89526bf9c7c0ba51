import Inventory

/// Makes reports of what is remembered.
struct ReportBuilder {
    let cluster: ClusterID
    let topology: Topology
    let health: NodeHealth

    /// `nil` while the configuration was never read: who the guest is stands there.
    func report(_ tracked: TrackedGuest) -> GuestReport? {
        guard let configuration = tracked.configuration else { return nil }
        let entry = tracked.entry
        var guest = Guest(
            id: GuestID(
                cluster: cluster, vmid: entry.place.vmid, incarnation: configuration.incarnation),
            kind: entry.place.kind, node: entry.place.node)
        guest.name = configuration.name
        guest.hostName = tracked.hostName
        guest.runState = health.silence(of: entry.place.node) == nil ? entry.runState : .unknown
        guest.isTemplate = configuration.isTemplate || entry.isTemplate
        guest.lock = configuration.lock ?? entry.lock
        guest.virtualCPUs =
            configuration.virtualCPUs > 0 ? configuration.virtualCPUs : entry.virtualCPUs
        guest.memoryBytes =
            configuration.memoryBytes > 0 ? configuration.memoryBytes : entry.memoryBytes
        guest.diskBytes = entry.diskBytes
        guest.pool = entry.pool
        guest.tags = configuration.tags
        guest.comment = configuration.comment
        let (interfaces, knowledge) = interfaces(tracked, configuration)
        guest.interfaces = interfaces.map { topology.placed($0, on: entry.place.node) }
        return GuestReport(guest: guest, addresses: knowledge)
    }

    private func interfaces(
        _ tracked: TrackedGuest, _ configuration: GuestConfiguration
    ) -> ([GuestInterface], GuestReport.AddressKnowledge) {
        let configured = configuration.interfaces
        if let reason = silence(tracked, configuration) {
            return (configured, .unknown(reason: reason))
        }
        switch tracked.observation {
        case nil:
            return (configured, .unknown(reason: "not asked yet"))
        case .unknown(let reason):
            return (configured, .unknown(reason: reason))
        case .interfaces(let seen):
            // The host itself looks into a container; of a machine its own agent tells.
            let origin: GuestAddress.Origin = tracked.entry.place.kind == .lxc ? .host : .agent
            return (AddressMatch.attach(seen, to: configured, origin: origin), .observed)
        }
    }

    /// Why nobody can tell the guest's addresses now; `nil` when somebody can.
    private func silence(_ tracked: TrackedGuest, _ configuration: GuestConfiguration) -> String? {
        let entry = tracked.entry
        if let message = health.silence(of: entry.place.node) {
            return "node \(entry.place.node) does not answer: \(message)"
        }
        switch entry.runState {
        case .stopped: return "stopped"
        case .paused: return "paused"
        case .unknown: return "node \(entry.place.node) reports no state of it"
        case .running: break
        }
        if entry.place.kind == .qemu, !configuration.isAgentEnabled {
            return "the guest agent is not enabled in the configuration"
        }
        return nil
    }
}
