import Inventory
import Zones

/// Decides which secondary is told of which zone when (RFC 1996 section 3): changes are gathered,
/// then told, and told again with growing pauses until the secondary says that it heard. It has no
/// clock; times are milliseconds of anybody's.
struct NotifySchedule {
    /// What a secondary is to be told.
    struct Notice: Equatable {
        /// The secondary's place in the settings.
        let secondary: Int
        let apex: DomainName
        /// The zone's present SOA.
        let authority: RecordSet
        let id: UInt16
        /// It was told before and did not answer.
        var isRepeated = false
    }

    private struct Key: Hashable {
        let secondary: Int
        let apex: DomainName
    }

    private struct Entry {
        /// Told so often without an answer.
        var attempts = 0
        var dueMilliseconds: Int64
        /// The id of the last notice.
        var id: UInt16?
    }

    /// The first pause; each is twice the one before.
    private static let firstPause: Int64 = 1_000
    /// No pause is longer.
    private static let longestPause: Int64 = 300_000
    /// Notices at one time: at the start every zone is told to everybody.
    static let burst = 64

    private let secondaries: Int
    private let delay: Int64
    private var authorities: [DomainName: RecordSet] = [:]
    private var entries: [Key: Entry] = [:]

    /// Nothing to tell yet.
    init(secondaries: Int, delayMilliseconds: Int64) {
        self.secondaries = secondaries
        delay = delayMilliseconds
    }

    /// Zones have these SOAs now.
    mutating func take(_ news: [DomainName: RecordSet?], now: Int64) {
        for (apex, authority) in news {
            authorities[apex] = authority
            for secondary in 0..<secondaries {
                let key = Key(secondary: secondary, apex: apex)
                guard authority != nil else {
                    entries[key] = nil
                    continue
                }
                // What waits to be told for the first time tells the newest anyway.
                if let entry = entries[key], entry.attempts == 0 { continue }
                entries[key] = Entry(dueMilliseconds: now + delay)
            }
        }
    }

    /// What is to be told now; the longest overdue first.
    mutating func due(now: Int64, id: () -> UInt16) -> [Notice] {
        let due = entries.filter { $0.value.dueMilliseconds <= now }
            .sorted { left, right in
                (left.value.dueMilliseconds, left.key.secondary)
                    < (right.value.dueMilliseconds, right.key.secondary)
            }
        return due.prefix(Self.burst).compactMap { key, entry in
            guard let authority = authorities[key.apex] else { return nil }
            let pause = Self.firstPause << Int64(min(entry.attempts, 16))
            let fresh = id()
            entries[key] = Entry(
                attempts: entry.attempts + 1,
                dueMilliseconds: now + min(pause, Self.longestPause), id: fresh)
            return Notice(
                secondary: key.secondary, apex: key.apex, authority: authority, id: fresh,
                isRepeated: entry.attempts > 0)
        }
    }

    /// A secondary heard the notice of this id: `false` if that is not the last one sent.
    mutating func acknowledge(_ apex: DomainName, secondary: Int, id: UInt16) -> Bool {
        let key = Key(secondary: secondary, apex: apex)
        guard entries[key]?.id == id else { return false }
        entries[key] = nil
        return true
    }

    /// A notice of this id waits for an answer.
    func awaits(_ apex: DomainName, secondary: Int, id: UInt16) -> Bool {
        entries[Key(secondary: secondary, apex: apex)]?.id == id
    }

    /// When there is something to tell next; `nil` if there is nothing.
    var nextDueMilliseconds: Int64? { entries.values.lazy.map(\.dueMilliseconds).min() }
}
