import Inventory
import OpenSSL
import Zones

/// Makes the signatures of sets, and says whether those that are there will do.
struct SetSigner: Sendable {
    let ring: KeyRing

    /// Signatures begin to be good so long before they are made: clocks of resolvers may be behind.
    static let leadSeconds: UInt64 = 3_600

    /// What is left of a signature's life when it is made anew. A policy that would have everything
    /// made anew all the time counts as one of three quarters.
    var refreshSeconds: UInt64 {
        min(UInt64(ring.policy.refreshSeconds), UInt64(ring.policy.signatureSeconds) / 4 * 3)
    }

    /// The set with signatures that begin now. They end at different times, by up to a tenth of
    /// their life, so that not all are to be made anew at once; those of one name end together.
    func signed(_ set: RecordSet, atSeconds seconds: UInt64) throws(SigningError) -> RecordSet {
        let expiration = expirationSeconds(of: set.key.owner, atSeconds: seconds)
        var signatures: [[UInt8]] = []
        for signer in ring.signers(of: set.key.type) {
            let record = SignatureRecord(
                of: set,
                inception: UInt32(truncatingIfNeeded: seconds - min(seconds, Self.leadSeconds)),
                expiration: UInt32(truncatingIfNeeded: expiration), tag: signer.key.tag,
                algorithm: signer.key.algorithm, signer: ring.apex)
            do {
                signatures.append(record.prefix + (try signer.pair.sign(record.input(for: set))))
            } catch {
                throw .openSSL(error)
            }
        }
        return set.signed(with: signatures)
    }

    /// The same of many sets in their order, side by side where that is worth it.
    func signed(
        _ sets: [RecordSet], atSeconds seconds: UInt64
    ) throws(SigningError) -> [RecordSet] {
        let signOne = { @Sendable (set: RecordSet) -> Result<RecordSet, SigningError> in
            do throws(SigningError) {
                return .success(try signed(set, atSeconds: seconds))
            } catch {
                return .failure(error)
            }
        }
        var all: [RecordSet] = []
        all.reserveCapacity(sets.count)
        for outcome in SideBySide.map(sets, signOne) { all.append(try outcome.get()) }
        return all
    }

    /// When a signature ends that is made now.
    func expirationSeconds(of owner: DomainName, atSeconds seconds: UInt64) -> UInt64 {
        let life = UInt64(ring.policy.signatureSeconds)
        // FNV-1a: any hash will do that is the same everywhere.
        let hash = owner.wire.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
        }
        let jitter = (hash ^ hash >> 32) % (life / 10 + 1)
        return seconds + life - jitter
    }

    /// The set is signed by exactly those keys that should.
    func isSignedRight(_ set: RecordSet) -> Bool {
        let signers = ring.signers(of: set.key.type)
        guard set.signatures.count == signers.count else { return false }
        for signer in signers {
            let tag = signer.key.tag
            guard set.signatures.contains(where: { SignatureHead($0)?.tag == tag }) else {
                return false
            }
        }
        return true
    }

    /// When the first signature of a set ends; `nil` if it has none.
    static func expirationSeconds(of set: RecordSet, atSeconds seconds: UInt64) -> UInt64? {
        var first: UInt64?
        for data in set.signatures {
            guard let head = SignatureHead(data) else { continue }
            let end = Self.seconds(head.expiration, near: seconds)
            first = min(first ?? end, end)
        }
        return first
    }

    /// When the latest signature of a set was made; `nil` if it has none.
    static func madeSeconds(of set: RecordSet, atSeconds seconds: UInt64) -> UInt64? {
        var last: UInt64?
        for data in set.signatures {
            guard let head = SignatureHead(data) else { continue }
            last = max(last ?? 0, Self.seconds(head.inception, near: seconds) + leadSeconds)
        }
        return last
    }

    /// A time modulo 2^32 as the one nearest to now (RFC 4034 section 3.1.5).
    static func seconds(_ time: UInt32, near seconds: UInt64) -> UInt64 {
        let distance = Int32(bitPattern: time &- UInt32(truncatingIfNeeded: seconds))
        let exact = Int64(seconds) + Int64(distance)
        return UInt64(max(exact, 0))
    }

    /// The set needs no other signatures.
    func isFine(_ set: RecordSet, atSeconds seconds: UInt64) -> Bool {
        guard isSignedRight(set),
            let expiration = Self.expirationSeconds(of: set, atSeconds: seconds)
        else { return false }
        return !DueIndex.isDue(expiration, refreshSeconds: refreshSeconds, atSeconds: seconds)
    }
}
