/// What the address claims of one small pool do when one client uses them at a time. Written from
/// the description, not from the code that it checks: addresses are places 0, 1, 2 ... of the pool,
/// keys are numbers.
package enum ClaimModel: SequentialModel {
    /// How many addresses a pool has.
    package static let size = 6

    /// Who holds an address.
    package struct Holding: Hashable, Sendable {
        /// The key.
        package let key: Int
        /// The index of the command that granted it; `nil` if nobody was told yet.
        package var fence: UInt64?
        /// It does not expire.
        package var isConfirmed: Bool

        /// Joins the three.
        package init(key: Int, fence: UInt64?, isConfirmed: Bool) {
            self.key = key
            self.fence = fence
            self.isConfirmed = isConfirmed
        }
    }

    /// All addresses, and the highest fence that anybody was told.
    package struct State: Hashable, Sendable {
        var places: [Holding?] = Array(repeating: nil, count: ClaimModel.size)
        var lastFence: UInt64 = 0

        func place(of key: Int) -> Int? {
            places.firstIndex { $0?.key == key }
        }
    }

    /// How an address is chosen.
    package enum Strategy: Hashable, Sendable {
        /// The lowest one.
        case sequential
        /// Any.
        case random
        /// This one.
        case exactly(Int)
        /// What the key has.
        case onlyHeld
    }

    /// What clients ask.
    package enum Input: Hashable, Sendable {
        /// An address for a key.
        case claim(key: Int, Strategy)
        /// That it does not expire.
        case confirm(key: Int, fence: UInt64?)
        /// That it is free.
        case release(key: Int, fence: UInt64?)
        /// The leader's `advance` took it back.
        case expire(key: Int, fence: UInt64)
        /// The whole pool.
        case read
    }

    /// What clients are told.
    package enum Output: Hashable, Sendable {
        /// It has, or had until this, this place.
        case holding(place: Int, fence: UInt64)
        /// Another key has it.
        case heldByAnother
        /// No address is free.
        case full
        /// The key has none.
        case nothing
        /// The key has another grant than the one that was meant.
        case otherGrant
        /// It expired.
        case expired
        /// Every place.
        case places([Holding?])
    }

    /// All free.
    package static var initial: State { State() }

    package static func step(_ state: State, _ input: Input, _ output: Output?) -> [State] {
        switch input {
        case .claim(let key, let strategy):
            return claim(state, key, strategy, output)
        case .confirm(let key, let fence):
            return settle(state, key, fence, output) { $0?.isConfirmed = true }
        case .release(let key, let fence):
            return settle(state, key, fence, output) { $0 = nil }
        case .expire(let key, let fence):
            guard let place = state.place(of: key), let holding = state.places[place],
                !holding.isConfirmed, holding.fence ?? fence == fence
            else { return [] }
            var next = state
            next.places[place] = nil
            return [next]
        case .read:
            guard case .places(let seen) = output else { return output == nil ? [state] : [] }
            return told(state, of: seen).map { [$0] } ?? []
        }
    }

    private static func claim(
        _ state: State, _ key: Int, _ strategy: Strategy, _ output: Output?
    ) -> [State] {
        let held = state.place(of: key)
        if let held, strategy != .exactly(held), case .exactly = strategy {
            // One that is in use does not move.
            if state.places[held]?.isConfirmed ?? false {
                return output == nil || output == .heldByAnother ? [state] : []
            }
            // It asks for another address than it has: granted if that is free.
            return grant(state, key, movingFrom: held, strategy, output)
        }
        guard let held else { return grant(state, key, movingFrom: nil, strategy, output) }
        switch output {
        case nil: return [state]
        case .holding(let place, let fence):
            return place == held ? known(state, place, fence).map { [$0] } ?? [] : []
        default: return []
        }
    }

    private static func grant(
        _ state: State, _ key: Int, movingFrom old: Int?, _ strategy: Strategy, _ output: Output?
    ) -> [State] {
        let free = state.places.indices.filter { state.places[$0] == nil }
        let choices: [Int]
        let refusal: Output
        switch strategy {
        case .sequential:
            choices = Array(free.prefix(1))
            refusal = .full
        case .random:
            choices = free
            refusal = .full
        case .exactly(let place):
            choices = free.filter { $0 == place }
            refusal = .heldByAnother
        case .onlyHeld:
            choices = []
            refusal = .nothing
        }
        switch output {
        case nil:
            return choices.isEmpty
                ? [state] : choices.map { granted(state, key, at: $0, movingFrom: old, nil) }
        case .holding(let place, let fence):
            // A grant is fenced by its index in the log, so a later one has a higher one.
            return choices.contains(place) && fence > state.lastFence
                ? [granted(state, key, at: place, movingFrom: old, fence)] : []
        default: return choices.isEmpty && output == refusal ? [state] : []
        }
    }

    private static func granted(
        _ state: State, _ key: Int, at place: Int, movingFrom old: Int?, _ fence: UInt64?
    ) -> State {
        var next = state
        if let old { next.places[old] = nil }
        next.places[place] = Holding(key: key, fence: fence, isConfirmed: false)
        next.lastFence = fence ?? state.lastFence
        return next
    }

    private static func settle(
        _ state: State, _ key: Int, _ fence: UInt64?, _ output: Output?,
        change: (inout Holding?) -> Void
    ) -> [State] {
        guard let place = state.place(of: key), let holding = state.places[place] else {
            return output == nil || output == .nothing ? [state] : []
        }
        var results: [State] = []
        // A grant that nobody was told of may be the one that is meant, or not.
        if fence == nil || holding.fence == nil || holding.fence == fence {
            var next = state
            if let fence { next.places[place]?.fence = fence }
            change(&next.places[place])
            switch output {
            case nil: results.append(next)
            case .holding(place, let told) where holding.fence ?? fence ?? told == told:
                if next.places[place] != nil { next.places[place]?.fence = told }
                next.lastFence = max(next.lastFence, told)
                results.append(next)
            default: break
            }
        }
        if fence != nil, holding.fence != fence, output == nil || output == .otherGrant {
            results.append(state)
        }
        return results
    }

    /// The state after somebody was told a grant's fence; `nil` if it is another.
    private static func known(_ state: State, _ place: Int, _ fence: UInt64) -> State? {
        guard state.places[place]?.fence ?? fence == fence else { return nil }
        var next = state
        next.places[place]?.fence = fence
        next.lastFence = max(next.lastFence, fence)
        return next
    }

    private static func told(_ state: State, of seen: [Holding?]) -> State? {
        var next = state
        for (place, holding) in seen.enumerated() {
            guard let holding else {
                guard state.places[place] == nil else { return nil }
                continue
            }
            guard let mine = state.places[place], mine.key == holding.key,
                mine.isConfirmed == holding.isConfirmed, let fence = holding.fence,
                let known = known(next, place, fence)
            else { return nil }
            next = known
        }
        return next
    }
}
