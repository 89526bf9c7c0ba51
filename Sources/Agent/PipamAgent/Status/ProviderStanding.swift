package import Planning
package import Zones

/// How things stand with one provider, put together from what the requests to it brought.
package struct ProviderStanding: Sendable {
    /// Something that should be at the provider and is not, or the other way round.
    package struct OpenEntry: Hashable, Sendable {
        /// What keeps it from being so.
        package enum Cause: Hashable, Sendable {
            /// It is not ours to change.
            case conflict
            /// The brake holds it back.
            case held
            /// The zone was never approved.
            case unapproved
            /// It was as it should be, and somebody else changed that.
            case drifted
        }

        /// The provider's name for the zone; `nil` if it has none.
        package let zone: String?
        /// What keeps it.
        package let cause: Cause
        /// The same in words, with the remedy.
        package let reason: String
        /// Somebody else's entry that says the same: it can be taken over.
        package var isAdoptable = false
        /// What stands there, for people; empty if nothing does or nobody looked.
        package var standing: [String] = []
        /// What should stand there, for people.
        package var wanted: [String] = []
    }

    /// One zone.
    package struct Zone: Hashable, Sendable {
        /// It may be written to.
        package var isApproved = false
        /// Why nothing can be done there, with the remedy.
        package var obstacle: String?
        /// What should be known, with the remedies.
        package var warnings: [String] = []
        /// Entries of ours in it: those of the last look at everything, and what was written since.
        package var entries = 0
        /// Why the brake holds something back.
        package var brake: Brake.Reason?
    }

    /// What it is called in the settings.
    package let name: String
    /// What the server says it is; empty until it was reached.
    package private(set) var server = ""
    /// By the provider's name.
    package private(set) var zones: [String: Zone] = [:]
    /// Everything that is not as it should be and cannot be made so by waiting.
    package private(set) var open: [RecordSetKey: OpenEntry] = [:]
    /// When a request last came to its end, in seconds since 1970.
    package private(set) var lastSuccessSeconds: UInt64?
    /// Why the last one did not.
    package private(set) var failure: ProviderError?
    /// It did not although nothing but reading was asked for.
    private var failsToRead = false
    /// When the next try is due after a failure, in seconds since 1970.
    package var nextAttemptSeconds: UInt64?
    /// Sets written or removed since the start.
    package private(set) var written: UInt64 = 0

    /// Nothing is known yet.
    init(name: String) {
        self.name = name
    }

    /// Takes in what a request brought.
    mutating func take(
        _ report: PublishingReport, for request: PublishingRequest, atSeconds seconds: UInt64
    ) {
        written += UInt64(report.written)
        // Nobody waited for the end, so nothing is known of it.
        guard report.failure?.kind != .cancelled else { return }
        if !report.server.isEmpty { server = report.server }
        // That reading succeeds does not mean that writing does.
        if report.failure != nil || request.mayWrite || failsToRead {
            failure = report.failure
            failsToRead = failure != nil && !request.mayWrite
        }
        if report.failure == nil { lastSuccessSeconds = seconds }
        // A plan for taking over or away says nothing about what should be there.
        guard request.tellsStanding else {
            for zone in report.zones { zones[zone.zone]?.entries += zone.growth }
            return
        }
        let isWhole = request.depth == .everything && request.zone == nil && report.failure == nil
        if isWhole {
            zones = [:]
            open = [:]
        }
        forget(report)
        for zone in report.zones { take(zone, of: request) }
        for (key, reason) in report.homeless {
            open[key] = OpenEntry(zone: nil, cause: .conflict, reason: reason)
        }
    }

    /// Leaves out what is told anew. A zone that the request did not get to stands as it stood.
    private mutating func forget(_ report: PublishingReport) {
        let seen = Set(
            report.zones.filter { $0.plan != nil || $0.obstacle != nil }.map(\.zone))
        for key in report.lookedAt where open[key]?.zone.map(seen.contains) ?? true {
            open[key] = nil
        }
    }

    private mutating func take(
        _ report: PublishingReport.ZoneReport, of request: PublishingRequest
    ) {
        var zone = Zone()
        zone.isApproved = report.isApproved
        zone.obstacle = report.obstacle
        zone.warnings = report.warnings
        let holdsStill = open.values.contains { $0.cause == .held && $0.zone == report.zone }
        zone.brake = report.plan?.brake ?? (holdsStill ? zones[report.zone]?.brake : nil)
        zone.entries = (zones[report.zone]?.entries ?? 0) + report.growth
        if request.depth == .everything, let plan = report.plan {
            let others = (plan.groups + plan.held).flatMap(\.steps).count(where: \.isCounted)
            zone.entries = plan.settled.count + others + report.growth
        }
        zones[report.zone] = zone
        note(
            report.unread.filter { open[$0] == nil }.map { ($0, Self.unapproved) }, .unapproved,
            report.zone)
        guard let plan = report.plan else { return }
        let steps = plan.groups.flatMap(\.steps)
        // What stands only at the provider is among no sets that were asked for.
        for step in steps { open[step.key] = nil }
        for conflict in plan.conflicts {
            let (standing, wanted) = conflict.lines
            open[conflict.key] = OpenEntry(
                zone: report.zone, cause: .conflict, reason: conflict.reason.description,
                isAdoptable: conflict.reason == .unmarked(isEqual: true), standing: standing,
                wanted: wanted)
        }
        note(report.refused.map { ($0.key, $0.value) }, .conflict, report.zone)
        if !report.isApproved {
            note(steps.map { ($0.key, Self.unapproved) }, .unapproved, report.zone)
        } else if !request.mayWrite {
            note(report.drifted.map { ($0, Self.drifted) }, .drifted, report.zone)
        }
        if let brake = plan.brake {
            let held = plan.held.flatMap(\.steps).map(\.key)
            note(held.map { ($0, "held back by the brake: \(brake)") }, .held, report.zone)
        }
    }

    private static let drifted =
        "it was changed there behind our back; pipam reconcile puts it right"
    private static let unapproved =
        "the zone was never written to; look at pipamctl plan show, then pipamctl plan apply"

    private mutating func note(
        _ entries: [(RecordSetKey, String)], _ cause: OpenEntry.Cause, _ zone: String
    ) {
        for (key, reason) in entries {
            open[key] = OpenEntry(zone: zone, cause: cause, reason: reason)
        }
    }
}

extension ProviderStanding {
    /// How many entries something keeps from being as they should.
    package func count(_ cause: OpenEntry.Cause) -> Int {
        open.values.count { $0.cause == cause }
    }
}
