import Inventory
package import Zones

/// What stands in the way of records in somebody else's zone: names that the zone does not serve
/// itself, and marks that find no place.
package struct Obstacles: Sendable {
    private let cuts: Cuts
    private let foreign: [RecordSetKey: RegistryEntry]?

    /// Joins the two. `registry` is `nil` where marks do not stand in the registry.
    package init(cuts: Cuts, registry: [RecordSetKey: RegistryEntry]?) {
        self.cuts = cuts
        foreign = registry?.filter(\.value.isForeign)
    }

    /// Why a record set cannot be there, with the remedy; `nil` if it can.
    package func objection(to key: RecordSetKey) -> String? {
        if let foreign {
            if Registry.owner(of: key) == nil { return RegistryEntry.noRoom(for: key) }
            if let objection = foreign[key]?.objection(to: key) { return objection }
        }
        if let objection = cuts.objection(to: key.owner) { return objection }
        guard foreign != nil, let mark = Registry.owner(of: key), cuts.objection(to: mark) != nil
        else { return nil }
        return
            "\(key.owner) has a DNAME record, which redirects all names below it, that of the mark "
            + "of \(key) too; remove the DNAME record, or name the guest otherwise"
    }
}
