import Glibc
import Simulation

/// Runs simulations one after the other and prints what came of them, a line for each fact:
///
///     simulate FIRST COUNT [NODES] [KIND]   seeds from FIRST on, at NODES nodes or, for 0 or
///                                           without it, at 3 and 5 in turn
///
/// The seed under way is printed before it begins, so that whoever reads knows it after a crash.
@main
enum Simulate {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        let numbers = words.prefix(3).map { UInt64($0) }
        let kind = words.count < 4 ? Scenario.Kind.ordinary : Scenario.Kind(rawValue: words[3])
        guard (2...4).contains(words.count), let first = numbers[0], let count = numbers[1],
            let nodes = numbers.count < 3 ? 0 : numbers[2], [0, 3, 5].contains(nodes), let kind
        else {
            let kinds = Scenario.Kind.allCases.map(\.rawValue).joined(separator: "|")
            print("usage: simulate FIRST COUNT [0|3|5 [\(kinds)]]")
            exit(2)
        }
        var coverage = Coverage()
        var failures = 0
        for seed in first..<first + count {
            let size = nodes > 0 ? Int(nodes) : seed % 2 == 0 ? 3 : 5
            say("begin \(seed) \(size)")
            let report = SimulationRun.run(Scenario(seed: seed, size: size, kind: kind))
            coverage.add(report.coverage)
            say("end \(seed) \(size) \(String(report.traceDigest, radix: 16))")
            guard let violation = report.violation else { continue }
            failures += 1
            for line in report.lastEvents { say("event \(line)") }
            for line in violation.split(separator: "\n") {
                say("violation \(seed) \(size) \(line)")
            }
            let suffix = kind == .ordinary ? "" : " KIND=\(kind.rawValue)"
            say("replay make simulate SEED=\(seed) NODES=\(size)\(suffix)")
        }
        say("coverage \(coverage.text)")
        exit(failures == 0 ? 0 : 1)
    }

    /// Whoever waits at the other end of a pipe reads it at once.
    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
