extension Brake {
    /// What was removed and changed of late: the brake counts it together with what is asked now.
    package struct Window: Hashable, Sendable {
        /// What was done at one time.
        package struct Event: Hashable, Sendable {
            /// When, in seconds since 1970.
            package let atSeconds: UInt64
            /// How many removals and changes; at least one.
            package internal(set) var count: Int

            /// Joins the two.
            package init(atSeconds: UInt64, count: Int) {
                self.atSeconds = atSeconds
                self.count = count
            }

            /// It still counts.
            fileprivate func isRecent(atSeconds now: UInt64) -> Bool {
                now < atSeconds || now - atSeconds < Brake.windowSeconds
            }
        }

        /// In order of time, one for each second in which something was done.
        package private(set) var events: [Event] = []

        /// Nothing was done yet.
        package init() {}

        /// Puts a window together again.
        ///
        /// - `events`: from `events`, in that order.
        package init(events: [Event]) {
            self.events = events
        }

        /// How many removals and changes count at a time.
        package func count(atSeconds now: UInt64) -> Int {
            events.reduce(0) { $1.isRecent(atSeconds: now) ? $0 + $1.count : $0 }
        }

        /// Takes note of what is done now, and forgets what does not count any more.
        ///
        /// - `now`: never less than the last time.
        package mutating func add(_ count: Int, atSeconds now: UInt64) {
            prune(atSeconds: now)
            guard count > 0 else { return }
            if let last = events.indices.last, events[last].atSeconds >= now {
                events[last].count += count
            } else {
                events.append(Event(atSeconds: now, count: count))
            }
        }

        /// Forgets what does not count any more.
        package mutating func prune(atSeconds now: UInt64) {
            if let first = events.first, !first.isRecent(atSeconds: now) {
                events.removeAll { !$0.isRecent(atSeconds: now) }
            }
        }

        /// Everything that was done counts as nothing from now on.
        package mutating func clear() {
            events.removeAll()
        }

        /// When the window will have more room than now, in seconds since 1970; `nil` if it is
        /// empty.
        package var nextChangeSeconds: UInt64? {
            events.first.map { event in
                let (sum, overflow) = event.atSeconds.addingReportingOverflow(Brake.windowSeconds)
                return overflow ? .max : sum
            }
        }
    }
}
