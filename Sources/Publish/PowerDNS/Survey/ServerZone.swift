import HTTPClient
import Inventory
import Planning

/// A zone in the list of a server.
struct ServerZone: Hashable {
    /// Its name.
    let name: DomainName
    /// What stands for it in a path, "/" in the name as "=2F".
    let id: String
    /// "Native", "Master", "Slave" and their newer names.
    let kind: String

    /// Its contents come from another server, which would overwrite what is written here.
    var isTransferredIn: Bool {
        ["slave", "secondary", "consumer"].contains(kind.lowercased())
    }

    /// It tells secondaries of changes.
    var notifies: Bool { ["master", "primary", "producer"].contains(kind.lowercased()) }
}

extension ServerZone {
    /// Reads the list of `GET /zones`. Zones whose names cannot be read are left out: nothing of
    /// ours can lie in them.
    static func list(_ document: JSONValue) throws(ProviderError) -> [ServerZone] {
        guard let elements = document.elements else {
            throw ProviderError(malformed: "GET /zones", at: "no list of zones")
        }
        var zones: [ServerZone] = []
        zones.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let name = element["name"]?.text, let id = element["id"]?.text,
                let kind = element["kind"]?.text
            else { throw ProviderError(malformed: "GET /zones", at: "[\(index)] without name") }
            guard let name = DomainName(name) else { continue }
            zones.append(ServerZone(name: name, id: id, kind: kind))
        }
        return zones
    }
}

/// How a zone is kept, as far as it matters to who writes into it.
struct ZoneDetails: Hashable {
    /// It is signed.
    var isSigned = false
    /// PATCH keeps its order and its empty names right; false also where it is merely not set.
    var rectifies = false
    /// How its serial moves when the API changes it, `soa_edit_api`; empty if it does not.
    var serialPolicy = ""

    /// The words for `soa_edit_api` that PowerDNS knows. With any other the serial stands still.
    private static let knownPolicies = [
        "DEFAULT", "INCREASE", "EPOCH", "SOA-EDIT", "SOA-EDIT-INCREASE",
    ]

    /// Reads the answer of `GET /zones/{id}`.
    init(_ document: JSONValue) {
        isSigned = document["dnssec"]?.flag ?? false
        rectifies = document["api_rectify"]?.flag ?? false
        serialPolicy = document["soa_edit_api"]?.text ?? ""
    }

    /// What an operator should know though the zone can be written.
    func warnings(_ zone: DomainName) -> [String] {
        if Self.knownPolicies.contains(serialPolicy.uppercased()) { return [] }
        let state =
            serialPolicy.isEmpty
            ? "soa_edit_api of \(zone) is not set"
            : "soa_edit_api of \(zone) is \"\(serialPolicy.prefix(40))\", unknown to PowerDNS"
        return [
            "\(state): its serial will not move and secondaries will not follow; set it to one of "
                + Self.knownPolicies.joined(separator: ", ")
        ]
    }
}
