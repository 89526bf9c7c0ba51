/// What has to be done to one zone of a provider so that it says what it should, and what stands in
/// the way. A plan is a value: it is made, shown, and carried out or not. Everything in it is
/// sorted, so that equal plans print equally.
package struct Plan<Key: EntryKey, Content: Hashable & Sendable>: Hashable, Sendable {
    /// One entry, from what is there to what should be.
    package enum Step: Hashable, Sendable {
        /// There is nothing, or an entry that the same group takes away.
        case create(Key, Content)
        /// Ours, to be given another content.
        case change(Key, from: Content, to: Content)
        /// Ours, to be taken away.
        case remove(Key, Content)
        /// Unmarked, with the content that it should have: it gets our mark. Only when adopting.
        case adopt(Key, Content)

        /// The entry.
        package var key: Key {
            switch self {
            case .create(let key, _), .change(let key, _, _), .remove(let key, _),
                .adopt(let key, _):
                key
            }
        }

        /// The brake counts it.
        package var isCounted: Bool {
            switch self {
            case .create, .adopt: false
            case .change, .remove: true
            }
        }
    }

    /// Steps that make sense only together: they reach the provider in one transaction, removals
    /// first. Sorted by key within.
    package struct Group: Hashable, Sendable {
        /// At least one.
        package let steps: [Step]

        /// Nothing but removals: it waits until everything else is there.
        package var isRemoval: Bool {
            steps.allSatisfy {
                if case .remove = $0 { true } else { false }
            }
        }
    }

    /// Something that should be there and cannot be put there.
    package struct Conflict: Hashable, Sendable {
        /// The entry.
        package let key: Key
        /// What is in the way.
        package let reason: ConflictReason
        /// What stands there under the same key; `nil` if nothing does.
        package let found: FoundEntry<Content>?
        /// What should stand there; `nil` if nothing should.
        package let wanted: Content?

        /// Joins the four.
        package init(
            _ key: Key, _ reason: ConflictReason, found: FoundEntry<Content>? = nil,
            wanted: Content? = nil
        ) {
            self.key = key
            self.reason = reason
            self.found = found
            self.wanted = wanted
        }
    }

    /// The zone, as the provider names it.
    package let zone: String
    /// What to do, in order: creations, then what has other content, then removals.
    package let groups: [Group]
    /// What the brake holds back, in the same order.
    package let held: [Group]
    /// Why it does; `nil` when it holds nothing.
    package let brake: Brake.Reason?
    /// Sorted by key.
    package let conflicts: [Conflict]
    /// Entries of ours at the provider that are as they should be already.
    package let settled: [Key]

    /// There is nothing to do and nothing that cannot be done.
    package var isEmpty: Bool { groups.isEmpty && held.isEmpty && conflicts.isEmpty }

    /// Entries that are not as they should be.
    package var openKeys: Set<Key> {
        Set((groups + held).flatMap(\.steps).map(\.key)).union(conflicts.map(\.key))
    }

    /// The plan with only those groups whose steps all fulfil a condition.
    package func filtered(_ isKept: (Step) -> Bool) -> Plan {
        Plan(
            zone: zone, groups: groups.filter { $0.steps.allSatisfy(isKept) },
            held: held.filter { $0.steps.allSatisfy(isKept) }, brake: brake,
            conflicts: conflicts, settled: settled)
    }

    /// How many steps the brake counts among those to be done.
    package var countedSteps: Int {
        groups.flatMap(\.steps).count(where: \.isCounted)
    }
}

/// Why an entry cannot be written.
package enum ConflictReason: Hashable, Sendable {
    /// An entry without our mark stands there; `isEqual` if it says what ours would.
    case unmarked(isEqual: Bool)
    /// Ours, and somebody changed it; `isWanted` is false if it should not be there any more.
    case edited(isWanted: Bool)
    /// Another cluster's.
    case another(String)
    /// An entry that is not ours to remove excludes it, such as a CNAME.
    case excluded(by: String)
    /// The provider cannot take it; the text names the reason and the remedy.
    case impossible(String)
}

extension ConflictReason: CustomStringConvertible {
    /// What is in the way and what to do.
    package var description: String {
        switch self {
        case .unmarked(isEqual: true):
            "a record made by hand says the same; take it over with pipamctl adopt, or leave it"
        case .unmarked(isEqual: false):
            "a record made by hand stands there; remove it there, or name the guest otherwise"
        case .edited(isWanted: true):
            "ours was changed by hand; remove it there to have it written again"
        case .edited(isWanted: false):
            "ours was changed by hand and is not wanted any more; remove it there"
        case .another(let owner):
            "it belongs to another cluster, \(owner); let one of the two publish the name"
        case .excluded(let key):
            "\(key), which is not ours, cannot stand beside it; remove that, or name the guest "
                + "otherwise"
        case .impossible(let reason): reason
        }
    }
}
