import DNSWire

/// What the zones know about a name.
enum Finding: BitwiseCopyable {
    /// No zone of ours holds it.
    case outside
    /// Its node, or the wildcard's that stands for it (RFC 4592).
    case node(NodeView)
    /// It lies at or below a delegation; `labels` are those of the delegated name.
    case delegated(NodeView, labels: Int)
    /// It lies below a name whose descendants have other names; `labels` are that name's.
    case redirected(NodeView, labels: Int)
    /// It exists without records.
    case empty(zone: Int)
    /// It does not exist.
    case missing(zone: Int)
}

/// Finds names in a table (RFC 1034 section 4.3.2). Keeps room for the one name that may have to be
/// made up on the way, the wildcard.
struct NameFinder: ~Copyable {
    private var wildcard = LookupName()

    /// Finds a name. The type matters at a delegation only: DS records belong to the parent
    /// (RFC 4035 section 3.1.4.1).
    @inline(__always)
    mutating func find(
        _ name: inout LookupName, type: UInt16, in table: TableView
    ) -> Finding {
        name.hashWhole(with: table.hashKey)
        if let node = table.find(name, labels: name.labels) {
            let zone = table.zones + node.zone
            // Nothing can hide the node where no zone and no delegation lies below its zone.
            if !zone.pointee.hasZonesBelow, zone.pointee.delegations == 0,
                type != TypeNumber.ds
            {
                return .node(node)
            }
        }
        return findWithCare(&name, type: type, in: table)
    }

    /// The node of a name that additional records are about: in its closest zone, glue included,
    /// and never by wildcard.
    func findAddresses(
        _ name: inout LookupName, in table: TableView
    ) -> NodeView? {
        name.hashWhole(with: table.hashKey)
        guard let node = table.find(name, labels: name.labels) else { return nil }
        guard table.zones[node.zone].hasZonesBelow else { return node }
        name.hashAll(with: table.hashKey)
        guard let zone = table.closestZone(of: name, labels: name.labels) else { return nil }
        return table.find(name, labels: name.labels, zone: zone)
    }

    private mutating func findWithCare(
        _ name: inout LookupName, type: UInt16, in table: TableView
    ) -> Finding {
        name.hashAll(with: table.hashKey)
        guard let number = zone(of: name, type: type, in: table) else { return .outside }
        let zone = table.zones[number]
        if zone.delegations > 0,
            let (node, labels) = turn(above: name, type: type, zone: number, in: table)
        {
            return node.flags.contains(.cut)
                ? .delegated(node, labels: labels) : .redirected(node, labels: labels)
        }
        if let node = table.find(name, labels: name.labels, zone: number) { return .node(node) }
        // Nothing lies below the deepest names, and without wildcards nothing stands for others.
        if zone.wildcards == 0, name.labels - zone.apexLabels >= zone.greatestDepth {
            return .missing(zone: number)
        }
        let surroundings = table.surroundings(of: name, in: zone)
        if surroundings.isEmptyNonTerminal { return .empty(zone: number) }
        guard zone.wildcards > 0 else { return .missing(zone: number) }
        return findWildcard(of: name, encloserLabels: surroundings.encloserLabels, number, table)
    }

    private func zone(of name: borrowing LookupName, type: UInt16, in table: TableView) -> Int? {
        guard let closest = table.closestZone(of: name, labels: name.labels) else { return nil }
        guard type == TypeNumber.ds, name.labels > 0,
            table.zones[closest].apexLabels == name.labels
        else { return closest }
        return table.closestZone(of: name, labels: name.labels - 1) ?? closest
    }

    /// The highest delegation at or above a name, or redirection above it.
    private func turn(
        above name: borrowing LookupName, type: UInt16, zone number: Int, in table: TableView
    ) -> (node: NodeView, labels: Int)? {
        let zone = table.zones[number]
        let deepest = min(name.labels, zone.apexLabels + zone.greatestDepth)
        let isRedirected =
            zone.apex.flags.contains(.redirection) && name.labels > zone.apexLabels
        if isRedirected { return (zone.apex, zone.apexLabels) }
        guard deepest > zone.apexLabels else { return nil }
        for labels in (zone.apexLabels + 1)...deepest {
            guard let node = table.find(name, labels: labels, zone: number) else { continue }
            if node.flags.contains(.redirection), labels < name.labels,
                !node.flags.contains(.cut)
            {
                return (node, labels)
            }
            guard node.flags.contains(.cut) else { continue }
            let isParentsOwn = labels == name.labels && type == TypeNumber.ds
            return isParentsOwn ? nil : (node, labels)
        }
        return nil
    }

    private mutating func findWildcard(
        of name: borrowing LookupName, encloserLabels: Int, _ number: Int, _ table: TableView
    ) -> Finding {
        wildcard.load(name, labels: encloserLabels)
        guard wildcard.prependAsterisk() else { return .missing(zone: number) }
        wildcard.hashWhole(with: table.hashKey)
        if let node = table.find(wildcard, labels: wildcard.labels, zone: number) {
            return .node(node)
        }
        let surroundings = table.surroundings(of: wildcard, in: table.zones[number])
        return surroundings.isEmptyNonTerminal ? .empty(zone: number) : .missing(zone: number)
    }
}
