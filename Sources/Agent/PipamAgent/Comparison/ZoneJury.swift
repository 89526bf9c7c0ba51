import ClusterState
import Zones

/// Whether a node has a zone as most voters have it. Only what somebody said counts: whoever does
/// not answer, or does not know the serial any more, says nothing for or against anybody.
struct ZoneJury {
    /// What a member said of a zone.
    struct Voice {
        /// Who.
        let node: NodeID
        /// It votes.
        let isVoter: Bool
        /// What it has, of the serials that it was asked for and knows.
        let sums: [SerialNumber: Digest128]
    }

    /// What follows.
    enum Verdict: Hashable {
        /// Most voters have the same.
        case confirmed
        /// Most voters have something else, all of them the same.
        case outvoted(SerialNumber)
        /// Somebody has something else, and no majority says what is right.
        case disputed(SerialNumber)
        /// Too few said anything.
        case unknown
    }

    /// The digests of this node, the latest first.
    let own: [ZoneDigest]
    /// This node votes.
    let isVoter: Bool
    /// How many voters there are.
    let voters: Int
    /// What the others said.
    let voices: [Voice]

    /// What follows from all serials. A majority decides, at the latest serial that there is one
    /// at; that it had the same before says nothing about what somebody disputes since.
    var verdict: Verdict {
        var dispute: Verdict?
        for digest in own {
            switch verdict(at: digest) {
            case .outvoted(let serial): return .outvoted(serial)
            case .confirmed: return dispute ?? .confirmed
            case .disputed(let serial): dispute = dispute ?? .disputed(serial)
            case .unknown: continue
            }
        }
        return dispute ?? .unknown
    }

    /// Members that have something else at a serial that this node knows, too.
    var strangers: [NodeID] {
        voices.filter { voice in
            own.contains { digest in voice.sums[digest.serial].map { $0 != digest.sum } ?? false }
        }.map(\.node)
    }

    private func verdict(at own: ZoneDigest) -> Verdict {
        let majority = voters / 2 + 1
        var votes: [Digest128: Int] = [own.sum: isVoter ? 1 : 0]
        var isDisputed = false
        for voice in voices {
            guard let sum = voice.sums[own.serial] else { continue }
            if sum != own.sum { isDisputed = true }
            votes[sum, default: 0] += voice.isVoter ? 1 : 0
        }
        // No two have a majority.
        if let winner = votes.first(where: { $0.value >= majority }) {
            return winner.key == own.sum ? .confirmed : .outvoted(own.serial)
        }
        return isDisputed ? .disputed(own.serial) : .unknown
    }
}
