/// A node that wants to be a member.
package struct JoinRequest: Hashable, Sendable {
    /// Who it is.
    package let node: NodeID
    /// The name of its host.
    package let name: String
    /// What it would be there for.
    package let kind: Member.Kind
    /// Where it is reached, "host:port" each.
    package let addresses: [String]
    /// The version of its program.
    package let version: String
    /// The highest level of derivation that its program can follow.
    package let level: UInt32

    /// Joins the six.
    package init(
        node: NodeID, name: String, kind: Member.Kind = .full, addresses: [String] = [],
        version: String = "", level: UInt32 = 1
    ) {
        self.node = node
        self.name = name.cut(toOctets: Member.textLimitOctets)
        self.kind = kind
        self.addresses = Member.bounded(addresses)
        self.version = version.cut(toOctets: Member.textLimitOctets)
        self.level = level
    }
}

/// A node that may not join as long as another member has its name.
package struct PendingJoin: Hashable, Sendable {
    /// What it asked for.
    package let request: JoinRequest
    /// When it asked first, in seconds since 1970.
    package let sinceSeconds: UInt64
    /// When it asked last.
    package let heardSeconds: UInt64
}
