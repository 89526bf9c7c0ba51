import ClusterState
import Inventory
import Signing
import Synchronization
import Zones

/// The signer of one zone, with what it was made for. It is used where the state is, so that
/// nothing of the state is copied.
final class SigningDesk: Sendable {
    /// The version of policy and keys that it knows.
    let version: UInt64
    private let signer: Mutex<ZoneSigner>
    private let nextRound: Mutex<UInt64>

    init(_ signer: consuming ZoneSigner, version: UInt64, round: UInt64) {
        self.signer = Mutex(signer)
        self.version = version
        nextRound = Mutex(round)
    }

    /// How many publications there were when it is asked next.
    var round: UInt64 { nextRound.withLock { $0 } }

    /// Its publication was applied.
    func advance() {
        nextRound.withLock { $0 += 1 }
    }

    /// The next step; `nil` if there is nothing to do now.
    func publication(
        of apex: DomainName, in zones: ZoneSet, atSeconds seconds: UInt64
    ) throws(SigningError) -> ZonePublication? {
        guard let zone = zones.zones[apex], let signed = zones.signed[apex] else { return nil }
        let content = ZoneSigner.Content(
            plain: { zone.set($0) }, published: { signed.sets[$0] })
        let found: Result<ZonePublication?, SigningError> = signer.withLock { signer in
            do throws(SigningError) {
                return .success(
                    try signer.publication(
                        of: signed.open, in: content, round: signed.round,
                        serial: zone.serial.next(atSeconds: seconds), isServed: signed.isServed,
                        atSeconds: seconds))
            } catch {
                return .failure(error)
            }
        }
        return try found.get()
    }

    /// When there is something to do next although nothing changes, in seconds since 1970.
    var nextDueSeconds: UInt64 { signer.withLock { $0.nextDueSeconds } }

    /// When the first signature ends, in seconds since 1970; `nil` as long as there is none.
    var firstExpirySeconds: UInt64? { signer.withLock { $0.firstExpirySeconds } }

    /// What key changes depend on.
    var facts: ZoneFacts { signer.withLock { $0.facts } }
}
