import ForeignZones
import Inventory
import Zones

/// Marks as comments, which no DNS query shows:
///
///     account "pipam/<cluster>", content "pipam <seal>"
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
        let isWhole = comment.content.hasPrefix(Self.contentPrefix)
        self.init(
            cluster: cluster,
            seal: isWhole ? Seal(comment.content.dropFirst(Self.contentPrefix.count)) : nil)
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
