/// One node of the cluster, as all of them know it.
package struct Member: Hashable, Sendable {
    /// What a node is there for.
    package enum Kind: String, Hashable, Sendable {
        /// It collects, serves and votes.
        case full
        /// It votes and stores the log.
        case witness
    }

    /// Who it is.
    package let node: NodeID
    /// Its number in the log's configuration; never 0, never used again.
    package let replica: UInt64
    /// The name of its host: on Proxmox that of the node, of which guests are reported.
    package let name: String
    /// What it is there for.
    package let kind: Kind
    /// Where the others reach it, "host:port" each; at most 16.
    package internal(set) var addresses: [String]
    /// It votes; else it learns.
    package internal(set) var isVoter: Bool
    /// The version of its program.
    package internal(set) var version: String
    /// The highest level of derivation that its program can follow.
    package internal(set) var level: UInt32
    /// When it joined, in seconds since 1970.
    package internal(set) var joinedAtSeconds: UInt64
    /// Who took its place: it is no owner of anything any more and is about to be removed.
    package internal(set) var successor: NodeID?
    /// The time of its last proposal by its own clock; 0 before the first.
    package internal(set) var heardSeconds: UInt64 = 0
    /// The public half of the key that secrets are closed with for it: 32 octets (RFC 7748), none
    /// for a witness and before it said so.
    package internal(set) var sealingKey: [UInt8] = []

    /// Longer names and versions are cut, more addresses left out.
    package static let textLimitOctets = 253
    /// How many addresses a member may have.
    package static let addressLimit = 16
    /// The length of `sealingKey`; any other counts as none.
    package static let sealingKeyOctets = 32

    /// A learner, until the configuration says that it votes.
    package init(
        node: NodeID, replica: UInt64, name: String, kind: Kind = .full, addresses: [String] = [],
        version: String = "", level: UInt32 = 1, joinedAtSeconds: UInt64 = 0
    ) {
        self.node = node
        self.replica = replica
        self.name = name.cut(toOctets: Self.textLimitOctets)
        self.kind = kind
        self.addresses = Self.bounded(addresses)
        self.version = version.cut(toOctets: Self.textLimitOctets)
        self.level = level
        self.joinedAtSeconds = joinedAtSeconds
        isVoter = false
    }

    static func bounded(_ addresses: [String]) -> [String] {
        addresses.prefix(addressLimit).map { $0.cut(toOctets: textLimitOctets) }
    }
}

/// What a member says of itself: when it starts, and when something about it changes.
package struct MemberReport: Hashable, Sendable {
    /// Who it is.
    package let node: NodeID
    /// The version of its program.
    package let version: String
    /// The highest level of derivation that its program can follow.
    package let level: UInt32
    /// Where the others reach it, "host:port" each.
    package let addresses: [String]
    /// The public half of the key that secrets are closed with for it; empty for none.
    package let sealingKey: [UInt8]

    /// Joins the five.
    package init(
        node: NodeID, version: String, level: UInt32, addresses: [String],
        sealingKey: [UInt8] = []
    ) {
        self.node = node
        self.sealingKey = sealingKey.count == Member.sealingKeyOctets ? sealingKey : []
        self.version = version.cut(toOctets: Member.textLimitOctets)
        self.level = level
        self.addresses = Member.bounded(addresses)
    }
}

extension String {
    /// At most so many octets, whole characters.
    func cut(toOctets limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var size = 0
        return String(
            prefix { character in
                size += character.utf8.count
                return size <= limit
            })
    }
}
