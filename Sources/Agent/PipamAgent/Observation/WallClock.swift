import Glibc

/// The wall clock, for the times inside commands.
package enum WallClock {
    /// Seconds since 1970.
    package static func nowSeconds() -> UInt64 {
        UInt64(max(0, time(nil)))
    }
}
