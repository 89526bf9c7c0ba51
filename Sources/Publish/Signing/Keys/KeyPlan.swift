package import Zones

/// What is to be done about a zone's keys now, and what has to be waited for.
package struct KeyPlan: Hashable, Sendable {
    /// A change of the keys.
    package enum Step: Hashable, Sendable {
        /// Makes a key that begins at this stage.
        case create(ZoneKey.Role, ZoneKey.Stage)
        /// Takes a key to its next stage, now.
        case advance(tag: UInt16, to: ZoneKey.Stage)
        /// Forgets a key.
        case remove(tag: UInt16)
    }

    /// Why a key does not go on.
    package enum Wait: Hashable, Sendable {
        /// The zone's keys have yet to be published as they are now.
        case publication
        /// Until every set has a signature of the key.
        case coverage(tag: UInt16)
        /// Until nobody has a set without one.
        case coverageSpread(tag: UInt16, untilSeconds: UInt64)
        /// Until everybody has the key.
        case spread(tag: UInt16, untilSeconds: UInt64)
        /// Until somebody says that the parent has the key's DS record.
        case parent(tag: UInt16)
        /// Until nobody has the parent's former DS records any more.
        case parentCaches(tag: UInt16, untilSeconds: UInt64)
        /// Until no set has a signature of the key.
        case signatures(tag: UInt16, count: Int)
        /// Until a key that the parent knows has taken the place of this one.
        case successor(tag: UInt16)
        /// Until nobody has what the key signed any more.
        case caches(tag: UInt16, untilSeconds: UInt64)
        /// Until the key has got old.
        case age(tag: UInt16, untilSeconds: UInt64)

        /// When it is over, in seconds since 1970; `nil` if nobody knows.
        package var untilSeconds: UInt64? {
            switch self {
            case .publication, .coverage, .parent, .signatures, .successor: nil
            case .coverageSpread(_, let seconds), .spread(_, let seconds),
                .parentCaches(_, let seconds), .caches(_, let seconds), .age(_, let seconds):
                seconds
            }
        }
    }

    /// To be done at once and together.
    package var steps: [Step] = []
    /// In order of the keys' tags.
    package var waits: [Wait] = []

    /// What is to be done, and what to be waited for.
    package init(steps: [Step] = [], waits: [Wait] = []) {
        self.steps = steps
        self.waits = waits
    }

    /// When to look again if nothing else changes, in seconds since 1970; `nil` if time alone
    /// brings nothing.
    package var nextSeconds: UInt64? { waits.compactMap(\.untilSeconds).min() }
}

/// Why keys are not changed as somebody asks.
package enum KeyRefusal: Error, Hashable, Sendable {
    /// The zone's keys have that algorithm already.
    case sameAlgorithm
    /// The zone has no keys of this role.
    case unusedRole(ZoneKey.Role)
    /// A key that does the same is on its way in or out.
    case underWay(tag: UInt16)
    /// The zone is about to be unsigned.
    case leaving
    /// Signatures are to be made anew almost as soon as they are made.
    case refreshTooEarly
    /// Caches may hold a key longer than signatures are good for when they are made anew.
    case keyTTLTooLong
    /// Signatures are good for less than a day, or more than a year.
    case signatureLife
}

extension KeyRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .sameAlgorithm: "the zone's keys have that algorithm already"
        case .unusedRole(let role):
            switch role {
            case .combined: "the zone has separate keys for its keys and its records"
            case .keySigning, .zoneSigning: "one key signs everything in this zone"
            }
        case .underWay(let tag): "key \(tag) is still being changed; wait for it"
        case .leaving: "the zone is about to be unsigned"
        case .refreshTooEarly:
            "signatures must be good for at least a third longer than what is left of them when "
                + "they are made anew"
        case .keyTTLTooLong:
            "the keys' time to live must not be longer than what is left of a signature when it is "
                + "made anew"
        case .signatureLife: "signatures must be good for one day to one year"
        }
    }
}
