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
        let marks: [SerialNumber: Digest128]
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

    /// The marks of this node, the latest first.
    let own: [ZoneMark]
    /// This node votes.
    let isVoter: Bool
    /// How many voters there are.
    let voters: Int
    /// What the others said.
    let voices: [Voice]

    /// The verdict at the latest serial that there is one for.
    var verdict: Verdict {
        let verdicts = own.map(verdict)
        let decided = verdicts.first { verdict in
            switch verdict {
            case .confirmed, .outvoted: true
            case .disputed, .unknown: false
            }
        }
        return decided ?? verdicts.first { $0 != .unknown } ?? .unknown
    }

    /// Members that have something else at a serial that this node knows, too.
    var strangers: [NodeID] {
        voices.filter { voice in
            own.contains { mark in voice.marks[mark.serial].map { $0 != mark.digest } ?? false }
        }.map(\.node)
    }

    private func verdict(at mark: ZoneMark) -> Verdict {
        let majority = voters / 2 + 1
        var votes: [Digest128: Int] = [mark.digest: isVoter ? 1 : 0]
        var isDisputed = false
        for voice in voices {
            guard let digest = voice.marks[mark.serial] else { continue }
            if digest != mark.digest { isDisputed = true }
            votes[digest, default: 0] += voice.isVoter ? 1 : 0
        }
        // No two have a majority.
        if let winner = votes.first(where: { $0.value >= majority }) {
            return winner.key == mark.digest ? .confirmed : .outvoted(mark.serial)
        }
        return isDisputed ? .disputed(mark.serial) : .unknown
    }
}
