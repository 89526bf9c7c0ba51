import Inventory

/// What may have changed since the last commit.
struct TouchedNames: Sendable {
    /// Names.
    var names: Set<DomainName> = []
    /// Addresses, for their PTR records.
    var addresses: Set<IPAddress> = []
    /// Names at which a delegation or redirection came or went.
    var divisions: Set<DomainName> = []
    /// Names at which the operator's sets changed, and whether they were no guest's before.
    private(set) var wasOwn: [DomainName: Bool] = [:]
    /// The types of these sets.
    private(set) var ownTypes: [DomainName: [RecordType]] = [:]

    /// The operator changed something; nobody else did, since one command has one author.
    var isOperators: Bool { !wasOwn.isEmpty }

    /// A static set changes.
    mutating func note(_ key: RecordSetKey, wasOwn: Bool) {
        self.wasOwn[key.owner] = self.wasOwn[key.owner] ?? wasOwn
        ownTypes[key.owner, default: []].append(key.type)
    }
}
