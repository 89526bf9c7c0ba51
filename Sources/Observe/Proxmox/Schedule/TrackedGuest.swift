import Inventory

/// What is remembered of a guest between two collections.
///
///     entry changes ---------> configuration wanted --read--> known
///     starts, moves, is due -> look due --asked--> observation, next look later
///     stops -----------------> nothing observed, no look
struct TrackedGuest {
    /// As the cluster lists it.
    private(set) var entry: ResourceEntry
    /// As last read; `nil` before it was.
    private(set) var configuration: GuestConfiguration?
    /// When the configuration was last read.
    private(set) var configurationReadAt: ContinuousClock.Instant?
    /// Something happened since.
    private(set) var wantsConfiguration = true
    /// What the guest answered since it was started; `nil` when it was not asked yet.
    private(set) var observation: Observation?
    /// As last reported.
    var hostName: String?

    private var uptime: Int
    private var lookDue: ContinuousClock.Instant?
    private var backOff = BackOff()

    init(_ entry: ResourceEntry, uptime: Int, now: ContinuousClock.Instant) {
        self.entry = entry
        self.uptime = uptime
        lookDue = entry.runState == .running ? now : nil
    }

    /// Takes over what the cluster lists. True if anything changed that the configuration or the
    /// addresses may follow.
    mutating func update(
        _ listed: ResourceEntry, uptime newUptime: Int, now: ContinuousClock.Instant
    ) -> Bool {
        let new = listed.completed(from: entry)
        let isRestarted = new.runState == .running && newUptime < uptime
        let isChanged = new != entry || isRestarted
        let hasMoved = new.place != entry.place
        let isStarted = new.runState == .running && entry.runState == .stopped
        entry = new
        // A node that has been silent lists no uptime.
        if new.runState != .unknown { uptime = newUptime }
        if isChanged { wantsConfiguration = true }
        if isStarted || isRestarted || new.runState == .stopped { observation = nil }
        if new.runState == .stopped { lookDue = nil }
        if new.runState == .running, isStarted || isRestarted || hasMoved || lookDue == nil {
            lookDue = now
            backOff.reset()
        }
        return isChanged
    }

    /// Takes over how long a guest has been running whose entry is as it was. `false` if it was
    /// started anew, which is left to `update`.
    mutating func goesOn(uptime newUptime: Int) -> Bool {
        guard entry.runState != .unknown else { return true }
        guard entry.runState != .running || newUptime >= uptime else { return false }
        uptime = newUptime
        return true
    }

    /// The configuration was read.
    mutating func take(_ new: GuestConfiguration, now: ContinuousClock.Instant) {
        // Changed interfaces or an agent switched on: what is seen inside may follow.
        let isRelevant =
            new.interfaces != configuration?.interfaces
            || new.isAgentEnabled != configuration?.isAgentEnabled
        if isRelevant, entry.runState == .running { lookDue = now }
        configuration = new
        configurationReadAt = now
        wantsConfiguration = false
    }

    /// What to ask now; `nil` when nothing is due, or when there is nobody to ask.
    func dueLook(now: ContinuousClock.Instant) -> Call? {
        guard let configuration, !wantsConfiguration, entry.runState == .running,
            let lookDue, lookDue <= now
        else { return nil }
        switch entry.place.kind {
        case .lxc: return .containerInterfaces(entry.place)
        case .qemu: return configuration.isAgentEnabled ? .agentInterfaces(entry.place) : nil
        }
    }

    /// The guest was asked. `pauses` tells when to ask again: soon after a silence, and soon also
    /// while it has no address yet; at its interval otherwise.
    mutating func take(
        _ new: Observation, now: ContinuousClock.Instant, settings: ProxmoxSettings, random: Double
    ) {
        observation = new
        let isContainer = entry.place.kind == .lxc
        let interval = isContainer ? settings.containerInterval : settings.agentInterval
        let spread = settings.intervalSpread
        if isSettled {
            backOff.reset()
            lookDue = now + interval * (1 - spread + 2 * spread * random)
            return
        }
        let isAnswer = if case .interfaces = new { true } else { false }
        let maximum = isAnswer ? min(interval, settings.maximumBackOff) : settings.maximumBackOff
        lookDue =
            now + backOff.next(first: settings.firstBackOff, maximum: maximum, random: random)
    }

    /// The guest answered, and has an address or nothing to have one on.
    private var isSettled: Bool {
        guard case .interfaces(let seen)? = observation else { return false }
        let own = configuration?.interfaces ?? []
        return own.allSatisfy { $0.mac == nil }
            || AddressMatch.isSettled(AddressMatch.attach(seen, to: own, origin: .agent))
    }
}
