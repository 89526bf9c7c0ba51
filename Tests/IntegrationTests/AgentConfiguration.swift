import TestServers

/// The configuration of an agent under test, to be changed line by line.
struct AgentConfiguration {
    /// Seconds between two full collections.
    var collectInterval = 2
    /// Seconds between two looks at the list of guests.
    var quickInterval = 1
    /// Lines in front of the sections.
    var head = ""
    /// Where the state lies.
    var dataDirectory: String
    /// The Proxmox API.
    var proxmoxURL: String
    /// The token there.
    var token: String
    /// The certificate there; empty to have it checked as any other.
    var fingerprint: String
    /// Where it answers DNS: address and port.
    var listen: String { "127.0.0.1:\(port)" }
    /// The port of that.
    var port: Int
    /// Further lines about answering.
    var nameserver = ""
    /// The port of 127.0.0.1 that other members would reach it at.
    var memberPort: Int
    /// The port of 127.0.0.1 that the metrics are read at.
    var metricsPort: Int
    /// The control socket; short, since a socket's path has little room.
    var socket: String
    /// Further lines about the control socket.
    var control = ""
    /// The domain that guests get names in.
    var domain = "example.com"
    /// What is mapped to it.
    var networks = ["10.0.0.0/8"]
    /// Further lines about that mapping.
    var mapping = ""
    /// What has reverse zones.
    var reverse = ["10.0.0.0/8"]
    /// Further lines about zones.
    var zones = ""
    /// PowerDNS's API; `nil` when there is none.
    var powerDNSURL: String?
    /// Its key.
    var powerDNSKey = ""
    /// Further lines about PowerDNS.
    var powerDNS = ""

    /// Paths below a directory, the URLs and secrets of the servers, and free ports.
    init(directory: String, cluster: TestServer, powerDNS: PowerDNSServer?) throws {
        dataDirectory = "\(directory)/state"
        socket = "\(directory)/s"
        proxmoxURL = try cluster.text("url")
        token = try cluster.text("token")
        fingerprint = try cluster.text("fingerprint")
        port = try FreePort.choose()
        memberPort = try FreePort.choose()
        metricsPort = try FreePort.choose()
        powerDNSURL = powerDNS?.url
        powerDNSKey = powerDNS?.key ?? ""
    }

    /// The file.
    var text: String {
        """
        data_dir = "\(dataDirectory)"
        collect_interval = \(collectInterval)
        quick_interval = \(quickInterval)
        \(head)
        [proxmox]
        url = "\(proxmoxURL)"
        token_id = "\(token)"
        \(fingerprint.isEmpty ? "" : "fingerprint = \"\(fingerprint)\"")
        timeout = 5
        [cluster]
        listen = ["127.0.0.1:\(memberPort)"]
        [nameserver]
        listen = ["\(listen)"]
        \(nameserver)
        [control]
        socket = "\(socket)"
        \(control)
        [metrics]
        listen = "127.0.0.1:\(metricsPort)"
        [mapping."\(domain)"]
        networks = \(Self.list(networks))
        \(mapping)
        [dns]
        reverse_zones = \(Self.list(reverse))
        \(zones)
        \(powerDNSURL.map(provider) ?? "")
        """
    }

    private func provider(at url: String) -> String {
        """
        [dns.powerdns]
        url = "\(url)"
        api_key = "\(powerDNSKey)"
        delay = 0
        \(powerDNS)
        """
    }

    private static func list(_ texts: [String]) -> String {
        "[" + texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }
}
