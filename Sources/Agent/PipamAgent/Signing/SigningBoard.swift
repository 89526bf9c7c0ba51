import ClusterState
import Inventory
import Synchronization
import Zones

/// What signs zones, as far as others have to do with it.
struct SigningOffice: Sendable {
    /// The zones' keys.
    let keys: ZoneKeys
    /// How it stands with each zone.
    let board = SigningBoard()
    /// Rings when something was applied, or somebody else leads.
    let signal = Signal()

    init(secrets: SecretRing) { keys = ZoneKeys(secrets: secrets) }
}

/// How the signing of each zone stands on the node that does it: what the state does not say.
final class SigningBoard: Sendable {
    /// How it stands with one zone.
    struct Standing: Hashable, Sendable {
        /// When the first of its signatures expires, in seconds since 1970.
        var expiresSeconds: UInt64?
        /// When something is to be done next, in seconds since 1970.
        var nextSeconds: UInt64?
        /// What waits for a person.
        var task: String?
        /// Why it is not signed as it should be.
        var problem: String?
        /// How often it failed since it last went well.
        var failures = 0
    }

    private let standings = Mutex<[DomainName: Standing]>([:])

    /// How many signatures were published of each zone since the agent started.
    private let published = Mutex<[DomainName: UInt64]>([:])

    /// By zone.
    var signaturesPublished: [DomainName: UInt64] { published.withLock { $0 } }

    /// Counts the signatures of a publication that was agreed on, whoever made it.
    func count(_ body: Command.Body) {
        guard case .publishZone(let publication) = body else { return }
        let count = publication.changed.reduce(0) { $0 + $1.signatures.count }
        published.withLock { $0[publication.apex, default: 0] += UInt64(count) }
    }

    /// By zone; empty on a node that does not sign.
    var current: [DomainName: Standing] { standings.withLock { $0 } }

    func put(_ standing: Standing, of apex: DomainName) {
        standings.withLock { $0[apex] = standing }
    }

    /// Forgets all other zones.
    func keep(only apexes: Set<DomainName>) {
        standings.withLock { standings in
            standings = standings.filter { apexes.contains($0.key) }
        }
    }
}
