import CSystemCalls
import Glibc

// What Benchmarks/cluster/run measures with, beside whole agents:
//
//     cluster-bench authority DIRECTORY             credentials of three nodes
//     cluster-bench replica DIRECTORY NUMBER PEER-PORTS... CLIENT-PORT
//     cluster-bench client PORT SECONDS IN-FLIGHT   commits of 1 KiB through a replica
//     cluster-bench snapshot FILE                   writes the state of 100,000 guests
//     cluster-bench restore FILE                    reads it

// As the agent does.
pipam_memory_use_one_arena()
let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.compactMap(Int.init)
switch (arguments.first, arguments.dropFirst().first) {
case ("authority", let directory?):
    try BenchAuthority.write(to: directory)
case ("replica", let directory?) where numbers.count == 1 + BenchAuthority.nodes + 1:
    try await BenchReplica(
        directory: directory, number: UInt64(numbers[0]),
        peerPorts: Array(numbers.dropFirst().dropLast()), clientPort: numbers[numbers.count - 1]
    ).run()
case ("client", _) where numbers.count == 3:
    try CommitClient(port: numbers[0], isInFlight: numbers[2]).run(seconds: numbers[1])
case ("snapshot", let file?):
    try SnapshotMeasure.write(to: file)
case ("restore", let file?):
    try SnapshotMeasure.restore(from: file)
default:
    preconditionFailure("see the head of Benchmarks/cluster/main.swift")
}
