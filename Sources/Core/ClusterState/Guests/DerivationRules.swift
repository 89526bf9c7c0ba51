package import Inventory

/// The rules of one level, by which zones follow from guests. This is the only place where a level
/// makes a difference: whatever derives asks here and nowhere else.
package struct DerivationRules: Sendable {
    /// What a level makes of what one guest claims.
    package typealias Revision = @Sendable (Publication) -> Publication

    /// The level.
    package let level: UInt32
    private let revision: Revision?

    /// Joins the two; without a revision claims are what `Naming` says.
    package init(level: UInt32, revision: Revision? = nil) {
        self.level = level
        self.revision = revision
    }

    /// What a guest claims under these rules.
    func revised(_ publication: Publication) -> Publication {
        revision.map { $0(publication) } ?? publication
    }
}

/// The levels that a program knows. All members follow the rules of one level, which rises only
/// when every one of them can follow: two versions of the program never derive two zones.
package struct DerivationRulebook: Sendable {
    /// The levels, lowest to highest. A new cluster begins at that of its founder.
    package let levels: ClosedRange<UInt32>
    private let make: @Sendable (UInt32) -> DerivationRules

    /// Joins the two.
    package init(
        levels: ClosedRange<UInt32>, make: @escaping @Sendable (UInt32) -> DerivationRules
    ) {
        self.levels = levels
        self.make = make
    }

    /// What this program knows.
    package static let standard = DerivationRulebook(levels: 1...1) { DerivationRules(level: $0) }

    /// The rules of a level, which must be one of `levels`.
    func rules(at level: UInt32) -> DerivationRules {
        precondition(levels.contains(level), "rules of level \(level) of \(levels)")
        return make(level)
    }
}
