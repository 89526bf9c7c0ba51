import ArgumentParser
import Control

/// Options of the verbs that show replicated state.
struct ReadingOptions: ParsableArguments {
    /// How it is read.
    enum Reading: EnumerableFlag {
        case stale
        case consistent

        static func help(for value: Self) -> ArgumentHelp? {
            switch value {
            case .stale: "At once, from what this node has; it may lag behind."
            case .consistent: "With all that was agreed before; that needs a quorum."
            }
        }
    }

    @Flag(exclusivity: .exclusive)
    var reading: Reading?

    /// The question with what was said; without it the agent decides.
    func of<Answer>(_ call: ControlCall<Answer>) -> ControlCall<Answer> {
        switch reading {
        case .stale: call.reading(stale: true)
        case .consistent: call.reading(stale: false)
        case nil: call
        }
    }
}

/// A span of time: "90", "90s", "15m", "2h", "1d".
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
    let seconds: UInt64

    init(seconds: UInt64) {
        self.seconds = seconds
    }

    init?(argument: String) {
        let digits = argument.prefix { "0"..."9" ~= $0 }
        guard let number = UInt64(digits), let unit = Self.unit(argument[digits.endIndex...]) else {
            return nil
        }
        let (seconds, isTooLong) = number.multipliedReportingOverflow(by: unit)
        guard !isTooLong else { return nil }
        self.seconds = seconds
    }

    var description: String {
        seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }

    private static func unit(_ letter: Substring) -> UInt64? {
        switch letter {
        case "", "s": 1
        case "m": 60
        case "h": 3600
        case "d": 86_400
        default: nil
        }
    }
}
