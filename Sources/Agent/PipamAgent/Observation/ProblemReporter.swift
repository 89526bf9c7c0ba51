import Logging
import Proxmox

/// Logs a problem when it appears and when it is over, not each time it is met again. Only a full
/// collection shows that one is over: the others do not look at everything.
struct ProblemReporter {
    private let logger: Logger
    private var known: Set<Problem> = []
    private var failure: ProxmoxError?

    init(logger: Logger) {
        self.logger = logger
    }

    /// A collection that came to its end.
    mutating func report(_ problems: [Problem], depth: CollectionDepth) {
        if failure != nil {
            logger.notice("Proxmox answers again")
            failure = nil
        }
        let present = Set(problems)
        for problem in problems where !known.contains(problem) {
            logger.warning(
                "\(problem.message)",
                metadata: ["about": "\(problem.scope)", "remedy": "\(problem.remedy)"])
        }
        guard depth == .full else {
            known.formUnion(present)
            return
        }
        for problem in known.subtracting(present).sorted() {
            logger.info("over: \(problem.message)", metadata: ["about": "\(problem.scope)"])
        }
        known = present
    }

    /// A collection that brought nothing.
    mutating func report(_ error: ProxmoxError) {
        guard error != failure else { return }
        failure = error
        logger.warning("\(error), keeping what is known", metadata: ["remedy": "\(error.remedy)"])
    }
}
