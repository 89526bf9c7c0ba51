import Glibc
import HTTPClient
import Inventory
import Proxmox

// Collects from the cluster that Benchmarks/collect/run started, and tells how long it took.
//
//     collect-bench URL FINGERPRINT TOKEN SECRET
//
// Prints "first SECONDS GUESTS OBSERVED", waits for a line, follows the unchanged cluster for ten
// cycles of thirty seconds, played in three seconds each, and prints "cycles COUNT".

/// Cycles of steady state, and quick polls in each.
let cycles = 10
let pollsPerCycle = 15
/// How much faster than life the steady state is played.
let speed = 10

let arguments = CommandLine.arguments
guard arguments.count == 5, let token = APIToken(id: arguments[3], secret: arguments[4]) else {
    preconditionFailure("usage: collect-bench URL FINGERPRINT TOKEN SECRET")
}
var settings = ProxmoxSettings(baseURLs: [arguments[1]], token: token)
settings.trust.fingerprints = [arguments[2]]
settings.collectInterval /= speed
settings.configurationInterval /= speed
settings.agentInterval /= speed
settings.containerInterval /= speed
settings.agentPatience /= speed

let source = try ProxmoxSource(settings: settings, cluster: ClusterID(high: 0, low: 1))
let clock = ContinuousClock()
let start = clock.now
let collection = try await source.collect(.full)
let seconds = (clock.now - start) / .seconds(1)
let observed = collection.reports.filter { $0.addresses == .observed }
for problem in collection.problems { print("problem \(problem.message)") }
print("first \(seconds) \(collection.reports.count) \(observed.count)")
// Who reads this waits for it; a pipe holds lines back.
fflush(nil)

_ = readLine()
let interval = settings.collectInterval / pollsPerCycle
var next = clock.now
for cycle in 0..<cycles {
    for poll in 0..<pollsPerCycle {
        try await Task.sleep(until: next)
        next += interval
        _ = try await source.collect(poll == 0 ? .full : .changes)
    }
    // Late by more than a cycle, the figures would not be those of this speed.
    precondition(clock.now < next + settings.collectInterval, "too slow in cycle \(cycle)")
}
print("cycles \(cycles)")
