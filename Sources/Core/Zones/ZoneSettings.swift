package import Inventory
package import Planning

/// What decides the zones beside the guests: their names, their name servers and their times.
package struct ZoneSettings: Hashable, Sendable {
    /// A name that zones are delegated to.
    package struct NameServer: Hashable, Sendable {
        /// Its host name.
        package var name: DomainName
        /// Its addresses; published when the name lies in one of our zones.
        package var addresses: [IPAddress]

        /// Joins the two.
        package init(name: DomainName, addresses: [IPAddress]) {
            self.name = name
            self.addresses = addresses
        }
    }

    /// The mailbox of whoever is responsible, as the SOA names it (RFC 1035 section 3.3.13): the
    /// local part is the first label.
    package enum Mailbox: Hashable, Sendable {
        /// The local part of an address in each zone's own domain.
        case inEachZone(HostLabel)
        /// One for all zones.
        case name(DomainName)

        /// The name that a zone's SOA carries.
        func name(in apex: DomainName) -> DomainName {
            switch self {
            case .inEachZone(let label): label.name(in: apex) ?? apex
            case .name(let name): name
            }
        }
    }

    /// Times in seconds. The defaults suit names that change by the minute: a negative answer
    /// must not outlive the wait for a new guest.
    package struct Times: Hashable, Sendable {
        /// TTL of guests' records.
        package var guest: UInt32 = 60
        /// TTL of records that the operator gives.
        package var fixed: UInt32 = 300
        /// TTL of NS records and name servers' addresses.
        package var nameServer: UInt32 = 3600
        /// SOA: how often secondaries ask.
        package var refresh: UInt32 = 300
        /// SOA: how soon they ask again after a failure.
        package var retry: UInt32 = 60
        /// SOA: how long they answer without having been able to ask.
        package var expire: UInt32 = 1_209_600
        /// SOA: how long a negative answer may be kept (RFC 2308 section 4); also the SOA's TTL.
        package var negative: UInt32 = 10

        /// The defaults.
        package init() {}
    }

    /// The forward zones, sorted, no duplicates.
    package var forward: [DomainName] = []
    /// The reverse zones, sorted by name.
    package var reverse: [ReverseZone] = []
    /// The name servers of every zone; when empty, the hosts are, if they are published.
    package var nameServers: [NameServer] = []
    /// Whom to write to; `nil` is "hostmaster" in each zone.
    package var contact: Mailbox?
    /// Times.
    package var times = Times()
    /// The hosts have their names and addresses in the zones, and are the name servers where the
    /// settings name none. If not, their names are still refused to guests.
    package var publishesHosts = true
    /// The zone that lists the others for secondaries (RFC 9432); `nil` for none. It counts only
    /// beside all other zones: not within one of them, nor around one.
    package var catalog: DomainName?
    /// How much of the guests' records may go or change within an hour.
    package var brake = Brake()

    /// No zones.
    package init() {}

    /// The reverse zone for an address: the smallest network that holds it.
    package func reverseZone(of address: IPAddress) -> ReverseZone? {
        reverse.filter { $0.network.contains(address) }
            .max { $0.network.prefixLength < $1.network.prefixLength }
    }
}
