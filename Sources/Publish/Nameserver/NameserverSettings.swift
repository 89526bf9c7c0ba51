package import Inventory

/// An address and a port to listen on.
package struct Endpoint: Hashable, Sendable {
    /// The address. A name server in a cluster binds the node's own, never the wildcard.
    package let address: IPAddress
    /// The port; 0 lets the kernel choose one, the same for UDP and TCP.
    package let port: UInt16

    /// Joins the two; the port is 53 unless told otherwise.
    package init(address: IPAddress, port: UInt16 = 53) {
        self.address = address
        self.port = port
    }
}

extension Endpoint: CustomStringConvertible {
    /// `192.0.2.1:53` or `[2001:db8::1]:53`.
    package var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }
}

/// How a message travels.
package enum Transport: String, Sendable, BitwiseCopyable, CustomStringConvertible {
    case udp = "UDP"
    case tcp = "TCP"
    case tls = "TLS"

    package var description: String { rawValue }

    /// A client that is heard from is where it says it is, and answers may be long.
    @inline(__always)
    var isStream: Bool { self != .udp }
}

/// What an operator may set about the name server, with defaults.
package struct NameserverSettings: Sendable {
    /// Where to listen, over UDP and TCP alike. At least one.
    package var endpoints: [Endpoint]
    /// Threads that answer UDP per endpoint. One answers several 100,000 queries a second.
    package var workersPerEndpoint = 1
    /// The largest UDP answer in octets, 512...4,096. 1,232 passes every IPv6 path without
    /// fragments (RFC 9715).
    package var payloadOctets = 1_232
    /// Receive and send buffer of each UDP socket in octets; the kernel caps them.
    package var socketBufferOctets = 4 << 20
    /// An answer leaves by the interface its query came in by, not only from the address it was
    /// sent to. Off: with asymmetric routes the kernel would take a far client for a neighbour and
    /// lose the answer. Link-local clients always keep their interface.
    package var keepsInterface = false
    /// Everything about answers themselves; the keepalive it tells is the idle time-out of TCP.
    package var answers = AnswerSettings()
    /// Everything about TCP.
    package var tcp = TCP()
    /// DNS over TLS (RFC 7858); `nil`: none.
    package var tls: TLS?
    /// Who may copy zones, and who is told of their changes.
    package var transfer = TransferSettings()
    /// Who is told of queries and answers (dnstap); `nil`: nobody.
    package var dnstap: DnstapSettings?

    /// Limits of TCP service (RFC 7766, RFC 9210).
    package struct TCP: Sendable {
        /// Connections at once.
        package var connections = 512
        /// Connections at once from one IPv4 address or one IPv6 /64.
        package var connectionsPerClient = 16
        /// A connection without a complete query for so long is closed. A client that sends its
        /// query octet by octet is bound by it too, and so is one that reads no answers.
        package var idleTimeout = Duration.seconds(10)
        /// The longest query taken in octets; a longer one closes the connection.
        package var queryOctets = 4_096
        /// Connections that wait to be accepted.
        package var backlog = 128

        /// The defaults.
        package init() {}
    }

    /// TLS service (RFC 7858, RFC 9103). What is not said here is as with TCP.
    package struct TLS: Sendable {
        /// Where to listen, over TLS alone.
        package var endpoints: [Endpoint]
        /// Connections at once, beside those of TCP. Of those above, the one that is longest in its
        /// handshake goes.
        package var connections = 256
        /// After which a handshake is given up.
        package var handshakeTimeout = Duration.seconds(5)

        /// The defaults, for these endpoints.
        package init(endpoints: [Endpoint]) {
            self.endpoints = endpoints
        }
    }

    /// The defaults, for these endpoints.
    package init(endpoints: [Endpoint]) {
        self.endpoints = endpoints
    }

    /// How answers are made, with what they tell of the transport.
    var answersAsTold: AnswerSettings {
        var answers = answers
        answers.keepalive = tcp.idleTimeout
        return answers
    }

    /// Finds the first setting that is out of range.
    func check() throws(NameserverError) {
        let rules: [(Bool, String)] = [
            (!endpoints.isEmpty, "no endpoint to listen on"),
            ((1...64).contains(workersPerEndpoint), "1...64 workers for an endpoint"),
            ((512...4_096).contains(payloadOctets), "a UDP payload of 512...4,096 octets"),
            (socketBufferOctets > 0, "a socket buffer of 1 octet or more"),
            (tcp.connections > 0 && tcp.connectionsPerClient > 0, "1 TCP connection or more"),
            (tcp.idleTimeout > .zero, "a TCP idle time-out above 0 s"),
            ((17...65_535).contains(tcp.queryOctets), "TCP queries of 17...65,535 octets"),
            (tcp.backlog > 0, "a TCP backlog of 1 or more"),
            (
                max(answers.identity.count, answers.version.count)
                    <= AnswerSettings.maximumTextOctets,
                "identity and version of at most \(AnswerSettings.maximumTextOctets) octets"
            ),
            (
                (0...100_000).contains(answers.rateLimit.answersPerSecond),
                "a limit of 0...100,000 answers a second"
            ),
            ((0...1_000).contains(answers.rateLimit.slip), "a slip of 0...1,000"),
            (answers.sampleInterval >= 0, "a sample interval of 0 or more"),
            (tls.map { !$0.endpoints.isEmpty } ?? true, "an endpoint for TLS"),
            (tls.map { $0.connections > 0 } ?? true, "1 TLS connection or more"),
            (tls.map { $0.handshakeTimeout > .zero } ?? true, "a TLS handshake above 0 s"),
        ]
        for (isMet, rule) in rules where !isMet {
            throw .invalidSettings(reason: rule + " expected")
        }
        if let objection = transfer.objection { throw .invalidSettings(reason: objection) }
        if let objection = dnstap?.objection {
            throw .invalidSettings(reason: objection + " expected")
        }
        if tls == nil, transfer.needsTLS {
            throw .invalidSettings(reason: "transfers over TLS only, and no TLS")
        }
    }
}
