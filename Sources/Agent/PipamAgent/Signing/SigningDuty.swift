import ClusterState
import Inventory
import Logging
import ServiceLifecycle
import Signing
import Zones

/// Signs what is to be signed, on whoever leads: follows the changes of the zones, renews what is
/// about to expire, and sees keys through their lives.
struct SigningDuty: Service {
    /// After an error a zone is looked at again.
    private static let retry = Duration.seconds(5)
    /// Nothing that is due is overlooked for longer.
    private static let longestWait = Duration.seconds(60)
    /// So many steps of one zone before the others get their turn.
    private static let stepsInTurn = 8
    /// No longer may the cluster not have agreed on what time it is: signatures say since when and
    /// until when they hold, and a node with a wrong clock must not make them.
    private static let clockLagSeconds =
        ReplicatedState.advanceIntervalSeconds + ReplicatedState.clockLeadSeconds

    let keeper: StateKeeper
    let office: SigningOffice
    let logger: Logger
    /// The time, in seconds since 1970.
    var clock: @Sendable () -> UInt64 = { WallClock.nowSeconds() }

    private var board: SigningBoard { office.board }

    func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }

    private func work() async {
        var desks: [DomainName: SigningDesk] = [:]
        var term: UInt64 = 0
        while !Task.isCancelled {
            let lead = await keeper.lead
            if !lead.isOurs || lead.term != term {
                desks = [:]
                term = lead.term
            }
            let apexes = lead.isOurs ? await keeper.read { $0.zones.presentSigned } : []
            board.keep(only: Set(apexes))
            desks = desks.filter { apexes.contains($0.key) }
            var wait = Self.longestWait
            for apex in apexes {
                wait = min(wait, await see(to: apex, &desks, under: term))
            }
            await office.signal.wait(until: .now + wait)
        }
    }

    /// Does what is due in one zone; returns after how long to look again.
    private func see(
        to apex: DomainName, _ desks: inout [DomainName: SigningDesk], under term: UInt64
    ) async -> Duration {
        let former = board.current[apex]
        do {
            for _ in 0..<Self.stepsInTurn {
                guard let step = try await step(of: apex, &desks, under: term) else { continue }
                board.put(step, of: apex)
                let now = clock()
                return .seconds(Int(clamping: max(step.nextSeconds ?? now, now) - now))
            }
            return .zero
        } catch {
            desks[apex] = nil
            var standing = former ?? .init()
            standing.failures += 1
            // A node that was down knows what time it is for the others only a second later.
            let isTold = standing.failures > (error is SigningProblem ? 1 : 0)
            standing.problem = isTold ? "\(error)" : former?.problem
            board.put(standing, of: apex)
            if isTold, former?.problem == nil {
                logger.error("a zone cannot be signed: \(error)", metadata: ["zone": "\(apex)"])
            }
            return Self.retry
        }
    }

    /// One step; `nil` if there may be another one at once, else how the zone stands.
    private func step(
        of apex: DomainName, _ desks: inout [DomainName: SigningDesk], under term: UInt64
    ) async throws -> SigningBoard.Standing? {
        guard let view = await keeper.read({ SigningView(apex, $0) }) else { return .init() }
        let now = try agreedSeconds(view)
        let desk = try await desk(of: apex, view, &desks, atSeconds: now)
        if try await sealAnew(apex, view, under: term, atSeconds: now) { return nil }
        let plan = KeySchedule.plan(
            view.policy, view.keys, facts: view.isServed ? desk.facts : nil,
            atSeconds: now)
        if try await carryOut(plan, apex, view, under: term, atSeconds: now) { return nil }
        let found: Result<ZonePublication?, SigningError> = await keeper.read { state in
            let zones = state.zones
            do throws(SigningError) {
                return .success(try desk.publication(of: apex, in: zones, atSeconds: now))
            } catch {
                return .failure(error)
            }
        }
        guard let publication = try found.get() else {
            return SigningBoard.Standing(
                expiresSeconds: desk.firstExpirySeconds,
                nextSeconds: min(desk.nextDueSeconds, plan.nextSeconds ?? .max),
                task: plan.task(in: apex))
        }
        try await publish(publication, desk, &desks, under: term, atSeconds: now)
        return nil
    }

    /// The time, if most of the voters say about the same.
    private func agreedSeconds(_ view: SigningView) throws -> UInt64 {
        let now = clock()
        guard now <= view.advancedSeconds + Self.clockLagSeconds,
            view.advancedSeconds <= now + ReplicatedState.clockLeadSeconds
        else {
            throw SigningProblem.clock(
                aheadSeconds: Int64(clamping: now) - Int64(clamping: view.advancedSeconds))
        }
        return now
    }

    /// The signer of the zone as it is now.
    private func desk(
        of apex: DomainName, _ view: SigningView, _ desks: inout [DomainName: SigningDesk],
        atSeconds seconds: UInt64
    ) async throws -> SigningDesk {
        if let desk = desks[apex], desk.version == view.version, desk.round == view.round {
            return desk
        }
        desks[apex] = nil
        let opened = try office.keys.open(view.keys, of: apex)
        let published = await keeper.read { $0.zones.signed[apex]?.sets ?? [:] }
        let signer = try ZoneSigner(
            apex: apex, policy: view.policy, keys: view.keys, opened: opened,
            published: published, atSeconds: seconds)
        let desk = SigningDesk(signer, version: view.version, round: view.round)
        desks[apex] = desk
        return desk
    }

    private func publish(
        _ publication: ZonePublication, _ desk: SigningDesk,
        _ desks: inout [DomainName: SigningDesk], under term: UInt64, atSeconds seconds: UInt64
    ) async throws {
        let receipt = try await keeper.submit(
            [.publishZone(publication)], atSeconds: seconds, underTerm: term)
        if receipt.outcomes.first?.refusal == nil {
            desk.advance()
        } else {
            // Somebody else's came before: from the state, the next try is right.
            desks[publication.apex] = nil
        }
    }

    /// Closes the keys with the cluster's latest secret, if it has changed; `false` if it has not.
    private func sealAnew(
        _ apex: DomainName, _ view: SigningView, under term: UInt64, atSeconds seconds: UInt64
    ) async throws -> Bool {
        guard let sealed = try office.keys.sealedAnew(view.keys, of: apex) else { return false }
        let order = SigningOrder(apex, policy: view.policy, keys: sealed, base: view.version)
        try await keeper.submit([.signZone(order)], atSeconds: seconds, underTerm: term)
        return true
    }

    /// Has keys go on in their lives; `false` if they stay as they are.
    private func carryOut(
        _ plan: KeyPlan, _ apex: DomainName, _ view: SigningView, under term: UInt64,
        atSeconds seconds: UInt64
    ) async throws -> Bool {
        guard !plan.steps.isEmpty else { return false }
        let changed = try office.keys.changed(
            view.keys, by: plan.steps, view.policy, of: apex, atSeconds: seconds)
        let order = SigningOrder(apex, policy: view.policy, keys: changed, base: view.version)
        let receipt = try await keeper.submit(
            [.signZone(order)], atSeconds: seconds, underTerm: term)
        // Refused if a person changed the keys meanwhile, which the next step sees.
        guard receipt.outcomes.first?.refusal == nil else { return true }
        for step in plan.steps {
            logger.notice("\(step.sentence)", metadata: ["zone": "\(apex)"])
        }
        return true
    }
}

/// What a step has to know of a zone.
struct SigningView: Sendable {
    let policy: SigningPolicy
    let keys: [ZoneKey]
    let version: UInt64
    let round: UInt64
    let isServed: Bool
    let advancedSeconds: UInt64

    /// `nil` if there is nothing to be signed.
    init?(_ apex: DomainName, _ state: borrowing ReplicatedState) {
        guard let signed = state.zones.signedZone(apex) else { return nil }
        policy = signed.policy
        keys = signed.keys
        version = signed.version
        round = signed.round
        isServed = signed.isServed
        advancedSeconds = state.advancedSeconds
    }
}

extension ZoneSet {
    /// The zones that there are and that are to be signed, sorted.
    fileprivate var presentSigned: [DomainName] {
        signed.keys.filter { zones[$0] != nil }.sorted()
    }
}

/// Why nothing is signed although everything is there.
enum SigningProblem: Error, Hashable, CustomStringConvertible {
    /// This host's clock says something else than most.
    case clock(aheadSeconds: Int64)

    var description: String {
        switch self {
        case .clock(let seconds):
            "this host's clock is \(abs(seconds)) s \(seconds > 0 ? "ahead of" : "behind") what "
                + "most voters say; have it set by NTP"
        }
    }
}

extension KeyPlan {
    /// What a person has to do before a key can go on.
    fileprivate func task(in apex: DomainName) -> String? {
        for wait in waits {
            if case .parent(let tag) = wait { return Self.parentTask(of: tag, in: apex) }
        }
        return nil
    }

    /// What a person has to do so that a key can go on that the parent does not know.
    static func parentTask(of tag: UInt16, in apex: DomainName) -> String {
        "give the DS record of key \(tag) to the parent zone, then: "
            + "pipamctl zone dnssec ds-seen \(apex) \(tag)"
    }
}

extension KeyPlan.Step {
    fileprivate var sentence: String {
        switch self {
        case .create(let role, _): "a new key was made, \(role)"
        case .advance(let tag, let stage): "key \(tag) is \(stage)"
        case .remove(let tag): "key \(tag) was forgotten"
        }
    }
}
