package import HTTPClient
package import Inventory

/// What `PowerDNSProvider` needs to know of a server.
package struct PowerDNSSettings: Sendable {
    /// Where marks stand that tell our record sets from others'.
    package enum Marking: Hashable, Sendable {
        /// In comments; in the registry for zones whose backend keeps none.
        case automatic
        /// In comments of the record sets, which no DNS query shows.
        case comments
        /// In TXT record sets beside them, `_pipam.<type>.<name>`.
        case registry
    }

    /// `http://host:8081`, without path: `dns.powerdns.url`.
    package var baseURL: String
    /// What the server lets us in for.
    package var apiKey: APIKey
    /// Whose mark to write.
    package var cluster: ClusterID
    /// The zones that the operator listed, `dns.zones`: forward names go into these only.
    package var zones: [DomainName]
    /// Whom to believe to be the server.
    package var trust = HTTPTrust()
    /// The id of the server behind the API. Default "localhost", which is the only one that an
    /// authoritative server has.
    package var server = "localhost"
    /// Where marks stand. Default `.automatic`.
    package var marking = Marking.automatic
    /// Zones of `zones` that the server lacks are created, if no zone of it lies around or below
    /// them. Default no.
    package var createsZones = false
    /// The name servers of created zones; at least one if there are to be any.
    package var nameservers: [DomainName] = []
    /// How long one call of `apply` may go on writing. A new leader waits so long before it writes,
    /// so it must lie below the election time-out. Default 4 s.
    package var writeDeadline: Duration = .seconds(4)
    /// How long one answer may take when nothing is written. Default 30 s.
    package var readDeadline: Duration = .seconds(30)

    /// The defaults for everything but place, key, mark and zones.
    package init(baseURL: String, apiKey: APIKey, cluster: ClusterID, zones: [DomainName]) {
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.cluster = cluster
        self.zones = zones
    }
}

/// The key of PowerDNS's API, its setting `api-key`. It shows in no description.
package struct APIKey: Hashable, Sendable {
    let secret: String

    /// `nil` if the text is empty or has white space or control characters.
    package init?(_ secret: String) {
        guard !secret.isEmpty, secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        self.secret = secret
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
