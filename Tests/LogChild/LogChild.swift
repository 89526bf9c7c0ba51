import Consensus
import Glibc

/// Proposes one entry after the other to a sole voter and prints the number of each one that was
/// committed, until it is killed. `log-child <directory> [octets] [count]`.
@main struct LogChild {
    static func main() {
        do {
            try run(CommandLine.arguments)
        } catch {
            say("\(error)", to: STDERR_FILENO)
            exit(error.isStorage ? 3 : 2)
        }
    }

    private static func say(_ text: String, to descriptor: Int32) {
        let line = Array(text.utf8) + [10]
        _ = write(descriptor, line, line.count)
    }

    private static func run(_ arguments: [String]) throws(ConsensusError) {
        guard arguments.count > 1, let id = ReplicaID(7) else { exit(64) }
        let directory = arguments[1]
        let size = arguments.count > 2 ? Int(arguments[2]) ?? 100 : 100
        let most = arguments.count > 3 ? UInt64(arguments[3]) ?? .max : .max
        let identity = LogIdentity(cluster: "child", replica: id)
        if !WriteAheadLog.exists(in: directory) {
            try WriteAheadLog.create(in: directory, identity: identity)
        }
        let log = try WriteAheadLog(in: directory, identity: identity)
        let replica = try Replica(
            settings: ReplicaSettings(id: id), log: log,
            bootstrap: [FirstMember(id: id, context: [])], logger: { _, _ in })
        var number: UInt64 = 0
        func settle() throws(ConsensusError) {
            while let progress = try replica.process(send: { _ in }) {
                for case .command(let command) in progress.committed.map(\.content) {
                    let found = command.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                    // One after the other, also over restarts.
                    guard found == number + 1 else { exit(65) }
                    number = found
                    say("\(number)", to: STDOUT_FILENO)
                }
            }
        }
        try settle()
        try replica.campaign()
        try settle()
        while number < most {
            let next = number + 1
            var command = (0..<8).map { UInt8(truncatingIfNeeded: next >> UInt64(56 - 8 * $0)) }
            command += Array(repeating: 1, count: size)
            guard try replica.propose(command) == .accepted else { exit(66) }
            try settle()
        }
    }
}

extension ConsensusError {
    fileprivate var isStorage: Bool {
        if case .storageFailed = self { true } else { false }
    }
}
