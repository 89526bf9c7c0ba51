/// One key that a configuration may have. Keys are listed in `ConfigurationKey.all` and nowhere
/// else: reading, suggestions, the manual page and `docs/CONFIGURATION.md` are held to it.
package struct ConfigurationKey: Equatable, Sendable {
    /// What may stand for a key.
    package enum Kind: Equatable, Sendable {
        case text
        /// A text that may be empty, which says that there is none.
        case optionalText
        /// As `text`, and no message ever quotes it.
        case secret
        case boolean
        case integer(ClosedRange<Int>)
        case seconds(ClosedRange<Int>)
        case milliseconds(ClosedRange<Int>)
        case choice([String])
        /// A list of texts; a single text counts as a list of one.
        case texts
        /// A list of networks, each a text or `{ cidr = "..." }`.
        case networks
        /// A table from address or network to the same, or a list of `{ from, to }`.
        case translations
    }

    /// What becomes of the key.
    package enum Standing: String, Equatable, Sendable {
        /// It works.
        case works
        /// A key of pipam's ancestor that is expressed by another one of ours.
        case translated
        /// Read and checked; what it is for is not there yet, and a warning says so.
        case waiting
    }

    /// The names from the root to the key; `<domain>` and the like stand for any text.
    package let path: [String]
    /// What may stand for it.
    package let kind: Kind
    /// What holds without it, as TOML, or in words in parentheses.
    package let defaultText: String
    /// What it is for, in one line.
    package let meaning: String
    /// What becomes of it.
    package let standing: Standing

    /// The path as documents write it: `mapping.<domain>.networks`.
    package var name: String { path.joined(separator: ".") }

    /// What has to stand for the key, as in "wanted ...".
    package var wanted: String {
        switch kind {
        case .text, .secret: "a text that is not empty"
        case .optionalText: "a text, empty for none"
        case .boolean: "true or false"
        case .integer(let range): "a whole number, \(Self.text(of: range))"
        case .seconds(let range): "a whole number of seconds, \(Self.text(of: range))"
        case .milliseconds(let range): "a whole number of milliseconds, \(Self.text(of: range))"
        case .choice(let names): names.map { "\"\($0)\"" }.joined(separator: " or ")
        case .texts: "a list of texts"
        case .networks: "a list of networks, each \"10.0.0.0/8\" or { cidr = \"10.0.0.0/8\" }"
        case .translations: "a table \"10.0.0.0/24\" = \"192.0.2.0/24\" or a list of { from, to }"
        }
    }

    /// The keys that may stand below a path, in the order of the list.
    package static func names(below path: [String]) -> [String] {
        var names: [String] = []
        for key in all where key.path.count > path.count && key.path.starts(with: path) {
            let name = key.path[path.count]
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private static func text(of range: ClosedRange<Int>) -> String {
        "\(range.lowerBound)...\(range.upperBound)"
    }

    fileprivate init(
        _ name: String, _ kind: Kind, default defaultText: String, _ meaning: String,
        _ standing: Standing = .works
    ) {
        path = name.split(separator: ".").map(String.init)
        self.kind = kind
        self.defaultText = defaultText
        self.meaning = meaning
        self.standing = standing
    }
}

extension ConfigurationKey {
    /// Times to live: RFC 2181 section 8 allows more, a week is more than a changing name should.
    private static let ttl = Kind.seconds(1...604_800)
    /// The timers of a SOA, up to about ten weeks.
    private static let timer = Kind.seconds(1...6_048_000)

    /// Every key there is, in the order of the documentation.
    package static let all: [ConfigurationKey] =
        general + proxmox + mapping + dns + powerDNS + dynamicUpdate
        + nameserver + dnstap + tls + transfers + control
        + cluster
        + later

    private static let general = [
        ConfigurationKey(
            "collect_interval", .seconds(1...86_400), default: "30",
            "Between two full collections from Proxmox."),
        ConfigurationKey(
            "quick_interval", .seconds(1...3_600), default: "2",
            "Between two looks at the list of guests, which show start, stop and creation."),
        ConfigurationKey(
            "agent_interval", .seconds(10...86_400), default: "300",
            "Between two questions to a guest's agent when nothing else happens."),
        ConfigurationKey(
            "data_dir", .text, default: "\"/var/lib/pipam\"",
            "Where the agent keeps its state; an absolute path."),
        ConfigurationKey(
            "skip_cidrs", .texts, default: "[]",
            "Networks whose addresses are never published."),
        ConfigurationKey(
            "ip_map", .translations, default: "{}",
            "Addresses or networks published in place of those seen, of the same size."),
        ConfigurationKey(
            "stopped", .choice(["keep", "withdraw"]), default: "\"keep\"",
            "What happens to the records of a stopped guest."),
        ConfigurationKey(
            "full_reconcile_interval", .seconds(0...2_592_000), default: "0",
            "Between two full comparisons with the providers that write what differs; 0: none."),
        ConfigurationKey(
            "drift_check_interval", .seconds(60...2_592_000), default: "3600",
            "Between two full comparisons with the providers that only tell what differs."),
        ConfigurationKey(
            "brake.count", .integer(5...1_000_000), default: "100",
            "More removals and changes than this in a zone within an hour are held back."),
        ConfigurationKey(
            "brake.percent", .integer(1...100), default: "10",
            "So are those of a larger share of a zone than this, beyond the first five."),
        ConfigurationKey(
            "log.level",
            .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            default: "\"info\"", "How much is logged."),
    ]

    private static let proxmox = [
        ConfigurationKey(
            "proxmox.url", .texts, default: "(required)",
            "Base URL of the API, such as https://pve1:8006; a list is tried in order."),
        ConfigurationKey(
            "proxmox.user", .text, default: "(part of token_id)",
            "The token's user; joined with realm and token_id.", .translated),
        ConfigurationKey(
            "proxmox.realm", .text, default: "(part of token_id)",
            "The token's realm; joined with user and token_id.", .translated),
        ConfigurationKey(
            "proxmox.token_id", .text, default: "(required)",
            "The token: user@realm!name, or its name alone beside user and realm."),
        ConfigurationKey(
            "proxmox.token_uuid", .secret, default: "(required)",
            "The token's secret; PIPAM_PROXMOX_TOKEN_UUID and token_uuid_file go before it."),
        ConfigurationKey(
            "proxmox.token_uuid_file", .text, default: "(credential proxmox-token)",
            "A file that holds the token's secret."),
        ConfigurationKey(
            "proxmox.ca_file", .text, default: "(the cluster's, else the system's)",
            "PEM file of the certificate authorities to trust."),
        ConfigurationKey(
            "proxmox.fingerprint", .text, default: "(none)",
            "SHA-256 of the only server certificate to accept, as Proxmox shows it."),
        ConfigurationKey(
            "proxmox.insecure", .boolean, default: "false",
            "Do not check the server's certificate; gives a warning."),
        ConfigurationKey(
            "proxmox.timeout", .seconds(1...600), default: "10", "For one request."),
        ConfigurationKey(
            "proxmox.concurrency", .integer(1...64), default: "8",
            "Requests in flight at one time, those to guest agents apart."),
        ConfigurationKey(
            "proxmox.routing_domains.<name>", .text, default: "\"global\"",
            "The routing domain of a bridge, vnet or SDN zone of that name."),
    ]

    private static let mapping = [
        ConfigurationKey(
            "mapping.<domain>.networks", .networks, default: "(required)",
            "Addresses inside get names under the domain; the longest prefix counts."),
        ConfigurationKey(
            "mapping.<domain>.trust", .choice(["none", "all"]), default: "\"none\"",
            "Whose guests may ask for names of their own: all, or only those listed below."),
        ConfigurationKey(
            "mapping.<domain>.trusted_pools", .texts, default: "[]",
            "Resource pools whose guests may ask for names of their own."),
        ConfigurationKey(
            "mapping.<domain>.trusted_tags", .texts, default: "[]",
            "Proxmox tags whose guests may ask for names of their own."),
        ConfigurationKey(
            "mapping.<domain>.routing_domain", .text, default: "\"global\"",
            "The space the networks lie in, where a prefix is used twice."),
        ConfigurationKey(
            "mapping.<domain>.reverse", .boolean, default: "(true in the domain \"global\")",
            "PTR records are made for the addresses inside."),
        ConfigurationKey(
            "mapping.<domain>.public", .boolean, default: "false",
            "Seen from the Internet: RFC 1918 and unique local addresses are refused."),
        ConfigurationKey(
            "mapping.<domain>.services", .texts, default: "[]",
            "Service names that any guest in the domain may answer for."),
    ]

    private static let dns = [
        ConfigurationKey(
            "dns.zones", .texts, default: "(the mappings' domains)",
            "Zones to manage; the dot at the end may be missing."),
        ConfigurationKey(
            "dns.reverse_zones", .texts, default: "(the mappings' networks)",
            "Networks whose reverse zones are served, instead of the mappings'."),
        ConfigurationKey(
            "dns.rfc2317", .boolean, default: "false",
            "Give IPv4 networks longer than /24 reverse zones of their own (RFC 2317)."),
        ConfigurationKey(
            "dns.catalog", .text, default: "(none)",
            "Name of a zone that lists the others for secondaries (RFC 9432)."),
        ConfigurationKey(
            "dns.ttl_guest", ttl, default: "60", "Time to live of guests' records."),
        ConfigurationKey(
            "dns.ttl_static", ttl, default: "300", "Time to live of static records."),
        ConfigurationKey(
            "dns.ttl_ns", ttl, default: "3600",
            "Time to live of NS records and the name servers' addresses."),
        ConfigurationKey(
            "dns.soa_refresh", timer, default: "300", "How often secondaries ask."),
        ConfigurationKey(
            "dns.soa_retry", timer, default: "60", "How soon secondaries ask again."),
        ConfigurationKey(
            "dns.soa_expire", timer, default: "1209600",
            "How long secondaries answer without having reached us."),
        ConfigurationKey(
            "dns.soa_minimum", ttl, default: "10",
            "How long the absence of a name may be remembered; also the SOA's time to live."),
        ConfigurationKey(
            "dns.contact", .text, default: "\"hostmaster\"",
            "Mailbox in the SOA: a name in each zone, or user@example.com."),
        ConfigurationKey(
            "dns.name_servers.<name>", .texts, default: "(the Proxmox hosts)",
            "Addresses of a name server; a name without a dot stands in the first zone."),
        ConfigurationKey(
            "dns.reserved_names", .texts, default: "[]",
            "Names that no guest gets; without a dot: in every zone."),
    ]

    private static let powerDNS = [
        ConfigurationKey(
            "dns.provider", .choice(["powerdns", "rfc2136"]), default: "(none)",
            "Which DNS server the zones are kept in, beside our own."),
        ConfigurationKey(
            "dns.powerdns.url", .text, default: "(none)",
            "Base URL of PowerDNS's API, such as http://127.0.0.1:8081."),
        ConfigurationKey(
            "dns.powerdns.api_key", .secret, default: "(none)",
            "Its key; PIPAM_POWERDNS_API_KEY and api_key_file go before it."),
        ConfigurationKey(
            "dns.powerdns.api_key_file", .text, default: "(credential powerdns-api-key)",
            "A file that holds the key."),
        ConfigurationKey(
            "dns.powerdns.server_id", .text, default: "\"localhost\"",
            "The server's name in its own API."),
        ConfigurationKey(
            "dns.powerdns.ca_file", .text, default: "(the system's)",
            "PEM file of the certificate authorities to trust."),
        ConfigurationKey(
            "dns.powerdns.fingerprint", .text, default: "(none)",
            "SHA-256 of the only server certificate to accept."),
        ConfigurationKey(
            "dns.powerdns.insecure", .boolean, default: "false",
            "Do not check the server's certificate; with http://, accept a key in the clear."),
        ConfigurationKey(
            "dns.powerdns.auto_approve", .boolean, default: "false",
            "Write to a zone without pipamctl plan apply having approved it once."),
        ConfigurationKey(
            "dns.powerdns.create_zones", .boolean, default: "false",
            "Create zones that the server does not have; never one below an existing zone."),
        ConfigurationKey(
            "dns.powerdns.timeout", .seconds(1...60), default: "4",
            "For one request that writes."),
        ConfigurationKey(
            "dns.powerdns.delay", .seconds(0...300), default: "5",
            "How long changes are gathered before they are written."),
    ]

    private static let dynamicUpdate = [
        ConfigurationKey(
            "dns.rfc2136.server", .text, default: "(none)",
            "The primary that takes updates: \"192.0.2.53\", \"[2001:db8::53]:53\", a name."),
        ConfigurationKey(
            "dns.rfc2136.key", .text, default: "(none)",
            "The key of nameserver.keys that updates, questions and transfers are signed with."),
        ConfigurationKey(
            "dns.rfc2136.auto_approve", .boolean, default: "false",
            "Write to a zone without pipamctl plan apply having approved it once."),
        ConfigurationKey(
            "dns.rfc2136.timeout", .seconds(1...60), default: "4",
            "For the updates of one portion of a plan."),
        ConfigurationKey(
            "dns.rfc2136.delay", .seconds(0...300), default: "5",
            "How long changes are gathered before they are written."),
    ]

    private static let control = [
        ConfigurationKey(
            "control.socket", .text, default: "\"/run/pipam/control.sock\"",
            "The socket of pipamctl; an absolute path."),
        ConfigurationKey(
            "control.group", .text, default: "(pipam, if there is such a group)",
            "The group whose members may use the socket."),
        ConfigurationKey(
            "metrics.enabled", .boolean, default: "true", "Give metrics to Prometheus."),
        ConfigurationKey(
            "metrics.listen", .text, default: "\"127.0.0.1:9553\"",
            "Where Prometheus reads them, over HTTP."),
    ]

    private static let cluster = [
        ConfigurationKey(
            "cluster.directory", .optionalText,
            default: "(/etc/pve/priv/pipam on a Proxmox host, else none)",
            "Where pipam enroll keeps what all hosts share; an absolute path."),
        ConfigurationKey(
            "cluster.settings_file", .optionalText,
            default: "(/etc/pve/pipam/cluster.toml, if there is one)",
            "A file with the mappings, zones and rules for all hosts; \"\": none."),
        ConfigurationKey(
            "cluster.listen", .texts, default: "(management address, port 8553)",
            "Where the other agents reach this one: \"192.0.2.1:8553\", \"[2001:db8::1]:8553\"."),
        ConfigurationKey(
            "cluster.advertise", .texts, default: "(the addresses of listen)",
            "Addresses told to the other agents, with ports; names may stand here too."),
        ConfigurationKey(
            "cluster.role", .choice(["full", "witness"]), default: "\"full\"",
            "A witness votes and keeps the log, and neither collects nor serves."),
        ConfigurationKey(
            "cluster.node", .text, default: "(host name)",
            "This host's name as a node of Proxmox."),
        ConfigurationKey(
            "cluster.heartbeat_interval", .milliseconds(10...5_000), default: "500",
            "Between two signs of life of the leader."),
        ConfigurationKey(
            "cluster.election_timeout", .milliseconds(100...60_000), default: "5000",
            "Without a sign of life for this up to twice as long, another leader is elected."),
        ConfigurationKey(
            "cluster.voters", .integer(1...7), default: "(3, 5 from five hosts up)",
            "How many members vote; an odd number."),
    ]

    private static let nameserver = [
        ConfigurationKey(
            "nameserver.enabled", .boolean, default: "true", "Answer DNS queries on this host."),
        ConfigurationKey(
            "nameserver.listen", .texts, default: "(management address, port 53)",
            "Where to listen, UDP and TCP: \"192.0.2.1:53\", \"[2001:db8::1]:53\"."),
        ConfigurationKey(
            "nameserver.workers", .integer(1...256), default: "1",
            "Threads that answer UDP at each address."),
        ConfigurationKey(
            "nameserver.udp_size", .integer(512...4_096), default: "1232",
            "The largest answer over UDP, in octets."),
        ConfigurationKey(
            "nameserver.tcp_connections", .integer(1...65_535), default: "256",
            "TCP connections at one time."),
        ConfigurationKey(
            "nameserver.tcp_connections_per_client", .integer(1...65_535), default: "16",
            "TCP connections at one time from one address."),
        ConfigurationKey(
            "nameserver.tcp_idle_timeout", .seconds(1...600), default: "10",
            "After which a silent TCP connection is closed."),
        ConfigurationKey(
            "nameserver.cookies", .boolean, default: "true",
            "Answer DNS cookies, which tell real clients from forged ones."),
        ConfigurationKey(
            "nameserver.response_rate", .integer(0...100_000), default: "200",
            "Equal UDP answers a second to one network (an IPv4 /24, an IPv6 /56); 0: no limit."),
        ConfigurationKey(
            "nameserver.response_slip", .integer(0...1_000), default: "2",
            "One in so many answers above the limit is sent without records; 0: none is."),
        ConfigurationKey(
            "nameserver.response_rate_private", .boolean, default: "false",
            "Limit clients with private addresses too."),
        ConfigurationKey(
            "nameserver.private_reverse", .boolean, default: "true",
            "Answer for private reverse space that no zone covers, so that such queries end here."),
        ConfigurationKey(
            "nameserver.identity", .optionalText, default: "(not told)",
            "Told to whoever asks which server this is, by NSID or as id.server."),
        ConfigurationKey(
            "nameserver.version", .optionalText, default: "(not told)",
            "Told to whoever asks for version.server or version.bind."),
        ConfigurationKey(
            "nameserver.query_log", .integer(0...1_000_000_000), default: "0",
            "One query in so many is logged; 0: none is."),
    ]

    private static let dnstap = [
        ConfigurationKey(
            "nameserver.dnstap.socket", .text, default: "(none)",
            "The unix socket of a reader that is told of queries and answers; none: nobody is."),
        ConfigurationKey(
            "nameserver.dnstap.sample", .integer(1...1_000_000_000), default: "1",
            "One query in so many is told of, with its answer."),
        ConfigurationKey(
            "nameserver.dnstap.messages", .texts, default: "[\"query\", \"response\"]",
            "What it is told: \"query\", \"response\"."),
    ]

    private static let tls = [
        ConfigurationKey(
            "nameserver.tls.certificate_file", .text, default: "(none)",
            "PEM file of the certificate that DNS over TLS shows, its own first; none: no TLS."),
        ConfigurationKey(
            "nameserver.tls.key_file", .text, default: "(none)",
            "PEM file of the certificate's key, which others may not read."),
        ConfigurationKey(
            "nameserver.tls.listen", .texts, default: "(addresses of nameserver.listen, port 853)",
            "Where to listen for DNS over TLS: \"192.0.2.1:853\", \"[2001:db8::1]:853\"."),
        ConfigurationKey(
            "nameserver.tls.connections", .integer(1...65_535), default: "256",
            "TLS connections at one time, beside those of TCP."),
        ConfigurationKey(
            "nameserver.tls.handshake_timeout", .seconds(1...60), default: "5",
            "After which a handshake is given up."),
    ]

    private static let transfers = [
        ConfigurationKey(
            "nameserver.transfer.allow", .texts, default: "[]",
            "Networks and addresses from where whole zones may be copied without a key."),
        ConfigurationKey(
            "nameserver.transfer.keys", .texts, default: "[]",
            "Names of keys that whole zones may be copied with, from anywhere."),
        ConfigurationKey(
            "nameserver.transfer.tls", .boolean, default: "false",
            "Zones are copied over TLS only, whoever copies them."),
        ConfigurationKey(
            "nameserver.transfer.limit", .integer(1...1_000), default: "16",
            "Zones that are sent at one time."),
        ConfigurationKey(
            "nameserver.transfer.timeout", .seconds(1...86_400), default: "600",
            "After which a transfer is broken off."),
        ConfigurationKey(
            "nameserver.transfer.notify_delay", .seconds(0...3_600), default: "2",
            "How long changes are gathered before secondaries are told."),
        ConfigurationKey(
            "nameserver.secondaries.<name>.address", .text, default: "(required)",
            "Where another server is told of changes, such as 192.0.2.53; it may copy the zones."),
        ConfigurationKey(
            "nameserver.secondaries.<name>.key", .text, default: "(none)",
            "The name of the key that both sign with; without it, its address is enough."),
        ConfigurationKey(
            "nameserver.secondaries.<name>.tls", .boolean, default: "false",
            "It may copy the zones over TLS only."),
        ConfigurationKey(
            "nameserver.secondaries.<name>.tls_keys", .texts, default: "[]",
            "SHA-256 of public keys, one of which its certificate must have; with that, TLS only."),
        ConfigurationKey(
            "nameserver.keys.<name>.algorithm",
            .choice(["hmac-sha256", "hmac-sha384", "hmac-sha512"]), default: "\"hmac-sha256\"",
            "How messages are signed with the key (TSIG)."),
        ConfigurationKey(
            "nameserver.keys.<name>.secret", .secret, default: "(required)",
            "The key in base64; PIPAM_TSIG_ and its name, and secret_file, go before it."),
        ConfigurationKey(
            "nameserver.keys.<name>.secret_file", .text, default: "(credential tsig-<name>)",
            "A file that holds the key."),
    ]

    private static let later = [
        ConfigurationKey(
            "ipam.provider", .choice(["netbox"]), default: "(none)",
            "Which IPAM to write to.", .waiting),
        ConfigurationKey(
            "ipam.netbox.url", .text, default: "(none)", "Base URL of NetBox.", .waiting),
        ConfigurationKey(
            "ipam.netbox.token", .secret, default: "(none)",
            "Its token; PIPAM_NETBOX_TOKEN and token_file go before it.", .waiting),
        ConfigurationKey(
            "ipam.netbox.token_file", .text, default: "(credential netbox-token)",
            "A file that holds the token.", .waiting),
        ConfigurationKey(
            "ipam.netbox.cluster", .text, default: "(none)",
            "The NetBox cluster that guests are assigned to.", .waiting),
        ConfigurationKey(
            "raft.node_id", .integer(0...Int(Int32.max)), default: "0",
            "The ancestor's node number; 0: a single node.", .waiting),
        ConfigurationKey(
            "raft.listen_addr", .text, default: "(none)",
            "The ancestor's address for its peers.", .waiting),
        ConfigurationKey(
            "raft.data_dir", .text, default: "(none)",
            "The ancestor's directory for its log.", .waiting),
        ConfigurationKey(
            "raft.tick_interval", .milliseconds(1...60_000), default: "100",
            "The ancestor's clock tick.", .waiting),
        ConfigurationKey(
            "raft.peers.<id>", .text, default: "(none)",
            "The ancestor's peers, by number.", .waiting),
    ]
}
