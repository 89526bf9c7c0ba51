import ForeignZones
import HTTPClient
import Inventory
package import Planning
package import Zones

/// Record sets in zones of a PowerDNS Authoritative Server, through its HTTP API, 4.7 and later.
///
/// A record set is ours if it bears our mark, in a comment or beside it (`Mark`); everything else
/// is read and left alone. One PATCH is one transaction of the server, so a chunk is one PATCH, or
/// several where the server would not take it whole.
///
/// `FencingStamp` cannot be shown to PowerDNS, which compares nothing: no request of `apply` lives
/// longer than `PowerDNSSettings.writeDeadline` from the call, with the wait for earlier writes.
package actor PowerDNSProvider: Provider {
    /// Entries are told apart by owner and type.
    package typealias Key = RecordSetKey
    /// Entries are whole record sets.
    package typealias Content = RecordSet

    /// The name that settings and messages use.
    package nonisolated let name = "powerdns"
    /// One PATCH.
    package nonisolated let chunkLimit = ChunkLimit(
        steps: PatchQueue.maximumSets, octets: PatchQueue.maximumOctets)

    let settings: PowerDNSSettings
    let client: PowerDNSClient
    /// PowerDNS over SQLite answers two writers at once with "database is locked".
    let turn = Turn()
    /// By the name that the survey gave.
    var zones: [String: ZoneState] = [:]
    /// What the server said it is, and when.
    var server: (name: String, readAt: ContinuousClock.Instant)?

    /// Throws if URL or trust cannot be used. Sends nothing.
    package init(_ settings: PowerDNSSettings) throws(ProviderError) {
        self.settings = settings
        client = try PowerDNSClient(settings)
    }

    /// The mark costs about as much as the record.
    package nonisolated func octets(of step: Plan<RecordSetKey, RecordSet>.Step) -> Int {
        let name = step.key.owner.wire.count
        switch step {
        case .remove: return name + 64
        case .create(_, let set), .change(_, _, let set), .adopt(_, let set):
            return set.data.reduce(name + 192) { $0 + 20 + max(16, 3 * $1.count) }
        }
    }

    /// What is known of a zone. Throws if no survey found it.
    func state(of zone: String) throws(ProviderError) -> ZoneState {
        guard let state = zones[zone] else {
            throw ProviderError(
                .permanent, reason: "PowerDNS had no zone \(zone) when it was last looked at",
                remedy: "create it there, or take it out of dns.zones")
        }
        return state
    }
}
