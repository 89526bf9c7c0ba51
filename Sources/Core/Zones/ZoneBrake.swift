package import Inventory
package import Planning

/// A record set that the brake keeps as it is.
package struct HeldSet: Hashable, Sendable {
    /// Owner and type.
    package let key: RecordSetKey
    /// What stands; `nil` if nothing does, and a set that is held excludes what would come, as a
    /// CNAME does.
    package let standing: RecordSet?
    /// What would stand in its place; `nil` if nothing would.
    package internal(set) var wanted: RecordSet?

    /// Joins the three.
    package init(key: RecordSetKey, standing: RecordSet?, wanted: RecordSet?) {
        self.key = key
        self.standing = standing
        self.wanted = wanted
    }

    /// The brake counts it. Another time to live alone is the operator's act and counts for
    /// nothing: guests have no say in it.
    var isCounted: Bool {
        guard let standing else { return false }
        return standing.data != wanted?.data
    }

    /// Nothing would be left.
    var isRemoval: Bool { standing != nil && wanted == nil }
}

/// What is held of one zone, for people.
package struct HeldZone: Hashable, Sendable {
    /// The zone.
    package let apex: DomainName
    /// What is held, sorted by key; at least one.
    package let sets: [HeldSet]
    /// Why.
    package let reason: Brake.Reason
    /// Since when something has been held there, in seconds since 1970.
    package let sinceSeconds: UInt64
}

/// What the brake knows of one zone.
package struct ZoneBrake: Hashable, Sendable {
    /// Removals and changes that were let through.
    package internal(set) var window = Brake.Window()
    /// What is held, by owner and type.
    package private(set) var held: [RecordSetKey: HeldSet] = [:]
    /// Why; `nil` when nothing is held.
    package internal(set) var reason: Brake.Reason?
    /// Since when something has been held, in seconds since 1970; 0 when nothing is.
    package internal(set) var sinceSeconds: UInt64 = 0

    // Counted along, so that a commit need not look at everything that is held.

    /// Removals and changes among `held`.
    private(set) var counted = 0
    /// Removals among `held`.
    private(set) var removals = 0

    /// Nothing was done and nothing is held.
    package init() {}

    /// Puts a brake together again.
    ///
    /// - `held`: what stands; what would stand in its place is found out by whoever restores it.
    package init(
        window: Brake.Window, held: [HeldSet], reason: Brake.Reason?, sinceSeconds: UInt64
    ) {
        self.window = window
        self.reason = reason
        self.sinceSeconds = sinceSeconds
        for set in held {
            hold(set)
        }
    }

    /// There is nothing to remember.
    var isEmpty: Bool { held.isEmpty && window.events.isEmpty }

    /// Sets that would come and whose place is taken.
    var waiting: Int { held.count - counted }

    mutating func hold(_ set: HeldSet) {
        release(set.key)
        held[set.key] = set
        counted += set.isCounted ? 1 : 0
        removals += set.isRemoval ? 1 : 0
    }

    mutating func release(_ key: RecordSetKey) {
        guard let set = held.removeValue(forKey: key) else { return }
        counted -= set.isCounted ? 1 : 0
        removals -= set.isRemoval ? 1 : 0
    }

    /// Gives back everything that is held.
    mutating func releaseAll() -> [HeldSet] {
        defer {
            held.removeAll()
            (counted, removals, reason, sinceSeconds) = (0, 0, nil, 0)
        }
        return Array(held.values)
    }

    /// A set that is held excludes this one.
    func obstructs(_ key: RecordSetKey) -> Bool {
        RecordType.ofGuests.contains { type in
            let other = RecordSetKey(owner: key.owner, type: type)
            return other.excludes(key) && held[other]?.standing != nil
        }
    }
}

extension RecordType {
    /// The types that guests' claims come to.
    static let ofGuests: [RecordType] = [.a, .cname, .ptr, .aaaa]
}
