/// How the cluster stands as this node sees it: what `GET /v1/cluster` answers. It is asked of a
/// node that may be cut off, so that whatever needs the others may be missing.
package struct ClusterStatusAnswer: Codable, Hashable, Sendable {
    /// The agent's clock, in seconds since 1970.
    package let time: UInt64
    /// The cluster's id, 32 hexadecimal digits; missing before this node belongs to one.
    package let id: String?
    /// What the cluster is called; for people only.
    package let name: String?
    /// This node.
    package let node: ClusterNode
    /// Whether this node belongs to the cluster.
    package let standing: Standing
    /// What it does there; missing before it belongs to one.
    package let role: Role?
    /// Who leads; missing while nobody does, or nobody is known to.
    package let leader: ClusterNode?
    /// The election that the node knows of; 0 before the first.
    package let term: UInt64
    /// The last entry that is agreed, as far as the node knows.
    package let commitIndex: UInt64
    /// The last entry that its state holds.
    package let appliedIndex: UInt64
    /// The rules by which zones are derived.
    package let level: UInt32
    /// The highest level that every member can follow.
    package let highestLevel: UInt32
    /// Whether anything can be changed.
    package let quorum: Quorum
    /// What is not settled yet.
    package let pending: [Pending]
    /// Whether all nodes hold the same zones; missing before they were compared.
    package let digests: DigestComparison?
    /// The log of this node.
    package let log: Log
    /// Its last snapshot; missing before the first.
    package let snapshot: Snapshot?

    /// Joins the parts; what can be missing or empty is unless given.
    package init(
        time: UInt64, id: String? = nil, name: String? = nil, node: ClusterNode, standing: Standing,
        role: Role? = nil, leader: ClusterNode? = nil, term: UInt64, commitIndex: UInt64,
        appliedIndex: UInt64, level: UInt32, highestLevel: UInt32, quorum: Quorum,
        pending: [Pending] = [], digests: DigestComparison? = nil, log: Log,
        snapshot: Snapshot? = nil
    ) {
        self.time = time
        self.id = id
        self.name = name
        self.node = node
        self.standing = standing
        self.role = role
        self.leader = leader
        self.term = term
        self.commitIndex = commitIndex
        self.appliedIndex = appliedIndex
        self.level = level
        self.highestLevel = highestLevel
        self.quorum = quorum
        self.pending = pending
        self.digests = digests
        self.log = log
        self.snapshot = snapshot
    }
}

/// A node as people and programs tell it from others.
package struct ClusterNode: Codable, Hashable, Sendable {
    /// The host's name; that of a host which was reinstalled is the old one's.
    package let name: String
    /// Its UUID in lower case, never used again.
    package let id: String

    /// Joins the two.
    package init(name: String, id: String) {
        self.name = name
        self.id = id
    }
}

extension ClusterStatusAnswer {
    /// Whether a node belongs to a cluster.
    package enum Standing: String, Codable, Hashable, Sendable, CaseIterable {
        /// It waits for `POST /v1/cluster/join`, or for the cluster's directory.
        case unjoined
        /// It asked to be let in.
        case joining
        /// A member has its name, and `POST /v1/cluster/replace` has to put it in its place.
        case awaitingReplace = "awaiting_replace"
        /// It belongs to it.
        case member
        /// It was taken out, and has to join anew under another id.
        case removed
    }

    /// What a node does in its cluster.
    package enum Role: String, Codable, Hashable, Sendable, CaseIterable {
        /// It orders what is agreed.
        case leader
        /// It votes, and follows the leader.
        case follower
        /// It tries to lead.
        case candidate
        /// It follows without a vote.
        case learner
        /// It votes and keeps the log, and does nothing else; when it leads or tries to, it is
        /// told as `leader` or `candidate`.
        case witness
    }

    /// How many voters there are, and whether they are enough.
    package struct Quorum: Codable, Hashable, Sendable {
        /// Who decides.
        package let voters: Int
        /// How many of them answer, this node included; missing on a node that does not know.
        package let reachable: Int?
        /// A majority answers: there is a leader that this node hears.
        package let isHeld: Bool

        /// Joins the three.
        package init(voters: Int, reachable: Int? = nil, isHeld: Bool) {
            self.voters = voters
            self.reachable = reachable
            self.isHeld = isHeld
        }

        /// How many more may fail; `nil` where that is not known or there is no quorum.
        package var spare: Int? {
            guard isHeld, let reachable else { return nil }
            return max(0, reachable - (voters / 2 + 1))
        }
    }

    /// Something that is not settled yet.
    package struct Pending: Codable, Hashable, Sendable {
        /// What kind of thing it is.
        package let kind: PendingKind
        /// The node that it is about, if it is about one.
        package let node: ClusterNode?
        /// Since when, in seconds since 1970; missing where that is not known.
        package let since: UInt64?
        /// What it is, in one sentence.
        package let message: String
        /// What a person has to do; missing when it settles by itself.
        package let remedy: String?

        /// Joins the parts; what can be missing is unless given.
        package init(
            kind: PendingKind, node: ClusterNode? = nil, since: UInt64? = nil, message: String,
            remedy: String? = nil
        ) {
            self.kind = kind
            self.node = node
            self.since = since
            self.message = message
            self.remedy = remedy
        }
    }

    /// What may be not settled yet.
    package enum PendingKind: String, Codable, Hashable, Sendable, CaseIterable {
        /// A learner will get a vote once it caught up.
        case promotion
        /// A voter does not answer and will be replaced.
        case deadVoter = "dead_voter"
        /// A reinstalled host waits for `POST /v1/cluster/replace`.
        case replacement
        /// Settings wait for `POST /v1/plan/apply`.
        case heldSettings = "held_settings"
        /// Members of several versions: the level does not rise before all can follow.
        case upgrade
    }

    /// The digests of the zones, by node, at one index.
    package struct DigestComparison: Codable, Hashable, Sendable {
        /// Where they were compared.
        package let index: UInt64
        /// All that are known are the same.
        package let isEqual: Bool
        /// By node, sorted by name.
        package let nodes: [NodeDigest]

        /// Joins the three.
        package init(index: UInt64, isEqual: Bool, nodes: [NodeDigest] = []) {
            self.index = index
            self.isEqual = isEqual
            self.nodes = nodes
        }
    }

    /// The digest of one node.
    package struct NodeDigest: Codable, Hashable, Sendable {
        /// Whose.
        package let node: ClusterNode
        /// In hexadecimal digits; missing if it told none for the index.
        package let digest: String?

        /// Joins the two.
        package init(node: ClusterNode, digest: String? = nil) {
            self.node = node
            self.digest = digest
        }
    }

    /// What a node keeps of the log.
    package struct Log: Codable, Hashable, Sendable {
        /// The first entry that is kept.
        package let firstIndex: UInt64
        /// The last one, agreed or not.
        package let lastIndex: UInt64
        /// Its files.
        package let sizeOctets: UInt64

        /// Joins the three.
        package init(firstIndex: UInt64, lastIndex: UInt64, sizeOctets: UInt64) {
            self.firstIndex = firstIndex
            self.lastIndex = lastIndex
            self.sizeOctets = sizeOctets
        }
    }

    /// A state on disk.
    package struct Snapshot: Codable, Hashable, Sendable {
        /// The last entry that it holds.
        package let index: UInt64
        /// Its file.
        package let sizeOctets: UInt64
        /// When it was taken, in seconds since 1970; missing where that is not known.
        package let takenAt: UInt64?

        /// Joins the three.
        package init(index: UInt64, sizeOctets: UInt64, takenAt: UInt64? = nil) {
            self.index = index
            self.sizeOctets = sizeOctets
            self.takenAt = takenAt
        }
    }
}
