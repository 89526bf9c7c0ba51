import Glibc
package import Inventory
package import Nameserver

extension NameserverSettings {
    /// The part of the configuration that says how DNS is served; `nil` when it is not.
    ///
    /// Throws if no address is configured and the host has none of its own.
    package init?(_ configuration: Configuration) throws(ManagementAddressError) {
        let nameserver = configuration.nameserver
        guard nameserver.isEnabled else { return nil }
        let endpoints: [Endpoint]
        if let listen = nameserver.listen {
            endpoints = listen.map { Endpoint(address: $0.address, port: $0.port) }
        } else {
            endpoints = try LocalHost.managementAddresses().map { Endpoint(address: $0) }
        }
        self.init(endpoints: endpoints)
        workersPerEndpoint = nameserver.workers
        payloadOctets = nameserver.udpSizeOctets
        tcp.connections = nameserver.tcpConnections
        tcp.connectionsPerClient = nameserver.tcpConnectionsPerClient
        tcp.idleTimeout = nameserver.tcpIdleTimeout
        answers.usesCookies = nameserver.usesCookies
        answers.rateLimit.answersPerSecond = nameserver.responseRate
        answers.rateLimit.slip = nameserver.responseSlip
        answers.rateLimit.limitsPrivateClients = nameserver.limitsPrivateClients
        answers.identity = Array(nameserver.identity.utf8)
        answers.version = Array(nameserver.version.utf8)
        answers.sampleInterval = nameserver.querySampleInterval
        transfer = TransferSettings(nameserver.transfer)
        dnstap = nameserver.dnstap.map { DnstapSettings($0) }
        tls = nameserver.tls.map { secure in
            var tls = TLS(
                endpoints: secure.listen?.map { Endpoint(address: $0.address, port: $0.port) }
                    ?? Self.secureEndpoints(beside: endpoints))
            tls.connections = secure.connections
            tls.handshakeTimeout = secure.handshakeTimeout
            return tls
        }
    }

    /// The same addresses, each once, at the port of DNS over TLS (RFC 7858 section 3.1).
    private static func secureEndpoints(beside plain: [Endpoint]) -> [Endpoint] {
        var addresses: [IPAddress] = []
        for endpoint in plain where !addresses.contains(endpoint.address) {
            addresses.append(endpoint.address)
        }
        return addresses.map { Endpoint(address: $0, port: 853) }
    }
}

extension DnstapSettings {
    fileprivate init(_ configuration: Configuration.Dnstap) {
        self.init(socketPath: configuration.socket)
        sampleInterval = configuration.sampleInterval
        messages = Set(
            configuration.messages.map {
                switch $0 {
                case .query: .query
                case .response: .response
                }
            })
    }
}

/// The host has no address that its name stands for.
package struct ManagementAddressError: Error, CustomStringConvertible {
    /// The host's name.
    package let hostName: String

    package var description: String {
        "the name of this host, \"\(hostName)\", stands for no address outside loopback; "
            + "set nameserver.listen"
    }
}

/// What this machine is called and where it is reached.
package enum LocalHost {
    /// The name without domain.
    package static func name() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let name = String(
            decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return name.split(separator: ".").first.map(String.init) ?? name
    }

    /// The addresses that the host's own name stands for: on a Proxmox host /etc/hosts holds its
    /// management address, which the cluster itself relies on.
    package static func managementAddresses() throws(ManagementAddressError) -> [IPAddress] {
        let name = name()
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &first) == 0 else {
            throw ManagementAddressError(hostName: name)
        }
        defer { freeaddrinfo(first) }
        var addresses: Set<IPAddress> = []
        var entry = first
        while let current = entry?.pointee {
            if let address = IPAddress(current), AddressClass.rejection(of: address) == nil {
                addresses.insert(address)
            }
            entry = current.ai_next
        }
        guard !addresses.isEmpty else { throw ManagementAddressError(hostName: name) }
        return addresses.sorted()
    }
}

extension IPAddress {
    /// The address of a result of getaddrinfo(3); `nil` for other families.
    fileprivate init?(_ entry: addrinfo) {
        guard let address = entry.ai_addr else { return nil }
        switch (entry.ai_family, Int(entry.ai_addrlen)) {
        case (AF_INET, MemoryLayout<sockaddr_in>.size...):
            let bits = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
            }
            self = .v4(IPv4Address(bits: bits))
        case (AF_INET6, MemoryLayout<sockaddr_in6>.size...):
            let octets = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
            }
            guard let address = IPv6Address(octets: octets) else { return nil }
            self = .v6(address)
        default:
            return nil
        }
    }
}
