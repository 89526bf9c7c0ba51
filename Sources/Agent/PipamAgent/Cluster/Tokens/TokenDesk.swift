package import Inventory
package import OpenSSL

/// The tokens that a member has given out. It keeps no secret, only what requests are checked with,
/// and that in memory: after a restart no token is good any more.
package struct TokenDesk: Sendable {
    /// Why a request is not granted. Whoever asks is told no more than this.
    package enum Refusal: String, Error, Equatable, Sendable {
        /// Never given out, expired, or ruined by guessing.
        case unknown = "the token is not known here, has expired or was used"
        /// The seal is not made with the token's secret.
        case forged = "the request was not made with this token"
        /// The request names another cluster.
        case otherCluster = "the request is for another cluster"
        /// The token lets a witness in, and this is none.
        case notWitness = "the token is for a witness; set cluster.role = \"witness\" on that host"
    }

    /// How many may be open at one time.
    package static let maximumOpen = 16
    /// After so many wrong seals a token is good no more.
    package static let maximumFailures = 5

    private struct Entry {
        let cluster: ClusterID
        let sealingKey: [UInt8]
        let expiresSeconds: UInt64
        /// Only a witness may join by it.
        let isForWitness: Bool
        var failures = 0
        /// The digest of the one request that it was used for.
        var usedFor: [UInt8]?
    }

    private var entries: [[UInt8]: Entry] = [:]

    /// None is open.
    package init() {}

    /// How many are open.
    package var count: Int { entries.count }

    /// Gives one out. `random` makes octets that nobody can foresee.
    package mutating func issue(
        cluster: ClusterID, addresses: [MemberAddress], authority: CertificateFingerprint,
        nowSeconds: UInt64, lifetimeSeconds: UInt64 = JoinToken.lifetimeSeconds,
        isForWitness: Bool = false, random: (Int) -> [UInt8] = RandomOctets.make
    ) throws(EnrolmentError) -> JoinToken {
        dropExpired(nowSeconds)
        guard entries.count < Self.maximumOpen else {
            throw .refused(
                reason: "\(Self.maximumOpen) tokens are open",
                remedy: "use one of them, or wait until they expire after a quarter of an hour")
        }
        guard (1...MemberAddress.maximumCount).contains(addresses.count) else {
            throw .refused(
                reason: "a token names 1...\(MemberAddress.maximumCount) addresses",
                remedy: "set cluster.advertise")
        }
        let token = JoinToken(
            cluster: cluster, addresses: addresses, authority: authority,
            identifier: random(JoinToken.identifierOctets),
            expiresSeconds: nowSeconds + lifetimeSeconds,
            secret: random(JoinToken.secretOctets))
        entries[token.identifier] = Entry(
            cluster: cluster, sealingKey: token.sealingKey, expiresSeconds: token.expiresSeconds,
            isForWitness: isForWitness)
        return token
    }

    /// Takes a request. The token is used up by it; the very same request may come again, since an
    /// answer can get lost.
    package mutating func admit(
        _ request: AdmissionRequest, nowSeconds: UInt64
    ) throws(Refusal) {
        dropExpired(nowSeconds)
        guard var entry = entries[request.tokenIdentifier] else { throw .unknown }
        guard request.isSealed(by: entry.sealingKey) else {
            entry.failures += 1
            entries[request.tokenIdentifier] =
                entry.failures < Self.maximumFailures ? entry : nil
            throw .forged
        }
        guard request.uri.cluster == entry.cluster else { throw .otherCluster }
        guard !entry.isForWitness || request.role == .witness else { throw .notWitness }
        let digest = SHA256Digest.of(request.octets)
        guard entry.usedFor == nil || entry.usedFor == digest else { throw .unknown }
        entry.usedFor = digest
        entries[request.tokenIdentifier] = entry
    }

    private mutating func dropExpired(_ nowSeconds: UInt64) {
        entries = entries.filter { $0.value.expiresSeconds > nowSeconds }
    }
}
