import DNSWire
import ForeignZones
import Inventory
package import Planning
package import Zones

/// Record sets in zones of any server that takes dynamic updates (RFC 2136): BIND, Knot, PowerDNS
/// and the like.
///
/// What stands there is known from a copy of the zone (`ZoneCopy`), which a transfer brings up to
/// date before each use. A record set is ours if our mark stands beside it (`Registry`). Every
/// change names what has to stand there for it to be made (RFC 2136 section 2.4), so that what
/// somebody else wrote since the copy was taken is not written over: the server compares.
///
/// `FencingStamp` cannot be shown to a server: no request of `apply` lives longer than
/// `DynamicUpdateSettings.writeDeadline`, and what a newer leader changed meanwhile fails the
/// comparison.
package actor DynamicUpdateProvider: Provider {
    /// Entries are told apart by owner and type.
    package typealias Key = RecordSetKey
    /// Entries are whole record sets.
    package typealias Content = RecordSet

    /// What settings and messages call it.
    package static let name = "rfc2136"
    /// The name that settings and messages use.
    package nonisolated var name: String { Self.name }
    /// Some messages, one after another.
    package nonisolated let chunkLimit = ChunkLimit(
        steps: 1_000, octets: 8 * UpdateQueue.maximumOctets)

    let settings: DynamicUpdateSettings
    let client: DNSClient
    let turn = Turn()
    /// By the name that the survey gave.
    var copies: [String: ZoneCopy] = [:]
    var finder = ZoneFinder()
    var misses = Misses()

    /// Sends nothing.
    package init(_ settings: DynamicUpdateSettings) {
        self.settings = settings
        client = DNSClient(settings)
    }

    /// The mark costs more than the record, and both are named twice: as what has to be there, and
    /// as what shall be.
    package nonisolated func octets(of step: Plan<RecordSetKey, RecordSet>.Step) -> Int {
        let name = step.key.owner.wire.count
        switch step {
        case .remove(_, let set): return Self.octets(name, set)
        case .create(_, let set), .adopt(_, let set): return Self.octets(name, set)
        case .change(_, let old, let new):
            return Self.octets(name, old) + Self.octets(name, new)
        }
    }

    private static func octets(_ name: Int, _ set: RecordSet) -> Int {
        let mark = 2 * (name + 160)
        return set.data.reduce(mark + name + 10) { $0 + name + 10 + $1.count }
    }

    /// The server tells its secondaries by itself.
    package func finish(_ zone: String) async throws(ProviderError) {}
}
