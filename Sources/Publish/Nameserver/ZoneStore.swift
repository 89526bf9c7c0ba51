import DNSWire
package import Inventory
package import Zones
import Synchronization

/// The zones that a name server answers from. Any thread may publish; the workers take a new
/// snapshot when the generation has moved, which they see without a lock.
package final class ZoneStore: Sendable {
    private let table: Mutex<ZoneTable>
    private let published: Mutex<TableSnapshot>
    private let generation = Atomic<UInt64>(0)
    private let journals = Mutex<[DomainName: ZoneJournal]>([:])
    private let announcer = Mutex(Announcer())

    /// No zone. Names are hashed under a key drawn here, so that nobody can choose names that
    /// collide.
    package convenience init() {
        var random = SystemRandomNumberGenerator()
        self.init(hashKey: SipHashKey(low: random.next(), high: random.next()))
    }

    /// No zone, and a known key: for tests that must run the same way twice.
    init(hashKey: SipHashKey) {
        var empty = ZoneTable(hashKey: hashKey)
        published = Mutex(TableSnapshot(&empty))
        table = Mutex(empty)
    }

    /// Makes changes visible, all of them at once or, after an error, none. The work is
    /// proportional to what changed, plus a fixed part of some microseconds.
    ///
    /// A zone that is removed without being served is not an error: it is gone, as asked.
    package func publish(_ changes: [ZoneChange]) throws(NameserverError) {
        guard !changes.isEmpty else { return }
        try table.withLock { table throws(NameserverError) in
            var next = table
            try next.apply(changes)
            let snapshot = TableSnapshot(&next)
            table = next
            published.withLock { $0 = snapshot }
            generation.wrappingAdd(1, ordering: .releasing)
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

    /// From now on, somebody hears of every zone's SOA, of those there are at once.
    func announce(to listener: @escaping Announcer.Listener) {
        announcer.withLock { $0.begin(listener) }
    }

    /// Ends that.
    func stopAnnouncing() {
        announcer.withLock { $0.end() }
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
