import ClusterState
import Consensus
import Inventory
import Zones

/// Sees what every node does and holds it against what must never happen. The first breach stays.
final class ClusterWatch {
    private struct ProposalKey: Hashable {
        let node: NodeID
        let incarnation: UInt64
        let sequence: UInt64
    }

    private struct ZoneVersion: Hashable {
        let apex: DomainName
        let serial: SerialNumber
    }

    /// What was breached, if anything was.
    private(set) var violation: String?
    private(set) var coverage = Coverage()
    private var leaders: [UInt64: ReplicaID] = [:]
    private var written: [LogPosition: UInt64] = [:]
    private var committed: [UInt64: CommittedEntry] = [:]
    private var stateDigests: [UInt64: Digest128] = [:]
    private var zoneDigests: [ZoneVersion: Digest128] = [:]
    private var effects: [ProposalKey: UInt64] = [:]
    /// Whose proposal took effect at an index.
    private var owners: [UInt64: ProposalKey] = [:]
    /// The term of a change of the configuration that may still come to hold.
    private var changeTerm: UInt64?
    /// The last entry that anybody applied.
    private(set) var lastApplied: UInt64 = 0
    /// The last configuration that anybody applied.
    private(set) var configuration = Configuration()

    func count(_ item: Coverage.Item, _ number: Int = 1) { coverage[item] += number }

    /// Takes note of a breach.
    func report(_ text: @autoclosure () -> String) {
        if violation == nil { violation = text() }
    }

    // MARK: The log

    /// A node believes that it leads: Election Safety (Raft paper figure 3).
    func leads(_ replica: ReplicaID, term: UInt64) {
        guard let other = leaders[term] else {
            leaders[term] = replica
            count(.elections)
            return
        }
        if other != replica { report("term \(term) has two leaders: \(other) and \(replica)") }
    }

    /// A node writes entries: Log Matching.
    func writes(_ entries: [LogEntry], slot: Int) {
        for entry in entries {
            let position = LogPosition(index: entry.index, term: entry.term)
            let digest = Digest.of(entry.octets)
            if let other = written[position], other != digest {
                report("node \(slot) writes another entry at \(entry.index) of term \(entry.term)")
            }
            written[position] = digest
        }
    }

    /// A node is told that entries are committed: State Machine Safety.
    func commits(_ entries: [CommittedEntry], slot: Int) {
        for entry in entries {
            guard let known = committed[entry.index] else {
                committed[entry.index] = entry
                count(.commits)
                settleChange(entry)
                continue
            }
            if known != entry {
                report(
                    "node \(slot) is told of another entry \(entry.index): \(entry.term) "
                        + "instead of \(known.term)")
            }
        }
    }

    // MARK: The state

    /// A node has applied the entry at its state's index, or restored a snapshot of it.
    func holds(_ state: ReplicatedState, slot: Int) {
        let digest = state.digest
        let known = stateDigests.updateValue(digest, forKey: state.index)
        if let known, known != digest {
            report("node \(slot) has another state at \(state.index)")
        }
    }

    /// A node has applied everything up to this entry.
    func reached(_ index: UInt64) { lastApplied = max(lastApplied, index) }

    /// All zones of a state: equal serials have equal content.
    func serves(_ zones: some Sequence<Zone>, slot: Int) {
        for zone in zones {
            let version = ZoneVersion(apex: zone.apex, serial: zone.serial)
            let digest = zone.digest
            if let known = zoneDigests[version], known != digest {
                report("node \(slot) has another zone \(zone.apex) at \(zone.serial.number)")
            }
            if zoneDigests.updateValue(digest, forKey: version) == nil { count(.zoneVersions) }
        }
    }

    /// A node applied a proposal: each takes effect at one place.
    func applied(_ applied: Applied, slot: Int) {
        count(.applies)
        let key = ProposalKey(
            node: applied.node, incarnation: applied.incarnation, sequence: applied.sequence)
        if applied.refusal == nil, !applied.isRepeat {
            if let first = effects[key], first != applied.index {
                report(
                    "proposal \(applied.sequence) of \(applied.node) took effect at \(first) and, "
                        + "on node \(slot), at \(applied.index)")
            }
            effects[key] = applied.index
            owners[applied.index] = key
        } else if applied.isRepeat {
            count(.repeats)
            if effects[key] != applied.firstIndex {
                report("node \(slot) takes \(applied.index) for a repeat of another entry")
            }
        }
    }

    /// A client was told that its proposal was applied at this index.
    func acknowledged(node: NodeID, incarnation: UInt64, index: UInt64, slot: Int) {
        count(.acknowledged)
        guard case .command = committed[index]?.content else {
            report("node \(slot) acknowledged entry \(index), which is not committed")
            return
        }
        if owners[index]?.node != node || owners[index]?.incarnation != incarnation {
            report("node \(slot) acknowledged entry \(index), which is not its own")
        }
    }

    /// No two keys have one address, and the book finds each claim by both (checked on claims that
    /// are there, however they came there).
    func checkClaims(_ state: ReplicatedState, slot: Int) {
        var holders: [ScopedAddress: ClaimKey] = [:]
        for claim in state.claims {
            if let other = holders.updateValue(claim.key, forKey: claim.scopedAddress) {
                report(
                    "node \(slot): \(claim.address) is held by \(min(other, claim.key)) and "
                        + "\(max(other, claim.key))")
            }
            if state.claim(on: claim.scopedAddress)?.key != claim.key {
                report("node \(slot): \(claim.address) is not found as \(claim.key)'s")
            }
        }
    }

    // MARK: The configuration

    /// A change of the configuration was proposed, and nobody knows yet whether it will hold.
    var isChanging: Bool { changeTerm != nil }

    func changeProposed(term: UInt64) { changeTerm = max(term, changeTerm ?? 0) }

    /// What a later leader committed rules out what an earlier one proposed and did not.
    private func settleChange(_ entry: CommittedEntry) {
        guard let term = changeTerm else { return }
        if case .configuration = entry.content, entry.term == term {
            changeTerm = nil
        } else if entry.term > term {
            changeTerm = nil
        }
    }

    /// A change of the configuration took effect: the engine follows it.
    func changed(by change: ConfigurationChange, to now: Configuration, slot: Int) {
        let isFollowed =
            switch change {
            case .addVoter(let id): now.voters.contains(id)
            case .addLearner(let id): now.learners.contains(id)
            case .remove(let id): !now.members.contains(id)
            }
        if !isFollowed { report("node \(slot) committed \(change) and has \(now)") }
    }

    /// The cluster's configuration after an entry.
    func configured(_ configuration: Configuration, index: UInt64) {
        if index >= lastApplied { self.configuration = configuration }
    }
}
