import ClusterState
import Inventory
import Logging

/// Logs once what of a guest is not published, and why: the alarm of whoever does not look at
/// `pipam output`.
struct FindingReporter {
    private let logger: Logger
    private var known: [GuestID: Set<Publication.Finding>] = [:]

    init(logger: Logger) {
        self.logger = logger
    }

    /// Compares some guests, and those that had findings before, with the last time. What is
    /// nobody's fault - link-local addresses, guests that are not meant to be published - is left
    /// to `pipam output`.
    mutating func report(on state: ReplicatedState, lookingAt ids: Set<GuestID>) {
        for id in ids.union(known.keys).sorted() {
            let findings = (state.standing(of: id)?.findings ?? []).filter(\.reason.isAlarming)
            for finding in findings where !(known[id]?.contains(finding) ?? false) {
                logger.warning(
                    "not published: \(finding.reason)",
                    metadata: ["guest": "\(id)", "subject": "\(finding.subject)"])
            }
            known[id] = findings.isEmpty ? nil : Set(findings)
        }
    }
}

extension Withholding {
    /// Somebody has to do something, or the guest stays without what it should have.
    fileprivate var isAlarming: Bool {
        switch self {
        case .seenOnSeveralGuests, .addressHeld, .illegalName, .tooLong, .outsideZones, .notTrusted,
            .reserved, .staticName, .delegated, .staticZone, .nameHeld, .nameFull,
            .aliasWithoutTarget, .braked, .badSettings, .privateInPublicZone, .noName:
            true
        case .notRoutable, .selfAssigned, .tunnel, .skipped, .notAttached, .notPrimary, .notInUse,
            .virtualRouter, .hostRoute, .maturing, .onePerPrefix, .noMapping, .template, .ignored,
            .inTransition, .stopped, .destroyed, .noAddress:
            false
        }
    }
}
