package import Inventory
package import OpenSSL

/// What a person carries from a member to a host that is to join: where to go, whom to trust there,
/// and a secret that is good once and for a quarter of an hour.
package struct JoinToken: Equatable, Sendable {
    /// How long one is good.
    package static let lifetimeSeconds: UInt64 = 15 * 60
    static let identifierOctets = 8
    static let secretOctets = 16
    private static let checksumOctets = 4
    private static let prefix = "pipam1-"
    /// Room for eight addresses of the greatest length.
    private static let maximumCharacters = 4_096

    /// The cluster to join.
    package let cluster: ClusterID
    /// Where its members are reached: 1...8.
    package let addresses: [MemberAddress]
    /// The authority that the members' certificates lead to.
    package let authority: CertificateFingerprint
    /// Tells tokens apart; no secret.
    package let identifier: [UInt8]
    /// When it ends, in seconds since 1970.
    package let expiresSeconds: UInt64
    /// 16 octets.
    let secret: [UInt8]

    /// The key that requests are sealed with. Members keep this and not the secret.
    var sealingKey: [UInt8] { Self.sealingKey(secret) }

    private static func sealingKey(_ secret: [UInt8]) -> [UInt8] {
        MessageCode.make(over: Array("pipam join token 1".utf8), secret: secret)
    }

    init(
        cluster: ClusterID, addresses: [MemberAddress], authority: CertificateFingerprint,
        identifier: [UInt8], expiresSeconds: UInt64, secret: [UInt8]
    ) {
        self.cluster = cluster
        self.addresses = addresses
        self.authority = authority
        self.identifier = identifier
        self.expiresSeconds = expiresSeconds
        self.secret = secret
    }

    /// Reads what `text` wrote. Letter case and white space do not matter. Throws, with the remedy,
    /// if it was cut or mistyped.
    package init(_ text: String) throws(EnrolmentError) {
        let compact = text.filter { !$0.isWhitespace }
        let remedy = "copy the whole line that pipamctl cluster token printed"
        guard compact.utf8.count <= Self.maximumCharacters,
            compact.lowercased().hasPrefix(Self.prefix)
        else { throw .refused(reason: "this is no token of pipam", remedy: remedy) }
        guard let octets = Base32.decode(compact.dropFirst(Self.prefix.count)),
            octets.count > Self.checksumOctets,
            Self.checksum(octets.dropLast(Self.checksumOctets))
                == Array(octets.suffix(Self.checksumOctets))
        else { throw .refused(reason: "the token was cut or mistyped", remedy: remedy) }
        guard let token = Self.decode(octets.dropLast(Self.checksumOctets)) else {
            throw .refused(
                reason: "the token is of another version of pipam",
                remedy: "use the same version on both hosts")
        }
        self = token
    }

    private static func decode(_ octets: ArraySlice<UInt8>) -> JoinToken? {
        var reader = FieldReader(octets)
        guard let high = reader.number(UInt64.self), let low = reader.number(UInt64.self),
            let identifier = reader.octets(identifierOctets),
            let secret = reader.octets(secretOctets),
            let authority = reader.octets(32).flatMap({ CertificateFingerprint(octets: $0) }),
            let expires = reader.number(UInt64.self), let count = reader.number(UInt8.self),
            (1...MemberAddress.maximumCount).contains(Int(count))
        else { return nil }
        var addresses: [MemberAddress] = []
        for _ in 0..<count {
            guard let text = reader.text(maximumOctets: 261), let address = MemberAddress(text)
            else { return nil }
            addresses.append(address)
        }
        guard reader.isAtEnd else { return nil }
        return JoinToken(
            cluster: ClusterID(high: high, low: low), addresses: addresses, authority: authority,
            identifier: identifier, expiresSeconds: expires, secret: secret)
    }

    /// One line to be carried over: the secret stands in it, so it belongs in no log.
    package var text: String {
        var writer = FieldWriter()
        writer.number(cluster.high)
        writer.number(cluster.low)
        var octets = writer.octets + identifier + secret + authority.octets
        writer = FieldWriter()
        writer.number(expiresSeconds)
        writer.number(UInt8(addresses.count))
        addresses.forEach { writer.field($0.text.utf8) }
        octets += writer.octets
        return Self.prefix + Base32.encode(octets + Self.checksum(octets[...]))
    }

    private static func checksum(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        Array(SHA256Digest.of(Array(octets)).prefix(checksumOctets))
    }
}

extension JoinToken: CustomStringConvertible {
    /// Tells nothing of the secret.
    package var description: String { "token \(Base32.encode(identifier))" }
}

extension JoinToken: CustomReflectable {
    /// Hides the secret from dumps.
    package var customMirror: Mirror { Mirror(self, children: ["token": description]) }
}
