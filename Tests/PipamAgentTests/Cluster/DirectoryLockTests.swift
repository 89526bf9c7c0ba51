import Foundation
import PipamAgent
import Synchronization
import Testing

/// Who is inside, and how often somebody was.
private final class Visits: Sendable {
    private let state = Mutex((inside: 0, count: 0))

    var count: Int { state.withLock { $0.count } }

    func enter() -> Int {
        state.withLock { state in
            state.inside += 1
            state.count += 1
            return state.inside
        }
    }

    func leave() { state.withLock { $0.inside -= 1 } }
}

/// The lock on a directory that hosts share.
@Suite struct DirectoryLockTests {
    private let lab: EnrolmentLab

    init() throws { lab = try EnrolmentLab() }

    private func age(_ path: String, bySeconds seconds: Double) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -seconds)], ofItemAtPath: path)
    }

    @Test func onlyOneHasItAtATime() async throws {
        let lock = DirectoryLock(on: lab.place, timing: lab.timing)
        let visits = Visits()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<10 {
                        try await lock.withLock(holder: "\(number)") {
                            (_) throws(EnrolmentError) in
                            #expect(visits.enter() == 1)
                            usleep(200)
                            visits.leave()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(visits.count == 80)
    }

    @Test func whoWaitsInVainIsToldTheHolder() async throws {
        lab.timing.wait = .milliseconds(30)
        try await lab.enroll("a")
        try FileManager.default.createDirectory(
            atPath: "\(lab.place.path)/lock", withIntermediateDirectories: false)
        try lab.write("pve7, process 42\n", to: "common/lock-holder")
        await #expect { try await lab.enroll("b") } throws: { error in
            guard let error = error as? EnrolmentError else { return false }
            return error.isTransient && "\(error)".contains("is held by pve7, process 42")
        }
        #expect(lab.has("common/lock"))
    }

    @Test func aLockWhoseHolderDiedIsBrokenAfterTwoMinutes() async throws {
        lab.timing.wait = .milliseconds(50)
        try await lab.enroll("a")
        let path = "\(lab.place.path)/lock"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
        try age(path, bySeconds: 110)
        await #expect(throws: EnrolmentError.self) { try await lab.enroll("b") }
        try age(path, bySeconds: 130)
        try await lab.enroll("b")
        #expect(!lab.has("common/lock"))
    }

    @Test func whoHoldsItForTooLongWritesNoMore() async throws {
        var timing = lab.timing
        timing.hold = .milliseconds(20)
        let lock = DirectoryLock(on: lab.place, timing: timing)
        await #expect(throws: EnrolmentError.self) {
            try await lock.withLock(holder: "slow") { (directory) throws(EnrolmentError) in
                try directory.replace("early", with: [1])
                usleep(30_000)
                try directory.replace("late", with: [1])
            }
        }
        #expect(lab.has("common/early"))
        #expect(!lab.has("common/late"))
        // It may be somebody else's by now, so it is left to expire.
        #expect(lab.has("common/lock"))
    }

    @Test func whatFailsGivesItBack() async throws {
        let lock = DirectoryLock(on: lab.place, timing: lab.timing)
        await #expect(throws: EnrolmentError.self) {
            try await lock.withLock(holder: "a") { (_) throws(EnrolmentError) in
                throw .refused(reason: "no", remedy: "none")
            }
        }
        #expect(!lab.has("common/lock"))
    }

    @Test func hostsThatRaceFoundOneCluster() async throws {
        for _ in 0..<5 {
            let lab = try EnrolmentLab()
            let requests = try ["a", "b", "c", "d"].map { try lab.request($0) }
            let reports = try await withThrowingTaskGroup(of: EnrolmentReport.self) { group in
                for request in requests { group.addTask { try await Enrolment(request).run() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(reports.compactMap { $0.view?.cluster }).count == 1)
            #expect(reports.filter(\.isBootstrapNode).count == 1)
        }
    }
}

/// The same in Proxmox's file system, of which the tests play the part.
@Suite struct ProxmoxLockTests {
    private let lab: EnrolmentLab
    private var root: String { "\(lab.path)/pve" }

    init() throws {
        lab = try EnrolmentLab()
        let root = "\(lab.path)/pve"
        try FileManager.default.createDirectory(
            atPath: "\(root)/priv", withIntermediateDirectories: true)
        lab.place = ClusterPlace(path: "\(root)/priv/pipam", proxmoxRoot: root)
    }

    private func members(quorate: Int) throws {
        try lab.write(
            """
            {"nodename":"a","version":5,"cluster":{"name":"lab","version":2,"nodes":2,\
            "quorate":\(quorate)},"nodelist":{"a":{"id":1,"online":1,"ip":"10.0.0.1"}}}
            """, to: "pve/.members")
    }

    @Test func anEmptyMountPointIsNoFreshStart() async throws {
        await #expect { try await lab.enroll("a") } throws: { error in
            (error as? EnrolmentError)?.isTransient == true
                && "\(error)".contains("is not mounted")
        }
        #expect(!lab.has("pve/priv/pipam"))
    }

    @Test func withoutQuorumNothingIsFounded() async throws {
        try members(quorate: 0)
        await #expect { try await lab.enroll("a") } throws: { error in
            (error as? EnrolmentError)?.isTransient == true && "\(error)".contains("quorum")
        }
        #expect(!lab.has("pve/priv/pipam"))
        try members(quorate: 1)
        #expect(try await lab.enroll("a").isBootstrapNode)
        #expect(lab.has("pve/priv/lock"))
        #expect(!lab.has("pve/priv/lock/pipam"))
    }

    @Test func aHostThatStandsAloneHasQuorum() async throws {
        try lab.write("{\"nodename\":\"a\",\"version\":1}", to: "pve/.members")
        #expect(try await lab.enroll("a").isBootstrapNode)
    }

    /// What is due waits; the agent does not.
    @Test func withoutQuorumAMemberRunsWithWhatItHas() async throws {
        try members(quorate: 1)
        let first = try await lab.enroll("a")
        try members(quorate: 0)
        lab.now += 61 * EnrolmentLab.day
        let report = try await lab.enroll("a")
        #expect(report.done.isEmpty)
        #expect(report.warnings.contains { $0.contains("put off") })
        #expect(report.identity?.node == first.identity?.node)
        #expect(report.view?.cluster == first.view?.cluster)
        try FileManager.default.removeItem(atPath: "\(root)/.members")
        #expect(try await lab.enroll("a").warnings.contains { $0.contains("put off") })
        lab.now += 31 * EnrolmentLab.day
        await #expect(throws: EnrolmentError.self) { try await lab.enroll("a") }
    }

    /// Our own clock decides nothing there: the file system is asked, by a time of 0, and removes
    /// the lock if it has expired.
    @Test func anExpiredLockIsTheFileSystemsToBreak() async throws {
        try members(quorate: 1)
        try await lab.enroll("a")
        let lock = "\(root)/priv/lock/pipam"
        try FileManager.default.createDirectory(
            atPath: lock, withIntermediateDirectories: false)
        let request = try lab.request("b", name: "b")
        async let report = Enrolment(request).run()
        var wasAsked = false
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, !wasAsked {
            let attributes = try FileManager.default.attributesOfItem(atPath: lock)
            wasAsked = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 == 0
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(wasAsked)
        try FileManager.default.removeItem(atPath: lock)
        #expect(try await !report.isBootstrapNode)
    }
}
