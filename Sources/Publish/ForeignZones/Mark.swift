import Inventory
package import Planning
package import Zones

/// Whose a record set in somebody else's zone is and what it said when it was written. It stands
/// beside the set: in a TXT record set (`Registry`), or where else the server has room for it.
package struct Mark: Hashable, Sendable {
    /// Who wrote the set, as 32 hexadecimal digits.
    package let cluster: String
    /// What it said; `nil` where that cannot be read any more.
    package let seal: Seal?

    /// Joins the two.
    package init(cluster: String, seal: Seal?) {
        self.cluster = cluster
        self.seal = seal
    }

    /// Whose a record set with these marks is. A mark of another cluster counts whatever stands
    /// beside it. `content` is what the set says; `nil` if that is nothing we would write.
    package static func ownership(
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
