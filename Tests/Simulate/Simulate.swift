import Glibc
import Simulation

/// Runs simulations one after the other and prints what came of them, a line for each fact:
///
///     simulate FIRST COUNT [NODES]   seeds from FIRST on, at NODES nodes or at 3 and 5 in turn
///
/// The seed under way is printed before it begins, so that whoever reads knows it after a crash.
@main
enum Simulate {
    static func main() {
        let numbers = CommandLine.arguments.dropFirst().map { UInt64($0) }
        guard (2...3).contains(numbers.count), let first = numbers[0], let count = numbers[1],
            numbers.count < 3 || numbers[2] == 3 || numbers[2] == 5
        else {
            print("usage: simulate FIRST COUNT [3|5]")
            exit(2)
        }
        var coverage = Coverage()
        var failures = 0
        for seed in first..<first + count {
            let size = numbers.count == 3 ? Int(numbers[2] ?? 3) : seed % 2 == 0 ? 3 : 5
            say("begin \(seed) \(size)")
            let report = SimulationRun.run(Scenario(seed: seed, size: size))
            coverage.add(report.coverage)
            say("end \(seed) \(size) \(String(report.traceDigest, radix: 16))")
            guard let violation = report.violation else { continue }
            failures += 1
            for line in report.lastEvents { say("event \(line)") }
            for line in violation.split(separator: "\n") {
                say("violation \(seed) \(size) \(line)")
            }
            say("replay make simulate SEED=\(seed) NODES=\(size)")
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
