/// What `POST /v1/cluster/token` takes.
package struct ClusterTokenRequest: Encodable, Hashable, Sendable {
    /// How long it can be used, 60...86,400 seconds.
    package let expiresSeconds: UInt64
    /// Who joins by it becomes a witness.
    package let witness: Bool

    /// As long as a person needs to carry it over.
    package static let defaultExpirySeconds: UInt64 = 900
    /// Shorter ones are over before they are used, longer ones lie around.
    package static let expirySecondsBounds: ClosedRange<UInt64> = 60...86_400

    /// Joins the two.
    package init(expiresSeconds: UInt64 = defaultExpirySeconds, witness: Bool = false) {
        self.expiresSeconds = expiresSeconds
        self.witness = witness
    }
}

/// A token that lets one host join, once. It is a secret: whoever has it can become a member.
package struct ClusterTokenAnswer: Codable, Hashable, Sendable {
    /// The secret, one line of visible ASCII; it is not kept and cannot be shown again.
    package let token: String
    /// When it is void, in seconds since 1970.
    package let expiresAt: UInt64
    /// Who joins by it becomes a witness.
    package let isWitness: Bool

    /// The longest token, in octets.
    package static let maximumOctets = 1024

    /// Joins the three.
    package init(token: String, expiresAt: UInt64, isWitness: Bool) {
        self.token = token
        self.expiresAt = expiresAt
        self.isWitness = isWitness
    }
}

/// What `POST /v1/cluster/join` takes, on the host that is to join.
package struct ClusterJoinRequest: Encodable, Hashable, Sendable {
    /// What `POST /v1/cluster/token` gave on a member.
    package let token: String
    /// A member to turn to, host or host:port, in place of those that the token names.
    package let address: String?

    /// The longest address, in octets: a host name, and a port.
    package static let maximumAddressOctets = 261

    /// Joins the two.
    package init(token: String, address: String? = nil) {
        self.token = token
        self.address = address
    }
}

/// What came of asking to join.
package struct ClusterJoinAnswer: Codable, Hashable, Sendable {
    /// The cluster's id.
    package let id: String
    /// What it is called.
    package let name: String?
    /// This node under its new id.
    package let node: ClusterNode
    /// `joining` while it catches up, `awaitingReplace` where a member has its name, `member`.
    package let standing: ClusterStatusAnswer.Standing

    /// Joins the parts.
    package init(
        id: String, name: String? = nil, node: ClusterNode, standing: ClusterStatusAnswer.Standing
    ) {
        self.id = id
        self.name = name
        self.node = node
        self.standing = standing
    }
}

/// What `POST /v1/cluster/leave` takes.
package struct ClusterLeaveRequest: Encodable, Hashable, Sendable {
    /// Also where too few of the others answer to be a majority.
    package let force: Bool

    /// Takes whether to force.
    package init(force: Bool = false) {
        self.force = force
    }
}

/// What `POST /v1/cluster/remove` takes.
package struct ClusterRemoveRequest: Encodable, Hashable, Sendable {
    /// The member's name or id; an id may be cut short where that is unique.
    package let node: String
    /// Also where the members left would be no majority of those that answer, or it answers.
    package let force: Bool

    /// Joins the two.
    package init(node: String, force: Bool = false) {
        self.node = node
        self.force = force
    }
}

/// The members after one went.
package struct MembershipAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// Who went.
    package let node: ClusterNode
    /// Who leads now; missing if nobody does yet.
    package let leader: ClusterNode?
    /// How many decide now; 0 after the last member left.
    package let voters: Int
    /// How many follow without a vote.
    package let learners: Int

    /// Joins the parts.
    package init(
        index: UInt64, node: ClusterNode, leader: ClusterNode? = nil, voters: Int, learners: Int
    ) {
        self.index = index
        self.node = node
        self.leader = leader
        self.voters = voters
        self.learners = learners
    }
}

/// What `POST /v1/cluster/replace` takes.
package struct ClusterReplaceRequest: Encodable, Hashable, Sendable {
    /// The name that the old and the new host have.
    package let node: String

    /// Takes the name.
    package init(node: String) {
        self.node = node
    }
}

/// Who took whose place.
package struct ClusterReplaceAnswer: Codable, Hashable, Sendable {
    /// The entry of the log that this stands for.
    package let index: UInt64
    /// Who went.
    package let old: ClusterNode
    /// Who came.
    package let new: ClusterNode

    /// Joins the three.
    package init(index: UInt64, old: ClusterNode, new: ClusterNode) {
        self.index = index
        self.old = old
        self.new = new
    }
}

/// What `POST /v1/cluster/transfer` takes.
package struct ClusterTransferRequest: Encodable, Hashable, Sendable {
    /// Who is to lead, by name or id; missing for whoever is most up to date.
    package let node: String?

    /// Takes the node.
    package init(node: String? = nil) {
        self.node = node
    }
}

/// Who leads after a transfer.
package struct ClusterTransferAnswer: Codable, Hashable, Sendable {
    /// Who led before.
    package let previous: ClusterNode
    /// Who leads now.
    package let leader: ClusterNode
    /// Its term.
    package let term: UInt64

    /// Joins the three.
    package init(previous: ClusterNode, leader: ClusterNode, term: UInt64) {
        self.previous = previous
        self.leader = leader
        self.term = term
    }
}

/// What `POST /v1/cluster/recover` takes. Without the word of a person it is refused.
package struct ClusterRecoverRequest: Encodable, Hashable, Sendable {
    /// A person says that the majority is lost for good.
    package let majorityIsLost: Bool

    /// Takes the word.
    package init(majorityIsLost: Bool) {
        self.majorityIsLost = majorityIsLost
    }
}

/// A cluster of one that goes on with what its node had.
package struct ClusterRecoverAnswer: Codable, Hashable, Sendable {
    /// The cluster's id.
    package let id: String
    /// The node that goes on.
    package let node: ClusterNode
    /// The last entry of the log that it had.
    package let index: UInt64
    /// Who belongs to the cluster no longer and has to join anew, sorted by name.
    package let lost: [ClusterNode]

    /// Joins the parts.
    package init(id: String, node: ClusterNode, index: UInt64, lost: [ClusterNode] = []) {
        self.id = id
        self.node = node
        self.index = index
        self.lost = lost
    }
}
