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
}
