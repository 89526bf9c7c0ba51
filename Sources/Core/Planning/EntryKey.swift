/// What tells one entry of a provider from another: a record set, an address, a machine.
package protocol EntryKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Where entries stand that may be in each other's way: for record sets, their owner's name.
    associatedtype Place: Hashable, Comparable, Sendable

    /// Where this one stands.
    var place: Place { get }

    /// The two cannot exist at the same time. Holds both ways, and only within one place.
    func excludes(_ other: Self) -> Bool
}

/// Whose an entry is, as its mark at the provider says. Nothing else is evidence.
package enum Ownership: Hashable, Sendable {
    /// It bears no mark: a person's, or another program's.
    case unmarked
    /// It bears our mark; `isIntact` if its content is still what we wrote with the mark.
    case ours(isIntact: Bool)
    /// It bears the mark of another cluster, named as the mark names it.
    case another(String)
}

/// An entry as it stands at a provider.
package struct FoundEntry<Content: Hashable & Sendable>: Hashable, Sendable {
    /// What it says; `nil` if that is nothing that we would ever write.
    package let content: Content?
    /// Whose it is.
    package let ownership: Ownership

    /// Joins the two.
    package init(_ content: Content?, _ ownership: Ownership) {
        self.content = content
        self.ownership = ownership
    }

    /// We wrote it and nobody else touched it: it may be changed and removed.
    package var isOursToChange: Bool { ownership == .ours(isIntact: true) }
}
