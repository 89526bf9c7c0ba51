import Glibc
import OpenSSL

/// Tells a node who it is and gives it what proves that: `pipam enroll`.
///
/// First everything is looked at, which needs no lock and no quorum. Only if something is due, the
/// lock is taken and everything is looked at again; then step after step is done until nothing is
/// due any more.
package struct Enrolment: Sendable {
    /// More steps than any state needs: beyond, something is done again and again.
    private static let maximumSteps = 64

    private let request: EnrolmentRequest

    /// Nothing is looked at yet.
    package init(_ request: EnrolmentRequest) {
        self.request = request
    }

    /// Does what is due. Where that is not possible now, but the agent can run with what it has, it
    /// is told as a warning and nothing is thrown.
    package func run() async throws(EnrolmentError) -> EnrolmentReport {
        do {
            return try await runOrThrow()
        } catch {
            guard error.isTransient, !request.isDryRun, request.forgotten == nil,
                !request.rotatesAuthority, var report = usableReport()
            else { throw error }
            report.warnings.append("\(error); put off, this node runs with what it has")
            return report
        }
    }

    private func runOrThrow() async throws(EnrolmentError) -> EnrolmentReport {
        let survey = try look()
        let steps = try EnrolmentPlan(survey, request).steps()
        var report = EnrolmentReport()
        if request.isDryRun || steps.isEmpty {
            let work = EnrolmentWork(request: request, survey: survey)
            report.done = steps.map(work.describe)
            finish(&report, survey)
            return report
        }
        let data = try openData()
        let lock = DirectoryLock(on: request.place, timing: request.timing, step: request.step)
        let holder = "\(request.name), process \(getpid())"
        return try await lock.withLock(holder: holder) {
            (shared) throws(EnrolmentError) -> EnrolmentReport in
            try work(data, shared)
        }
    }

    private func work(
        _ data: GuardedDirectory, _ shared: GuardedDirectory
    ) throws(EnrolmentError) -> EnrolmentReport {
        var report = EnrolmentReport()
        var request = request
        for _ in 0..<Self.maximumSteps {
            let survey = try EnrolmentSurvey.take(request, data: data, shared: shared)
            guard let step = try EnrolmentPlan(survey, request).steps().first else {
                finish(&report, survey)
                return report
            }
            // What was asked for is done once; what follows from it, as often as it takes.
            if step == .announceAuthority { request.rotatesAuthority = false }
            let work = EnrolmentWork(request: request, survey: survey)
            report.done.append(try work.perform(step, data: data, shared: shared))
        }
        preconditionFailure("\(Self.maximumSteps) steps and no end: \(report.done)")
    }

    // MARK: Looking

    private func look() throws(EnrolmentError) -> EnrolmentSurvey {
        let data = try GuardedDirectory(path: request.dataDirectory)
        let shared = try request.place.open()
        return try EnrolmentSurvey.take(request, data: data, shared: shared)
    }

    /// What the agent could run with if nothing were done; `nil` if it could not.
    private func usableReport() -> EnrolmentReport? {
        guard let data = try? GuardedDirectory(path: request.dataDirectory),
            let survey = try? EnrolmentSurvey.take(request, data: data, shared: nil),
            survey.isUsable(nowSeconds: request.nowSeconds)
        else { return nil }
        return EnrolmentReport(identity: survey.identity, view: survey.view)
    }

    private func finish(_ report: inout EnrolmentReport, _ survey: EnrolmentSurvey) {
        report.identity = survey.identity
        report.view = survey.view
        report.warnings += survey.problems
        guard let document = survey.document else { return }
        let plan = EnrolmentPlan(survey, request)
        if let coming = document.coming {
            let waiting = plan.waiting(for: coming.fingerprint).map(\.name)
            report.warnings.append(
                waiting.isEmpty
                    ? "a new authority issues in a minute; run pipam enroll then"
                    : "a new authority waits for pipam enroll on "
                        + waiting.joined(separator: ", "))
        }
        let latest = request.nowSeconds + request.policy.authorityWarningSeconds
        if let certificate = try? Certificate(pem: document.issuer.certificate),
            certificate.notAfterSeconds < latest
        {
            report.warnings.append(
                "the cluster's authority ends within a year; run pipam enroll --rotate-ca")
        }
        let namesakes = survey.nodes.filter {
            $0.name == request.name && $0.node != survey.identity?.node
        }
        for node in namesakes {
            report.warnings.append(
                "\(node.name) was enrolled before as \(node.node); if that one is gone, tell the "
                    + "cluster with pipamctl cluster replace and run pipam enroll --forget "
                    + "\(node.node)")
        }
    }

    // MARK: The data directory

    /// Opens it to write, making it if there is none. What root writes there belongs to the user
    /// whose the directory is.
    private func openData() throws(EnrolmentError) -> GuardedDirectory {
        try DataDirectory.open(request.dataDirectory, step: request.step)
    }
}

/// The directory that an agent keeps everything in.
package enum DataDirectory {
    /// The user that the package makes for the agent.
    private static let userName = "pipam"

    /// Opens it to write, making it if there is none: as root for the agent's user where there is
    /// one. What root writes there belongs to the user whose the directory is.
    package static func open(
        _ path: String,
        step: @escaping ClusterPlace.Step = { _ throws(EnrolmentError) in }
    ) throws(EnrolmentError) -> GuardedDirectory {
        var manner = GuardedDirectory.Manner()
        manner.step = step
        if geteuid() == 0 { manner.owner = agentOwner() }
        let standing = try GuardedDirectory.make(path: path, manner: manner).standing()
        guard standing.mode & 0o022 == 0 else {
            throw .refused(
                reason: "\(path) can be written by others than its owner",
                remedy: "chmod 0700 \(path)")
        }
        guard geteuid() == 0 || standing.owner.user == geteuid() else {
            throw .refused(
                reason: "\(path) is another user's", remedy: "run this as its owner or as root")
        }
        manner.owner = geteuid() == 0 ? standing.owner : nil
        return try GuardedDirectory.make(path: path, manner: manner)
    }

    private static func agentOwner() -> GuardedDirectory.Owner? {
        guard let user = getpwnam(userName) else { return nil }
        return GuardedDirectory.Owner(user: user.pointee.pw_uid, group: user.pointee.pw_gid)
    }
}
