package import DNSWire
package import Inventory
package import Zones
import Synchronization

/// The zones that a name server answers from. Any thread may publish; the workers take a new
/// snapshot when the generation has moved, which they see without a lock.
package final class ZoneStore: Sendable {
    /// What a publication starts from.
    private struct Contents {
        var table: ZoneTable
        var privateZones: PrivateZones
        var cookies: CookieSecrets
    }

    private let contents: Mutex<Contents>
    private let published: Mutex<TableSnapshot>
    private let generation = Atomic<UInt64>(0)
    private let journals = Mutex<[DomainName: ZoneJournal]>([:])
    private let announcer = Mutex(Announcer())
    private let withheld = Mutex<Set<DomainName>>([])

    /// No zone. Names are hashed under a key drawn here, so that nobody can choose names that
    /// collide; so are the secrets of cookies, until `use` brings those of the cluster.
    ///
    /// With `holdsPrivateZones`, private reverse space that no zone covers is answered for.
    package convenience init(holdsPrivateZones: Bool = false) {
        self.init(hashKey: Self.randomKey(), holdsPrivateZones: holdsPrivateZones)
    }

    /// No zone, and a known key: for tests that must run the same way twice.
    init(hashKey: SipHashKey, holdsPrivateZones: Bool = false) {
        var empty = ZoneTable(hashKey: hashKey)
        let cookies = CookieSecrets(current: Self.randomKey())
        published = Mutex(TableSnapshot(&empty, cookies: cookies))
        contents = Mutex(
            Contents(
                table: empty, privateZones: PrivateZones(isOn: holdsPrivateZones),
                cookies: cookies))
    }

    private static func randomKey() -> SipHashKey {
        var random = SystemRandomNumberGenerator()
        return SipHashKey(low: random.next(), high: random.next())
    }

    /// Makes changes visible, all of them at once or, after an error, none. The work is
    /// proportional to what changed, plus a fixed part of some microseconds.
    ///
    /// A zone that is removed without being served is not an error: it is gone, as asked.
    package func publish(_ changes: [ZoneChange]) throws(NameserverError) {
        guard !changes.isEmpty else { return }
        try contents.withLock { contents throws(NameserverError) in
            var privateZones = contents.privateZones
            let all = changes + privateZones.follow(changes)
            try commit(all, to: &contents)
            contents.privateZones = privateZones
        }
        announcer.withLock { $0.take(changes) }
    }

    /// Takes the latest changes of zones, `nil` for a zone that is gone, to lead those on who have
    /// an earlier serial. To be called before what they lead to is published.
    package func keep(_ latest: [DomainName: ZoneJournal?]) {
        journals.withLock { journals in
            for (apex, journal) in latest { journals[apex] = journal }
        }
    }

    /// The latest changes of a zone.
    func journal(of apex: DomainName) -> ZoneJournal? { journals.withLock { $0[apex] } }

    /// From now on, nothing of these zones goes to secondaries, of all others everything: neither
    /// transfers nor notices. Questions are answered as before.
    package func withhold(_ apexes: Set<DomainName>) {
        withheld.withLock { $0 = apexes }
        announcer.withLock { $0.withhold(apexes) }
    }

    /// Nothing of a zone goes to secondaries.
    func isWithheld(_ apex: DomainName) -> Bool { withheld.withLock { $0.contains(apex) } }

    /// From now on, somebody hears of every zone's SOA, of those there are at once.
    func announce(to listener: @escaping Announcer.Listener) {
        announcer.withLock { $0.begin(listener) }
    }

    /// Ends that.
    func stopAnnouncing() {
        announcer.withLock { $0.end() }
    }

    /// Says whether private reverse space that no zone covers is answered for (RFC 6303).
    package func holdPrivateZones(_ isOn: Bool) throws(NameserverError) {
        try contents.withLock { contents throws(NameserverError) in
            var privateZones = contents.privateZones
            let changes = privateZones.turn(isOn)
            guard !changes.isEmpty else { return }
            try commit(changes, to: &contents)
            contents.privateZones = privateZones
        }
    }

    /// Makes cookies of other secrets from now on. All servers that share an address need the same,
    /// or their clients become strangers when one takes over.
    package func use(_ cookies: CookieSecrets) {
        contents.withLock { contents in
            contents.cookies = cookies
            show(&contents.table, cookies)
        }
    }

    private func commit(
        _ changes: [ZoneChange], to contents: inout Contents
    ) throws(NameserverError) {
        var next = contents.table
        try next.apply(changes)
        show(&next, contents.cookies)
        contents.table = next
    }

    private func show(_ table: inout ZoneTable, _ cookies: CookieSecrets) {
        let snapshot = TableSnapshot(&table, cookies: cookies)
        published.withLock { $0 = snapshot }
        generation.wrappingAdd(1, ordering: .releasing)
    }

    /// How much is served now.
    package var statistics: TableSnapshot.Statistics { snapshot.statistics }

    /// What is served now.
    package var snapshot: TableSnapshot { published.withLock { $0 } }

    /// Counts publications.
    var currentGeneration: UInt64 { generation.load(ordering: .acquiring) }
}

/// A worker's hold on the store: the snapshot it has and which generation it is. Belongs to one
/// thread.
struct SnapshotReader: ~Copyable {
    private let store: ZoneStore
    private var generation: UInt64
    private(set) var snapshot: TableSnapshot

    init(store: ZoneStore) {
        self.store = store
        // First the number: a publication in between only costs one more look.
        generation = store.currentGeneration
        snapshot = store.snapshot
    }

    /// Takes the newest snapshot if there is a newer one. Called once per batch.
    mutating func refresh() {
        let current = store.currentGeneration
        guard current != generation else { return }
        generation = current
        snapshot = store.snapshot
    }
}
