/// How others take zones from a catalog.
extension Secondary {
    /// The makers of Debian 12 whose servers do.
    static let followers: [Kind] = [.knot, .bind, .powerdns]

    func knotZone(_ primaries: String) -> String {
        """
        zone:
          - domain: \(Exchange.zone)
            storage: \(path)
            master: [\(primaries)]
            acl: [notices, tests]
        """
    }

    func knotZones(following catalog: String, _ primaries: String) -> String {
        """
        template:
          - id: member
            storage: \(path)
            master: [\(primaries)]
            acl: [notices, tests]
        zone:
          - domain: \(catalog)
            storage: \(path)
            master: [\(primaries)]
            acl: [notices, tests]
            catalog-role: interpret
            catalog-template: member
        """
    }

    func bindCatalog(_ catalog: String, _ primaries: [String]) -> String {
        "catalog-zones { zone \"\(catalog)\" default-primaries { "
            + primaries.joined(separator: " ")
            + " } in-memory yes min-update-interval 1; };"
    }
}
