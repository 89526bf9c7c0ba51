import CSystemCalls
import OpenSSL
import Synchronization
import Threads

/// Does the same with many values on several processors at once. Whoever asks waits and does its
/// share; the helpers stand back for other threads, above all for those that answer queries.
final class SideBySide<Value: Sendable, Outcome: Sendable>: Sendable {
    /// What is taken at a time: short enough that nobody waits long for the last one.
    private static var portion: Int { 4 }
    /// With fewer portions than this, helpers cost more than they bring.
    private static var leastPortions: Int { 8 }
    /// How far a helper stands back for others.
    private static var niceness: Int32 { 10 }
    /// As many as this process may use, and as can sign at once.
    private static var processors: Int {
        min(Int(pipam_processors()), KeyPair.simultaneousSigners)
    }

    private let values: [Value]
    private let work: @Sendable (Value) -> Outcome
    private let next = Atomic<Int>(0)
    private let found = Mutex<[(start: Int, outcomes: [Outcome])]>([])

    private init(_ values: [Value], _ work: @escaping @Sendable (Value) -> Outcome) {
        self.values = values
        self.work = work
    }

    /// The outcomes in the order of the values, made by up to `workers` threads, this one among
    /// them: as many as there are processors unless told otherwise.
    static func map(
        _ values: [Value], workers: Int? = nil,
        _ work: @escaping @Sendable (Value) -> Outcome
    ) -> [Outcome] {
        let workers = workers ?? processors
        guard workers > 1, values.count >= leastPortions * portion else { return values.map(work) }
        let shared = SideBySide(values, work)
        // Without a thread to help, whoever asks does it all.
        let helpers = (1..<workers).compactMap { _ in
            try? OwnThread("pipam-signs") {
                pipam_thread_stand_back(niceness)
                shared.doShare()
            }
        }
        shared.doShare()
        for helper in helpers { helper.join() }
        return shared.found.withLock { found in
            found.sorted { $0.start < $1.start }.flatMap(\.outcomes)
        }
    }

    private func doShare() {
        var mine: [(start: Int, outcomes: [Outcome])] = []
        while true {
            let start = next.wrappingAdd(Self.portion, ordering: .relaxed).oldValue
            guard start < values.count else { break }
            let end = min(start + Self.portion, values.count)
            mine.append((start, values[start..<end].map(work)))
        }
        found.withLock { $0 += mine }
    }
}
