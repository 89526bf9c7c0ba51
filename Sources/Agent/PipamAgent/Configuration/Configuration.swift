package import Inventory

/// What the operator asked for, read and checked: plain data without files, environment or defaults
/// still to be filled in. `docs/CONFIGURATION.md` says what each key means.
package struct Configuration: Equatable, Sendable {
    /// What happens to the records of a guest that is stopped.
    package enum StoppedGuests: String, CaseIterable, Equatable, Sendable {
        /// They stay.
        case keep
        /// They are withdrawn until it runs again, as pipam's ancestor did.
        case withdraw
    }

    /// An address or network and what is published in place of it. Both have the same family and
    /// prefix length; the host bits are carried over.
    package struct AddressTranslation: Equatable, Sendable {
        /// What is seen.
        package var seen: CIDR
        /// What is published.
        package var published: CIDR

        /// Joins the two.
        package init(seen: CIDR, published: CIDR) {
            self.seen = seen
            self.published = published
        }
    }

    /// How much is logged.
    package enum LogLevel: String, CaseIterable, Equatable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// Between two full collections.
    package var collectInterval = Duration.seconds(30)
    /// Between two looks at the list of guests, which is cheap and shows start, stop and creation.
    package var quickInterval = Duration.seconds(2)
    /// Between two questions to one guest's agent when nothing else happens.
    package var agentInterval = Duration.seconds(300)
    /// Between two full comparisons with the providers that write what differs; `nil` when there
    /// are none.
    package var fullReconcileInterval: Duration?
    /// Between two full comparisons with the providers that only tell what differs.
    package var driftCheckInterval = Duration.seconds(3_600)
    /// Where the agent keeps its state: an absolute path.
    package var dataDirectory = "/var/lib/pipam"
    /// Addresses in these networks are never published.
    package var skippedNetworks: [CIDR] = []
    /// The longest prefix counts. No two entries have the same `seen`.
    package var addressTranslations: [AddressTranslation] = []
    /// What happens to the records of stopped guests.
    package var stoppedGuests = StoppedGuests.keep
    /// Where guests are read from.
    package var proxmox = Proxmox()
    /// The zones and what stands in all of them.
    package var zones = Zones()
    /// Which addresses get names under which domain; sorted by domain, no domain twice.
    package var mappings: [Mapping] = []
    /// Our own name server.
    package var nameserver = Nameserver()
    /// How much is logged.
    package var logLevel = LogLevel.info
    /// What stops the mass removal of records.
    package var brake = Brake()
    /// The PowerDNS server that the zones are kept in; `nil` when there is none.
    package var powerDNS: PowerDNS?
    /// The server that the zones are kept in by dynamic updates; `nil` when there is none.
    package var dynamicUpdate: DynamicUpdate?
    /// The other agents, and what this one is among them.
    package var cluster = Cluster()
    /// Where the agent is controlled.
    package var control = Control()
    /// Where the metrics are read; `nil` when they are not.
    package var metrics: ListenAddress? = .metrics
    /// NetBox, once it is written to; `nil` when not configured.
    package var netBox: RemoteServer?

    /// Everything at its default, with no source and no zone.
    package init() {}
}

extension Configuration {
    /// The Proxmox API and who we are there.
    package struct Proxmox: Equatable, Sendable {
        /// Scheme, host and port of each API server, without a path; tried in this order. At least
        /// one in a configuration that was read from a file.
        package var urls: [String] = []
        /// `user@realm!name`.
        package var tokenID = ""
        /// The token's secret.
        package var tokenSecret: Secret?
        /// PEM file of the certificate authorities to trust; `nil`: the agent's choice.
        package var certificateAuthorityFile: String?
        /// SHA-256 of the server's certificate, 32 octets: the only one that is accepted.
        package var fingerprint: [UInt8]?
        /// The server's certificate is not checked at all.
        package var isInsecure = false
        /// For one request.
        package var timeout = Duration.seconds(10)
        /// Requests in flight at one time.
        package var concurrency = 8
        /// Routing domain by name of a bridge, vnet or SDN zone; all others are `global`.
        package var routingDomains: [String: RoutingDomain] = [:]

        /// Everything at its default.
        package init() {}
    }

    /// One domain and the addresses whose names stand in it.
    package struct Mapping: Equatable, Sendable {
        /// Whose guests may ask for names in this domain beyond the one they get.
        package enum Trust: String, CaseIterable, Equatable, Sendable {
            /// Those in a trusted pool or with a trusted tag.
            case none
            /// All.
            case all
        }

        /// The domain, in one of the zones.
        package var domain: DomainName
        /// Sorted, no duplicates, at least one.
        package var networks: [CIDR]
        /// Whose guests may ask for more.
        package var trust = Trust.none
        /// Pools whose guests may; sorted.
        package var trustedPools: [String] = []
        /// Tags whose guests may; sorted. Tags of Proxmox, not those of the notes.
        package var trustedTags: [String] = []
        /// The space that the networks lie in.
        package var routingDomain = RoutingDomain.global
        /// PTR records are made; outside the global routing domain only when told so.
        package var hasReverse = true
        /// The domain is seen from the Internet: private addresses are refused in it.
        package var isPublic = false
        /// Names directly below the domain that any guest in it may answer for; sorted.
        package var services: [String] = []

        /// A mapping with everything else at its default.
        package init(domain: DomainName, networks: [CIDR]) {
            self.domain = domain
            self.networks = networks
        }
    }

    /// The zones that are served and what stands in all of them.
    package struct Zones: Equatable, Sendable {
        /// Forward zones, sorted. Those of `dns.zones`, else the topmost domains of the mappings.
        package var apexes: [DomainName] = []
        /// Networks whose reverse zones are served; `nil`: those that the mappings make.
        package var reverseNetworks: [CIDR]?
        /// Networks longer than /24 get zones of their own (RFC 2317).
        package var usesRFC2317 = false
        /// The zone that lists the others for secondaries (RFC 9432).
        package var catalog: DomainName?
        /// Time to live of guests' records.
        package var guestTTLSeconds: UInt32 = 60
        /// Time to live of static records.
        package var staticTTLSeconds: UInt32 = 300
        /// Time to live of NS records and the addresses of name servers.
        package var nameServerTTLSeconds: UInt32 = 3_600
        /// RFC 1035 section 3.3.13.
        package var soaRefreshSeconds: UInt32 = 300
        /// RFC 1035 section 3.3.13.
        package var soaRetrySeconds: UInt32 = 60
        /// RFC 1035 section 3.3.13.
        package var soaExpireSeconds: UInt32 = 1_209_600
        /// How long an answer that a name does not exist may be kept, and the SOA's own time to
        /// live (RFC 2308 section 4).
        package var soaMinimumSeconds: UInt32 = 10
        /// The mailbox that the SOA names, as a domain name.
        package var contact = ZoneName.inEachZone("hostmaster")
        /// Sorted by name. Empty: the Proxmox hosts.
        package var nameServers: [NameServer] = []
        /// Names that no guest gets; sorted.
        package var reservedNames: [ZoneName] = []

        /// Everything at its default.
        package init() {}
    }

    /// A name server of all our zones.
    package struct NameServer: Equatable, Sendable {
        /// What it is called.
        package var name: ZoneName
        /// Sorted. Empty only for a name outside our zones.
        package var addresses: [IPAddress]

        /// Joins the two.
        package init(name: ZoneName, addresses: [IPAddress]) {
            self.name = name
            self.addresses = addresses
        }
    }

    /// A name that may have been given without its domain.
    package enum ZoneName: Hashable, Sendable {
        /// One label, directly below every zone.
        case inEachZone(String)
        /// The whole name.
        case absolute(DomainName)

        /// The name as it stands in a zone; `nil` if the two together are too long.
        package func name(in zone: DomainName) -> DomainName? {
            switch self {
            case .inEachZone(let label): DomainName(label: Array(label.utf8), in: zone)
            case .absolute(let name): name
            }
        }
    }

    /// Our own name server on this host.
    package struct Nameserver: Equatable, Sendable {
        /// Whether it runs.
        package var isEnabled = true
        /// Where it listens, UDP and TCP; `nil`: at the node's management address.
        package var listen: [ListenAddress]?
        /// Threads that answer UDP at each address.
        package var workers = 1
        /// The largest answer over UDP, 512...4,096 octets.
        package var udpSizeOctets = 1_232
        /// Connections at one time.
        package var tcpConnections = 256
        /// Connections at one time from one address.
        package var tcpConnectionsPerClient = 16
        /// After which a silent connection is closed.
        package var tcpIdleTimeout = Duration.seconds(10)
        /// Cookies are answered.
        package var usesCookies = true
        /// Equal answers a second to one network, 0: no limit.
        package var responseRate = 200
        /// One in so many answers above the limit is sent without records, 0: none.
        package var responseSlip = 2
        /// Clients with private addresses are limited too.
        package var limitsPrivateClients = false
        /// Private reverse space that no zone covers is answered for.
        package var holdsPrivateZones = true
        /// Told to whoever asks which server this is.
        package var identity = ""
        /// Told to whoever asks for the version.
        package var version = ""
        /// One query in so many is logged, 0: none.
        package var querySampleInterval = 0

        /// Who is told of queries and answers; `nil`: nobody.
        package var dnstap: Dnstap?
        /// DNS over TLS; `nil`: none.
        package var tls: TLS?

        /// Identity and version are no longer.
        static let maximumTextOctets = 64
        /// Who may copy whole zones, and who is told of changes.
        package var transfer = Transfer()

        /// Everything at its default.
        package init() {}
    }

    /// A reader that is told of queries and answers.
    package struct Dnstap: Equatable, Sendable {
        /// What can be told.
        package enum Message: String, CaseIterable, Sendable { case query, response }

        /// Its unix socket, an absolute path.
        package var socket: String
        /// One query in so many.
        package var sampleInterval = 1
        /// What is told; at least one kind.
        package var messages = Set(Message.allCases)

        /// This socket, and everything else at its default.
        package init(socket: String) {
            self.socket = socket
        }

        /// A path is no longer (unix(7)).
        static let maximumPathOctets = 107
    }

    /// DNS over TLS.
    package struct TLS: Equatable, Sendable {
        /// PEM file of the certificate that is shown, an absolute path.
        package var certificateFile: String
        /// PEM file of its key, an absolute path.
        package var keyFile: String
        /// Where it listens; `nil`: at the addresses of the name server.
        package var listen: [ListenAddress]?
        /// Connections at one time.
        package var connections = 256
        /// After which a handshake is given up.
        package var handshakeTimeout = Duration.seconds(5)

        /// These files, and everything else at its default.
        package init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// An address and port to listen at.
    package struct ListenAddress: Hashable, Sendable {
        /// The address; all zeros for every address of the host.
        package var address: IPAddress
        /// 1...65535.
        package var port: UInt16

        /// Joins the two.
        package init(_ address: IPAddress, port: UInt16) {
            self.address = address
            self.port = port
        }

        /// Where metrics are read unless the configuration says otherwise.
        package static let metrics = ListenAddress(
            .v4(IPv4Address(bits: 0x7F00_0001)), port: 9_553)

        /// Every address of its family is listened at.
        package var isWildcard: Bool { address.octets.allSatisfy { $0 == 0 } }
    }

    /// When removals and changes of records are held back.
    package struct Brake: Equatable, Sendable {
        /// More than this in an hour and a zone.
        package var count = 100
        /// More than this share of a zone in an hour, in percent.
        package var percent = 10

        /// Everything at its default.
        package init() {}
    }

    /// A PowerDNS server that the zones are kept in.
    package struct PowerDNS: Equatable, Sendable {
        /// Scheme, host and port of its API.
        package var url: String
        /// The key of its API.
        package var key: Secret?
        /// The server's name in its own API.
        package var serverID = "localhost"
        /// PEM file of the certificate authorities to trust; `nil`: the system's.
        package var certificateAuthorityFile: String?
        /// SHA-256 of the server's certificate, 32 octets: the only one that is accepted.
        package var fingerprint: [UInt8]?
        /// The server's certificate is not checked at all.
        package var isInsecure = false
        /// Zones are written to without having been approved once.
        package var isAutomaticallyApproved = false
        /// Zones that the server does not have are created.
        package var createsZones = false
        /// For one request that writes.
        package var timeout = Duration.seconds(4)
        /// How long changes are gathered before they are written.
        package var delay = Duration.seconds(5)

        /// A server with everything else at its default.
        package init(url: String, key: Secret?) {
            self.url = url
            self.key = key
        }
    }

    /// A server that the zones are kept in by dynamic updates, RFC 2136.
    package struct DynamicUpdate: Equatable, Sendable {
        /// Its address or a name of it.
        package var host: String
        /// Its TCP port.
        package var port: UInt16 = 53
        /// The name of the key that both sign with.
        package var key: DomainName?
        /// Zones are written to without having been approved once.
        package var isAutomaticallyApproved = false
        /// For the updates that carry out one portion of a plan.
        package var timeout = Duration.seconds(4)
        /// How long changes are gathered before they are written.
        package var delay = Duration.seconds(5)

        /// A server with everything else at its default.
        package init(host: String) {
            self.host = host
        }
    }

    /// The socket that the agent is controlled through.
    package struct Control: Equatable, Sendable {
        /// Its path, absolute.
        package var socket = "/run/pipam/control.sock"
        /// Members of this group may use it; `nil`: those of the group that the package makes,
        /// where there is one.
        package var group: String?

        /// Everything at its default.
        package init() {}
    }

    /// A server that a later version writes to.
    package struct RemoteServer: Equatable, Sendable {
        /// Scheme, host and port.
        package var url: String
        /// The key or token.
        package var secret: Secret?

        /// Joins the two.
        package init(url: String, secret: Secret?) {
            self.url = url
            self.secret = secret
        }
    }
}

extension Configuration.ListenAddress: CustomStringConvertible {
    /// `192.0.2.1:53` or `[2001:db8::1]:53`.
    package var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }
}

extension Configuration.ZoneName: CustomStringConvertible {
    package var description: String {
        switch self {
        case .inEachZone(let label): label
        case .absolute(let name): name.description
        }
    }
}

extension Configuration.ZoneName: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}
