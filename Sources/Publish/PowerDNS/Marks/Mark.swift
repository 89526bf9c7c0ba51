import Inventory
import Planning
import Zones

/// Whose a record set is and what it said, as a comment or a record of the registry has it.
///
///     comment     account "pipam/<cluster>", content "pipam <seal>"
///     registry    _pipam.<type>.<name> TXT "heritage=pipam,cluster=<cluster>,seal=<seal>"
struct Mark: Hashable {
    /// 32 hexadecimal digits.
    let cluster: String
    /// `nil` where it cannot be read any more.
    let seal: Seal?
}

// MARK: - Comments

extension Mark {
    /// What the account of a mark begins with; the whole has 38 characters of the 40 that
    /// PowerDNS's schemas for MySQL and PostgreSQL have room for.
    private static let accountPrefix = "pipam/"
    private static let contentPrefix = "pipam "

    /// `nil` if the comment is no mark: its account tells.
    init?(_ comment: Comment) {
        guard comment.account.hasPrefix(Self.accountPrefix) else { return nil }
        let cluster = comment.account.dropFirst(Self.accountPrefix.count)
        guard Seal(cluster) != nil else { return nil }
        self.init(comment, cluster: String(cluster))
    }

    /// A comment whose account is known to be that of a cluster's marks.
    init(_ comment: Comment, cluster: String) {
        self.cluster = cluster
        let isWhole = comment.content.hasPrefix(Self.contentPrefix)
        seal = isWhole ? Seal(comment.content.dropFirst(Self.contentPrefix.count)) : nil
    }

    /// What stands in the account of a cluster's marks.
    static func account(of cluster: ClusterID) -> String { "\(accountPrefix)\(cluster)" }

    /// The mark of a record set as it is written.
    static func comment(_ set: RecordSet, of cluster: ClusterID) -> Comment {
        Comment(
            account: account(of: cluster), content: "\(contentPrefix)\(Seal(of: set, in: cluster))",
            modifiedAt: nil)
    }
}

// MARK: - Ownership

extension Mark {
    /// Whose a record set with these marks is. A mark of another cluster counts whatever stands
    /// beside it. `content` is what the set says; `nil` if that is nothing we would write.
    static func ownership(
        _ marks: [Mark], of content: RecordSet?, _ sealer: inout Sealer
    ) -> Ownership {
        guard !marks.isEmpty else { return .unmarked }
        let own = sealer.clusterText
        if let other = marks.first(where: { $0.cluster != own }) { return .another(other.cluster) }
        guard let content else { return .ours(isIntact: false) }
        let seal = sealer.seal(content)
        return .ours(isIntact: marks.contains { $0.seal == seal })
    }
}
