/// What is to happen, in the order of time; what is due at the same moment happens in the order in
/// which it was put in. A binary heap.
package struct EventQueue<Event> {
    private struct Entry {
        let time: VirtualTime
        let number: UInt64
        let event: Event

        func isBefore(_ other: Entry) -> Bool {
            time == other.time ? number < other.number : time < other.time
        }
    }

    private var heap: [Entry] = []
    private var nextNumber: UInt64 = 0

    /// With nothing to happen.
    package init() {}

    /// How many events wait.
    package var count: Int { heap.count }

    /// When the next one is due; `nil` if there is none.
    package var nextTime: VirtualTime? { heap.first?.time }

    /// Puts an event in.
    package mutating func add(_ event: Event, at time: VirtualTime) {
        heap.append(Entry(time: time, number: nextNumber, event: event))
        nextNumber += 1
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the earliest out; `nil` if there is none.
    package mutating func next() -> (time: VirtualTime, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.time, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
