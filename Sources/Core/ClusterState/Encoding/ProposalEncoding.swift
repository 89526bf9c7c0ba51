import ClusterMessages
package import Inventory

extension Proposal {
    /// The proposal as it stands in the log: a `Proposal` message of cluster.proto.
    package func encoded() -> [UInt8] {
        var message = MessageProposal()
        message.node = node.message
        message.incarnation = incarnation
        message.sequence = sequence
        message.lowestOpen = lowestOpen
        message.commands = commands.map(\.message)
        return Wire.encode(message)
    }

    /// Reads a proposal.
    ///
    /// - `cluster`: the cluster whose log it stands in; guests in it carry only their numbers. One
    ///   that founds the cluster says itself which.
    package init(decoding bytes: [UInt8], cluster: ClusterID?) throws(ClusterStateError) {
        let message: MessageProposal = try Wire.decode(bytes, "a proposal")
        var cluster = cluster
        var commands: [Command] = []
        commands.reserveCapacity(message.commands.count)
        for message in message.commands {
            let command = try Command(message, cluster: cluster)
            if case .found(let id, _) = command.body { cluster = cluster ?? id }
            commands.append(command)
        }
        self.init(
            node: NodeID(message.node), incarnation: message.incarnation,
            sequence: message.sequence, lowestOpen: message.lowestOpen, commands: commands)
    }
}

extension ProposalLedger {
    init(_ message: MessageProposalLedger) throws(ClusterStateError) {
        self.init(incarnation: message.incarnation)
        lowestOpen = message.lowestOpen
        guard message.entries.count <= Self.windowSize else {
            throw .meaningless(field: "proposal_ledger.entries")
        }
        for entry in message.entries {
            var outcomes: [Outcome] = []
            for outcome in entry.outcomes {
                outcomes.append(try Outcome(outcome))
            }
            entries[entry.sequence] = Entry(index: entry.index, outcomes: outcomes)
        }
    }

    func message(for node: NodeID) -> MessageProposalLedger {
        var message = MessageProposalLedger()
        message.node = node.message
        message.incarnation = incarnation
        message.lowestOpen = lowestOpen
        message.entries = entries.sorted { $0.key < $1.key }.map { sequence, entry in
            var message = MessageProposalLedger.Entry()
            message.sequence = sequence
            message.index = entry.index
            message.outcomes = entry.outcomes.map(\.message)
            return message
        }
        return message
    }
}

extension Outcome {
    init(_ message: MessageOutcome) throws(ClusterStateError) {
        switch message.outcome {
        case .done: self = .done
        case .refused(let refusal): self = .refused(try Refusal(refusal))
        case .claimed(let claim): self = .claimed(try Claim(claim))
        case .settings(let settings):
            self = .settings(version: settings.version, heldNames: settings.heldNames)
        case .admitted(let admission):
            self = .admitted(
                replacing: admission.hasReplaced ? NodeID(admission.replaced) : nil)
        case .dropped(let dropped): self = .dropped(reports: dropped.reports)
        case nil: throw .meaningless(field: "outcome")
        }
    }

    var message: MessageOutcome {
        var message = MessageOutcome()
        switch self {
        case .done: message.done = MessageOutcome.Done()
        case .refused(let refusal): message.refused = refusal.message
        case .claimed(let claim): message.claimed = claim.message
        case .settings(let version, let heldNames):
            message.settings.version = version
            message.settings.heldNames = heldNames
        case .admitted(let replaced):
            var admission = MessageOutcome.Admission()
            if let replaced { admission.replaced = replaced.message }
            message.admitted = admission
        case .dropped(let reports): message.dropped.reports = reports
        }
        return message
    }
}

extension Refusal {
    fileprivate init(_ message: MessageOutcome.Refusal) throws(ClusterStateError) {
        guard let reason = Reason(rawValue: message.reason) else {
            throw .meaningless(field: "refusal.reason")
        }
        self.init(reason, message.detail)
    }

    fileprivate var message: MessageOutcome.Refusal {
        var message = MessageOutcome.Refusal()
        message.reason = reason.rawValue
        message.detail = detail
        return message
    }
}
