extension ReplicatedState {
    /// Applies the entry of the log at `index`: its commands together, once however often it comes.
    ///
    /// Throws for bytes that are no proposal or hold a command of a later version; nothing may be
    /// applied after that, and nothing was changed.
    package mutating func apply(
        proposal bytes: [UInt8], index: UInt64
    ) throws(ClusterStateError) -> Applied {
        try apply(Proposal(decoding: bytes, cluster: cluster), index: index)
    }

    /// The same for a proposal that was read already.
    package mutating func apply(
        _ proposal: Proposal, index: UInt64
    ) throws(ClusterStateError) -> Applied {
        for command in proposal.commands {
            try check(command)
        }
        try skip(to: index)
        let verdict = admit(proposal)
        guard case .apply = verdict else { return applied(proposal, verdict) }
        var steps: [Applied.Step] = []
        steps.reserveCapacity(proposal.commands.count)
        for command in proposal.commands {
            note(command, of: proposal.node)
            let (outcome, changes) = carryOut(command, by: proposal.node)
            steps.append(Applied.Step(command: command, outcome: outcome, changes: changes))
        }
        let outcomes = steps.map(\.outcome)
        // Removed meanwhile: nobody will ask.
        ledgers[proposal.node]?.entries[proposal.sequence] = ProposalLedger.Entry(
            index: index, outcomes: outcomes)
        return Applied(
            index: index, node: proposal.node, incarnation: proposal.incarnation,
            sequence: proposal.sequence, isRepeat: false, firstIndex: index, outcomes: outcomes,
            steps: steps, refusal: nil)
    }

    /// Takes note of an entry of the log that says nothing.
    ///
    /// Throws if it was applied already.
    package mutating func skip(to index: UInt64) throws(ClusterStateError) {
        guard index > self.index else {
            throw .misplaced(index: index, after: self.index)
        }
        self.index = index
    }

    /// A node that the cluster does not know has no say, once there is a cluster.
    private mutating func admit(_ proposal: Proposal) -> ProposalLedger.Verdict {
        if !members.isEmpty {
            guard let member = members[proposal.node], member.successor == nil else {
                return .refuse(.notMember)
            }
        }
        // In place: a second reference would have the entries copied.
        return ledgers[
            proposal.node, default: ProposalLedger(incarnation: proposal.incarnation)
        ].admit(proposal)
    }

    private func applied(_ proposal: Proposal, _ verdict: ProposalLedger.Verdict) -> Applied {
        var entry: ProposalLedger.Entry?
        var refusal: ProposalRefusal?
        switch verdict {
        case .repeated(let known): entry = known
        case .refuse(let reason): refusal = reason
        case .apply: preconditionFailure("proposal \(proposal.sequence) is to be applied")
        }
        return Applied(
            index: index, node: proposal.node, incarnation: proposal.incarnation,
            sequence: proposal.sequence, isRepeat: entry != nil, firstIndex: entry?.index ?? 0,
            outcomes: entry?.outcomes ?? [], steps: [], refusal: refusal)
    }

    /// Moves the clock by a command of the log, as far as it is believed.
    private mutating func note(_ command: Command, of node: NodeID) {
        members[node]?.heardSeconds = command.timeSeconds
        moveClock(to: command.timeSeconds)
    }
}
