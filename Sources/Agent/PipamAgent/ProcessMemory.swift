import CSystemCalls

/// How much memory the process keeps that it does not use.
package enum ProcessMemory {
    /// Has all threads share one arena of the allocator. Names are answered without allocating, so
    /// threads do not wait for each other there; an arena for each would hold megabytes back.
    package static func useOneArena() {
        pipam_memory_use_one_arena()
    }

    /// Gives back what a burst of work left free.
    static func trim() {
        pipam_memory_trim()
    }

    /// Gives back what a burst of work needed: free memory, and code that hardly runs at rest.
    static func settle() {
        pipam_memory_trim()
        pipam_memory_forget_code()
    }
}

/// Sees to it that memory is given back when a burst of work is over.
///
///     busy --a full collection without news--> at rest --news--> busy
struct MemoryKeeper {
    private var isAtRest = false

    /// A collection came to its end. One that is full reads a long list, which leaves holes,
    /// whatever it brought.
    mutating func collected(inFull isFull: Bool, broughtNews: Bool) {
        if broughtNews {
            isAtRest = false
            ProcessMemory.trim()
        } else if isFull {
            if isAtRest { ProcessMemory.trim() } else { ProcessMemory.settle() }
            isAtRest = true
        }
    }
}
