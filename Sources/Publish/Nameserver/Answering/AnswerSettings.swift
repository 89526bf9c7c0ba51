/// What an operator may set about answers themselves.
package struct AnswerSettings: Sendable {
    /// Cookies are answered with cookies (RFC 7873).
    package var usesCookies = true
    /// Told to whoever asks which server this is, by NSID (RFC 5001) or as `id.server` (RFC 4892);
    /// empty: nobody is told. At most 64 octets.
    package var identity: [UInt8] = []
    /// Told as `version.server`; empty: nobody is told. At most 64 octets.
    package var version: [UInt8] = []
    /// How long a TCP connection may idle, as clients are told that ask (RFC 7828).
    package var keepalive = Duration.seconds(10)
    /// When there are too many answers.
    package var rateLimit = RateLimit()
    /// One query in so many is kept for the log; 0: none.
    package var sampleInterval = 0

    /// Identity and version are no longer.
    package static let maximumTextOctets = 64

    /// Limits on equal answers to one network over UDP: somebody may be sending queries in its
    /// name, to have it flooded. Clients that show a good cookie are where they say, and are never
    /// limited, nor is TCP.
    package struct RateLimit: Sendable {
        /// Answers of one kind a second to one IPv4 /24 or IPv6 /56, 1...100,000; 0: no limit. To a
        /// client that wants signatures, one of more than five times the question is several.
        package var answersPerSecond = 200
        /// One answer in so many above the limit goes out without records, so that a real client
        /// comes over TCP; 1: each of them, 0: none.
        package var slip = 2
        /// Clients with private addresses are limited too.
        package var limitsPrivateClients = false

        /// The defaults.
        package init() {}
    }

    /// The defaults.
    package init() {}
}
