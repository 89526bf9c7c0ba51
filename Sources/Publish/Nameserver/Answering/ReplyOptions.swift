import DNSWire
import Glibc

/// The options of an answer's OPT record. Their room is reserved before any record is written.
struct ReplyOptions: BitwiseCopyable {
    private static let headOctets = 4
    private static let cookieOctets = CookieOption.clientOctets + ServerCookie.octets

    private var client: UInt64 = 0
    private var server = ServerCookie(head: 0, hash: 0)
    private var hasCookie = false
    private var identity = UnsafeRawBufferPointer(start: nil, count: 0)
    /// In units of 100 ms; 0: not told.
    private var keepalive: UInt16 = 0

    /// Octets that come behind the answer and count for its padding; `nil`: it is not padded.
    private(set) var padsBefore: Int?

    /// The client showed a cookie of ours: nobody else sends in its name.
    private(set) var isKnown = false
    /// Octets of the options.
    private(set) var octets = 0

    /// No option.
    init() {}

    /// Whether the client sent any cookie.
    var answersCookie: Bool { hasCookie }

    mutating func set(_ reply: CookieSecrets.Reply, to option: CookieOption) {
        client = option.client
        server = reply.cookie
        isKnown = reply.isKnown
        hasCookie = true
        octets += Self.headOctets + Self.cookieOctets
    }

    /// `identity` must live as long as this.
    mutating func set(identity: UnsafeRawBufferPointer) {
        self.identity = identity
        octets += Self.headOctets + identity.count
    }

    mutating func set(keepalive: UInt16) {
        self.keepalive = keepalive
        octets += Self.headOctets + 2
    }

    /// Keeps room for the option itself; how much it holds is known last.
    mutating func pad(before trailerOctets: Int) {
        padsBefore = trailerOctets
        octets += Self.headOctets
    }

    /// Writes an option of so many zeros.
    static func writePadding(_ count: Int, to start: UnsafeMutableRawPointer) {
        var place = start
        writeHead(EDNSOptionNumber.padding, octets: count, to: &place)
        memset(place, 0, count)
    }

    /// Octets of the options but for padding, which is last.
    var fixedOctets: Int { octets - (padsBefore == nil ? 0 : Self.headOctets) }

    /// Writes `fixedOctets` octets.
    func write(to start: UnsafeMutableRawPointer) {
        var place = start
        if hasCookie {
            Self.writeHead(EDNSOptionNumber.cookie, octets: Self.cookieOctets, to: &place)
            place.storeBytes(of: client.littleEndian, as: UInt64.self)
            (place + 8).storeBytes(of: server.head.littleEndian, as: UInt64.self)
            (place + 16).storeBytes(of: server.hash.littleEndian, as: UInt64.self)
            place += Self.cookieOctets
        }
        if !identity.isEmpty, let text = identity.baseAddress {
            Self.writeHead(EDNSOptionNumber.identity, octets: identity.count, to: &place)
            memcpy(place, text, identity.count)
            place += identity.count
        }
        if keepalive > 0 {
            Self.writeHead(EDNSOptionNumber.keepalive, octets: 2, to: &place)
            place.storeBytes(of: keepalive.bigEndian, as: UInt16.self)
        }
    }

    /// An Extended DNS Error without text.
    static let extendedErrorOctets = headOctets + 2

    /// Writes `extendedErrorOctets` octets.
    static func write(_ error: ExtendedError, to start: UnsafeMutableRawPointer) {
        var place = start
        writeHead(EDNSOptionNumber.extendedError, octets: 2, to: &place)
        place.storeBytes(of: error.rawValue.bigEndian, as: UInt16.self)
    }

    private static func writeHead(
        _ code: UInt16, octets: Int, to place: inout UnsafeMutableRawPointer
    ) {
        place.storeBytes(of: code.bigEndian, as: UInt16.self)
        (place + 2).storeBytes(
            of: UInt16(truncatingIfNeeded: octets).bigEndian, as: UInt16.self)
        place += headOctets
    }
}
