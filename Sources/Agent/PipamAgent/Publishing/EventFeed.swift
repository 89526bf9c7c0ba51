import ClusterState
import Control
import Inventory
import Logging
import Planning
import Synchronization
import Zones

/// Puts down what happens: in the events that people follow, and in the log where somebody may have
/// to do something.
struct EventFeed: Sendable {
    /// Guests of one command that get an event each; of more there is one for all.
    private static let namedGuests = 20

    /// Where events go.
    let events = EventBuffer()
    let logger: Logger
    /// The zones that the brake held something of, last time.
    private let held = HeldZones()

    init(logger: Logger) {
        self.logger = logger
    }

    /// Commands that were applied.
    func take(_ commands: [StateKeeper.AppliedCommand]) {
        for command in commands {
            for (message, guest) in Self.sentences(command.body) {
                events.append(
                    Event.Draft(
                        time: command.timeSeconds, kind: .command,
                        message: "\(command.index): \(message)", guest: guest))
            }
            for change in command.changes {
                events.append(
                    Event.Draft(
                        time: command.timeSeconds, kind: .command,
                        message: "\(command.index): \(change.sentence)",
                        zone: change.apex.description))
            }
            tellBrake(command)
        }
    }

    /// The brake in our own zones, when it begins to hold and when it holds no more.
    private func tellBrake(_ command: StateKeeper.AppliedCommand) {
        let (begun, over) = held.replace(with: command.held)
        for apex in begun.sorted() {
            guard let held = command.held[apex] else { continue }
            let sets = Wording.count(held.sets, "record set")
            let message = "the brake holds \(sets): \(held.reason)"
            let remedy = "look at pipamctl plan show; if it is right, pipamctl plan apply --force"
            events.append(
                Event.Draft(
                    time: command.timeSeconds, kind: .problem,
                    message: "\(command.index): \(message)", remedy: remedy,
                    provider: AgentControl.ownName, zone: apex.description))
            logger.warning("\(message)", metadata: ["zone": "\(apex)", "remedy": "\(remedy)"])
        }
        for apex in over.sorted() {
            events.append(
                Event.Draft(
                    time: command.timeSeconds, kind: .plan,
                    message: "\(command.index): the brake holds nothing any more",
                    provider: AgentControl.ownName, zone: apex.description))
            logger.notice("the brake holds nothing any more", metadata: ["zone": "\(apex)"])
        }
    }

    private static func sentences(_ body: Command.Body) -> [(String, guest: UInt32?)] {
        switch body {
        case .found(let id, _): [("cluster \(id) founded", nil)]
        case .configure: [("settings changed", nil)]
        case .reportHosts(let hosts): [("\(Wording.count(hosts.count, "host")) reported", nil)]
        case .reportGuests(let reports):
            each(reports.map(\.guest.id.vmid), "guest reported", "guests reported")
        case .reportGone(let ids):
            each(ids.map(\.vmid), "guest destroyed", "guests destroyed")
        case .advance: [("what was due was done", nil)]
        case .recordWrites(let report):
            [
                (
                    "in step at \(report.provider): "
                        + Wording.count(report.done.count, "record set"), nil
                )
            ]
        case .owe(let provider, let keys):
            [("owed to \(provider): \(Wording.count(keys.count, "record set"))", nil)]
        case .approve(let provider, let zone): [("\(zone) at \(provider) approved", nil)]
        case .releaseBrake(.zones): [("the brake in our own zones released", nil)]
        case .releaseBrake(.provider(let name, let zone)):
            [("the brake for \(zone) at \(name) released", nil)]
        case .reportSDN(let publishing):
            [
                (
                    "Proxmox's SDN publishes itself: "
                        + Wording.count(publishing.zones.count, "zone"), nil
                )
            ]
        case .pausePublishing(let isPaused):
            [(isPaused ? "publishing paused" : "publishing resumed", nil)]
        case .settleSettings(let version, let isApproved):
            [("settings \(version) \(isApproved ? "approved" : "withdrawn")", nil)]
        case .reportMember(let report): [("node \(report.node) reported", nil)]
        case .requestJoin(let request): [("\(request.name) asked to join", nil)]
        case .allowReplacement(let name): [("\(name) may be replaced", nil)]
        case .raiseLevel(let level): [("level \(level) reached", nil)]
        case .keepSecret(let offer): [("secret \(offer.id) made", nil)]
        case .shareSecret(let offer):
            [("secret \(offer.id) shared with \(Wording.count(offer.copies.count, "member"))", nil)]
        case .claim(let request):
            [("\(request.key) asked for an address of \(request.pool)", nil)]
        case .settleClaim(let settlement):
            [
                (
                    "\(settlement.key) \(settlement.action == .confirm ? "confirmed" : "gave up")"
                        + " its address of \(settlement.pool)", nil
                )
            ]
        case .editRecords(let edit):
            [("static records: \(Wording.count(edit.changes.count, "set")) changed", nil)]
        case .stageRecords(_, let sets):
            [("\(Wording.count(sets.count, "record set")) of an import came", nil)]
        case .importZone(let zoneImport): [("\(zoneImport.apex) imported", nil)]
        case .removeZone(let removal): [("static records of \(removal.apex) removed", nil)]
        case .signZone(let order): [("keys and policy of \(order.apex) set", nil)]
        case .publishZone(let publication):
            [("\(publication.apex) signed at serial \(publication.serial)", nil)]
        case .unsignZone(let apex, _): [("\(apex) is signed no more", nil)]
        }
    }

    private static func each(
        _ vmids: [UInt32], _ one: String, _ many: String
    ) -> [(String, guest: UInt32?)] {
        vmids.count > namedGuests
            ? [("\(vmids.count) \(many)", nil)] : vmids.map { ("\(one)", $0) }
    }
}

extension ZoneChange {
    /// What became of the zone.
    fileprivate var sentence: String {
        switch self {
        case .replaced(_, let sets): "zone replaced, \(Wording.count(sets.count, "record set"))"
        case .updated(let difference):
            "zone changed: \(Wording.count(difference.changed.count - 1, "set")) written, "
                + "\(difference.removed.count) removed"
        case .drafted(let difference):
            "zone changed: \(Wording.count(difference.changed.count, "set")) to be signed, "
                + "\(difference.removed.count) removed"
        case .signed(let difference):
            "zone signed: \(Wording.count(difference.changed.count - 1, "set")) written, "
                + "\(difference.removed.count) removed"
        case .removed: "zone removed"
        }
    }
}

// MARK: - Providers

extension EventFeed {
    /// What came of a request to a provider, and how it stood before and after.
    func take(
        _ report: PublishingReport, _ request: PublishingRequest, before: ProviderStanding?,
        after: ProviderStanding?
    ) {
        for zone in report.zones { take(zone, request, provider: report.provider) }
        tellFailure(report, before)
        for (name, zone) in (after?.zones ?? [:]).sorted(by: { $0.key < $1.key }) {
            tell(zone, before?.zones[name], name, report.provider)
        }
        tellConflicts(before, after, report.provider)
    }

    private func take(
        _ zone: PublishingReport.ZoneReport, _ request: PublishingRequest, provider: String
    ) {
        guard let plan = zone.plan, !plan.isEmpty else { return }
        let steps = plan.groups.flatMap(\.steps).count
        let held = plan.held.flatMap(\.steps).count
        append(
            .plan,
            "\(Wording.count(steps, "step")), \(held) held back, "
                + "\(plan.conflicts.count) in conflict",
            provider, zone.zone)
        guard zone.written > 0 else { return }
        append(.write, "\(Wording.count(zone.written, "record set")) written", provider, zone.zone)
        logger.info(
            "provider written",
            metadata: [
                "provider": "\(provider)", "zone": "\(zone.zone)", "sets": "\(zone.written)",
            ])
    }

    private func tellFailure(_ report: PublishingReport, _ before: ProviderStanding?) {
        guard let failure = report.failure else {
            if before?.failure != nil {
                append(.plan, "\(report.provider) answers again", report.provider)
                logger.notice("\(report.provider) answers again")
            }
            return
        }
        guard failure.kind != .cancelled, failure != before?.failure else { return }
        append(.problem, failure.reason, report.provider, remedy: failure.remedy)
        logger.warning(
            "\(failure.reason), retrying",
            metadata: ["provider": "\(report.provider)", "remedy": "\(failure.remedy)"])
    }

    private func tell(
        _ zone: ProviderStanding.Zone, _ before: ProviderStanding.Zone?, _ name: String,
        _ provider: String
    ) {
        let problems: [(now: String?, then: String?)] = [
            (zone.obstacle, before?.obstacle),
            (
                zone.brake.map { "the brake holds back: \($0); pipamctl plan show" },
                before?.brake.map { "the brake holds back: \($0); pipamctl plan show" }
            ),
            (
                zone.isApproved || zone.obstacle != nil
                    ? nil : "waits for its first approval; pipamctl plan show, then plan apply",
                before.map { $0.isApproved } ?? true ? nil : ""
            ),
        ]
        for problem in problems {
            guard let now = problem.now.map(ProblemText.init),
                problem.then != "", now.message != problem.then.map({ ProblemText($0).message })
            else { continue }
            append(.problem, now.message, provider, name, remedy: now.remedy)
            logger.warning(
                "\(now.message)",
                metadata: [
                    "provider": "\(provider)", "zone": "\(name)", "remedy": "\(now.remedy)",
                ])
        }
    }

    private func tellConflicts(
        _ before: ProviderStanding?, _ after: ProviderStanding?, _ provider: String
    ) {
        let known = before?.open ?? [:]
        for (key, open) in (after?.open ?? [:]).sorted(by: { $0.key < $1.key })
        where open.cause == .conflict && known[key] != open {
            let text = ProblemText(open.reason)
            append(
                .problem, "\(key): \(text.message)", provider, open.zone, remedy: text.remedy)
            logger.warning(
                "not written: \(text.message)",
                metadata: [
                    "provider": "\(provider)", "set": "\(key)", "remedy": "\(text.remedy)",
                ])
        }
    }

    private func append(
        _ kind: Event.Kind, _ message: String, _ provider: String, _ zone: String? = nil,
        remedy: String? = nil
    ) {
        events.append(
            Event.Draft(
                time: WallClock.nowSeconds(), kind: kind, message: message,
                remedy: remedy.flatMap { $0.isEmpty ? nil : $0 }, provider: provider, zone: zone))
    }
}

/// Remembers which zones are held, to tell what is new.
private final class HeldZones: Sendable {
    private let zones = Mutex<Set<DomainName>>([])

    /// Returns the zones that were not held before, and those that are not held any more.
    func replace(
        with new: [DomainName: StateKeeper.HeldCount]
    ) -> (begun: Set<DomainName>, over: Set<DomainName>) {
        zones.withLock { known in
            let present = Set(new.keys)
            defer { known = present }
            return (present.subtracting(known), known.subtracting(present))
        }
    }
}
