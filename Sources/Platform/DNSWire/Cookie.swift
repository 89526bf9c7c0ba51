/// A COOKIE option as sent (RFC 7873 section 4): what the client chose and, if it knows us, what we
/// gave it. Octets are kept as little-endian words, which is how they are hashed.
package struct CookieOption: Equatable, Sendable, BitwiseCopyable {
    /// The client's eight octets.
    package let client: UInt64
    /// What a server gave it, if it has the form of ours: sixteen octets.
    package let server: ServerCookie?

    /// The length of a client's cookie in octets.
    package static let clientOctets = 8

    /// Joins the two.
    package init(client: UInt64, server: ServerCookie? = nil) {
        self.client = client
        self.server = server
    }

    /// Reads a cookie, all octets of which are there; `nil` if it is not eight octets long, nor
    /// eight and eight to thirty-two.
    init?(_ message: Span<UInt8>, at offset: Int, octets: Int) {
        guard octets == Self.clientOctets || (16...40).contains(octets) else { return nil }
        let bytes = message.bytes
        client = CookieHash.word(of: bytes, at: offset)
        server =
            octets == Self.clientOctets + ServerCookie.octets
            ? ServerCookie(
                head: CookieHash.word(of: bytes, at: offset + 8),
                hash: CookieHash.word(of: bytes, at: offset + 16))
            : nil
    }
}

/// The part of a cookie that a server makes, in the form that all servers share (RFC 9018 section
/// 4): version, three reserved octets, time, and a hash over these, the client's cookie and its
/// address.
package struct ServerCookie: Equatable, Sendable, BitwiseCopyable {
    /// Its length in octets.
    package static let octets = 16

    /// Version, reserved octets and time, as a little-endian word of the octets on the wire.
    package let head: UInt64
    /// The hash, as a little-endian word.
    package let hash: UInt64

    /// Joins the two.
    package init(head: UInt64, hash: UInt64) {
        self.head = head
        self.hash = hash
    }

    /// Makes a cookie for a client. `seconds` is the time since 1970 modulo 2^32.
    package init(
        client: UInt64, address: ClientAddress, seconds: UInt32, key: SipHashKey
    ) {
        head = 1 | UInt64(seconds.bigEndian) << 32
        hash = Self.hash(client: client, head: head, address: address, key: key)
    }

    /// When it was made, in seconds since 1970 modulo 2^32.
    package var seconds: UInt32 { UInt32(bigEndian: UInt32(truncatingIfNeeded: head >> 32)) }
    /// The version; ours is 1.
    package var version: UInt8 { UInt8(truncatingIfNeeded: head) }

    /// Whether it was made under a key for this client (RFC 9018 section 4.4).
    package func isMade(
        for client: UInt64, at address: ClientAddress, with key: SipHashKey
    ) -> Bool {
        version == 1
            && hash == Self.hash(client: client, head: head, address: address, key: key)
    }

    private static func hash(
        client: UInt64, head: UInt64, address: ClientAddress, key: SipHashKey
    ) -> UInt64 {
        var state = CookieHash(key: key)
        state.absorb(client)
        state.absorb(head)
        if address.isIPv4 { return state.finished(tail: address.first, count: 20) }
        state.absorb(address.first)
        state.absorb(address.second)
        return state.finished(tail: 0, count: 32)
    }
}

/// What cookies are made of. Two secrets live at once, or every change of them would make all
/// clients strangers (RFC 9018 section 5): a new one is first given to all servers of the cluster
/// as `other`, then becomes `current` everywhere, and the old one stays as `other` for an hour.
package struct CookieSecrets: Equatable, Sendable, BitwiseCopyable {
    /// How long a cookie is good, in seconds (RFC 9018 section 4.3).
    package static let lifetimeSeconds: Int32 = 3_600
    /// How far in the future its time may lie, since servers' clocks differ.
    package static let skewSeconds: Int32 = 300
    /// An older one is answered with a new one.
    package static let renewalSeconds: Int32 = 1_800

    /// Makes and checks cookies.
    package let current: SipHashKey
    /// Checks cookies.
    package let other: SipHashKey?

    /// Joins the two.
    package init(current: SipHashKey, other: SipHashKey? = nil) {
        self.current = current
        self.other = other
    }

    /// What a client gets back.
    package struct Reply: Equatable, Sendable, BitwiseCopyable {
        /// The server's part of the cookie to send.
        package let cookie: ServerCookie
        /// The client showed a good cookie: it is where it says it is.
        package let isKnown: Bool
    }

    /// Looks at a client's cookie at a time in seconds since 1970 modulo 2^32.
    package func reply(
        to option: CookieOption, from address: ClientAddress, at seconds: UInt32
    ) -> Reply {
        if let server = option.server {
            let age = Int32(bitPattern: seconds &- server.seconds)
            if age <= Self.lifetimeSeconds, age >= -Self.skewSeconds {
                let isCurrent = server.isMade(for: option.client, at: address, with: current)
                if isCurrent, age <= Self.renewalSeconds {
                    return Reply(cookie: server, isKnown: true)
                }
                let isKnown =
                    isCurrent
                    || other.map { server.isMade(for: option.client, at: address, with: $0) }
                        ?? false
                if isKnown { return fresh(option, address, seconds, isKnown: true) }
            }
        }
        return fresh(option, address, seconds, isKnown: false)
    }

    private func fresh(
        _ option: CookieOption, _ address: ClientAddress, _ seconds: UInt32, isKnown: Bool
    ) -> Reply {
        Reply(
            cookie: ServerCookie(
                client: option.client, address: address, seconds: seconds, key: current),
            isKnown: isKnown)
    }
}

/// Where a message came from, as words: copying it costs nothing.
package struct ClientAddress: Equatable, Sendable, BitwiseCopyable {
    /// The first eight octets, or the four of an IPv4 address with zeros behind, little-endian.
    package let first: UInt64
    /// Octets 8...15 of an IPv6 address.
    package let second: UInt64
    /// It has four octets.
    package let isIPv4: Bool

    /// An IPv4 address from its octets as they stand in memory, in network order.
    @inlinable
    package init(ipv4 octets: UInt32) {
        first = UInt64(UInt32(littleEndian: octets))
        second = 0
        isIPv4 = true
    }

    /// An IPv6 address from its halves as they stand in memory, in network order.
    @inlinable
    package init(ipv6 first: UInt64, _ second: UInt64) {
        self.first = UInt64(littleEndian: first)
        self.second = UInt64(littleEndian: second)
        isIPv4 = false
    }

    /// 0.0.0.0, for messages that did not come over a network.
    package static let unspecified = ClientAddress(ipv4: 0)

    /// The network that counts as one client where answers are limited: the /24 of an IPv4 address,
    /// the /56 of an IPv6 address, which one customer of a provider has.
    @inlinable package var network: UInt64 {
        isIPv4 ? first & 0xFF_FFFF | 1 << 63 : first & 0xFF_FFFF_FFFF_FFFF
    }

    /// Loopback, link-local, private and unspecified space (RFC 1918, RFC 6598, RFC 3927, RFC
    /// 4193): nobody out there can be flooded through such an address.
    package var isPrivate: Bool {
        let high = UInt32(bigEndian: UInt32(truncatingIfNeeded: first))
        if isIPv4 {
            return high >> 24 == 0 || high >> 24 == 10 || high >> 24 == 127 || high >> 20 == 0xAC1
                || high >> 16 == 0xC0A8 || high >> 16 == 0xA9FE || high >> 22 == 0x6440 >> 6
        }
        let isLoopback = first == 0 && second == UInt64(1).bigEndian
        return isLoopback || high >> 25 == 0xFC >> 1 || high >> 22 == 0xFE80 >> 6
    }
}
