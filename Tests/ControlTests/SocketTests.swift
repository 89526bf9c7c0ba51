import CSystemCalls
import Foundation
import Glibc
import HTTPClient
import Synchronization
import Testing
import control_fixture

@testable import Control

/// Who may use the socket, and whose it is.
@Suite struct SocketTests {
    /// `nil` if there is nothing.
    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    private func server(_ path: String, group: String? = nil) -> ControlServer {
        var settings = ControlSettings()
        settings.socketPath = path
        settings.group = group
        return ControlServer(
            service: FakeService(), settings: settings, logger: RunningServer.quiet)
    }

    private func problem(of server: ControlServer) async throws -> String {
        do {
            try await server.run()
        } catch let error as ControlError {
            guard case .cannotListen = error else {
                Issue.record("\(error)")
                return ""
            }
            return "\(error)"
        }
        Issue.record("it listens")
        return ""
    }

    // MARK: The file

    @Test func withoutAGroupOnlyTheOwnerMayConnect() async throws {
        try await RunningServer.with { server in
            #expect(mode(server.settings.socketPath) == 0o600)
        }
    }

    @Test func theGroupMayConnectAndNobodyElse() async throws {
        let group = try #require(getgrgid(getegid()))
        let name = String(cString: group.pointee.gr_name)
        try await RunningServer.with {
            $0.group = name
        } _: { server in
            #expect(mode(server.settings.socketPath) == 0o660)
            var status = stat()
            try #require(lstat(server.settings.socketPath, &status) == 0)
            #expect(status.st_gid == getegid())
        }
    }

    /// Even if the process makes files for everybody.
    @Test func theModeIsSetBeforeTheSocketListens() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("s")
        let socket = pipam_unix_bind(path)
        try #require(socket >= 0)
        defer { close(socket) }
        #expect(mode(path) == 0o600)
        #expect(pipam_unix_connect(path) == -ECONNREFUSED)
    }

    @Test func theDirectoryIsMadeAndTheSocketTakenAway() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("run/control.sock")
        try await RunningServer.with {
            $0.socketPath = path
        } _: { _ in
            #expect(mode(directory.path("run")) == 0o750)
            #expect(mode(path + ".lock") == 0o600)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func theSocketOfADeadAgentIsReplaced() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("s")
        let dead = pipam_unix_bind(path)
        try #require(dead >= 0)
        listen(dead, 1)
        close(dead)
        #expect(FileManager.default.fileExists(atPath: path))
        try await RunningServer.with {
            $0.socketPath = path
        } _: { server in
            let (status, _, _) = try await server.send(.get, "/v1/status")
            #expect(status == 200)
        }
    }

    @Test func theSocketOfALiveAgentIsLeftAlone() async throws {
        try await RunningServer.with { running in
            let path = running.settings.socketPath
            let problem = try await problem(of: server(path))
            #expect(
                problem.contains("another agent (process \(getpid())) listens at \(path)"),
                "\(problem)")
            #expect(try await running.send(.get, "/v1/status").status == 200)
        }
    }

    @Test func theSocketOfAnotherProgramIsLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("s")
        let other = pipam_unix_bind(path)
        try #require(other >= 0)
        defer { close(other) }
        try #require(listen(other, 1) == 0)
        #expect(try await problem(of: server(path)).contains("another agent"))
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func whatIsNoSocketIsLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("s")
        try "precious".write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try await problem(of: server(path)).contains("is no socket"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func aDirectoryOfEverybodyIsRefused() async throws {
        let directory = try TemporaryDirectory()
        try #require(chmod(directory.url.path, 0o777) == 0)
        #expect(try await problem(of: server(directory.path("s"))).contains("chmod o-w"))
    }

    @Test func badPathsAndGroupsAreRefused() async throws {
        let directory = try TemporaryDirectory()
        let long = directory.path(String(repeating: "a", count: 120))
        #expect(try await problem(of: server(long)).contains("107"))
        #expect(try await problem(of: server("relative")).contains("absolute"))
        let grouped = server(directory.path("s"), group: "no-such-group")
        #expect(try await problem(of: grouped).contains("groupadd --system no-such-group"))
    }

    // MARK: Many connections

    /// Whoever comes when all places are taken is served when one is free again.
    @Test func furtherConnectionsWaitForAPlace() async throws {
        try await RunningServer.with { server in
            let idle = (0..<ControlSettings.maximumConnections).map { _ in
                pipam_unix_connect(server.settings.socketPath)
            }
            #expect(idle.allSatisfy { $0 >= 0 })
            let isServed = Mutex(false)
            async let status = {
                let (status, _, _) = try await server.send(.get, "/v1/zones")
                isServed.withLock { $0 = true }
                return status
            }()
            try await Task.sleep(for: .milliseconds(300))
            #expect(!isServed.withLock { $0 })
            for connection in idle { close(connection) }
            let answered = try await status
            #expect(answered == 200)
        }
    }

    @Test func aSilentConnectionIsClosed() async throws {
        try await RunningServer.with {
            $0.idleTimeout = .milliseconds(50)
        } _: { server in
            let connection = pipam_unix_connect(server.settings.socketPath)
            try #require(connection >= 0)
            defer { close(connection) }
            var wait = timeval(tv_sec: 20, tv_usec: 0)
            let octets = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &wait, octets)
            var octet: UInt8 = 0
            #expect(read(connection, &octet, 1) == 0)
        }
    }

    // MARK: Whether there is an agent

    @Test func anAgentIsFoundOrNot() async throws {
        let directory = try TemporaryDirectory()
        let client = try ControlClient(socketPath: directory.path("none"))
        let isRunning = try client.isAgentRunning()
        #expect(!isRunning)
        await #expect(throws: ControlError.self) { try await client.answer(to: .status) }
        do {
            _ = try await client.answer(to: .status)
        } catch {
            guard case .noAgent = error else { throw error }
        }
        try await RunningServer.with { server in
            let isRunning = try server.client.isAgentRunning()
            #expect(isRunning)
        }
    }

    // MARK: The peer

    @Test func rootTheOwnUserAndTheGroupAreAdmitted() {
        let access = SocketAccess(ownUser: 990, group: 991, groupName: "pipam")
        let cases: [(UInt32, Set<UInt32>, Bool)] = [
            (0, [0], true), (990, [5], true), (1000, [991], true), (1000, [5, 991, 7], true),
            (1000, [5], false), (1000, [], false), (991, [990], false),
        ]
        for (user, groups, expected) in cases {
            let peer = SocketPeer(process: 1, user: user, groups: groups)
            #expect(access.admits(peer) == expected, "\(user) \(groups)")
        }
        let without = SocketAccess(ownUser: 990, group: nil, groupName: nil)
        #expect(!without.admits(SocketPeer(process: 1, user: 1000, groups: [991])))
    }

    @Test func theKernelTellsWhoConnects() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { ends.forEach { close($0) } }
        let peer = try #require(SocketPeer(socket: ends[0]))
        #expect(peer.process == getpid())
        #expect(peer.user == geteuid())
        #expect(peer.groups.contains(getegid()))
        var groups = [gid_t](repeating: 0, count: 65_536)
        let count = getgroups(Int32(groups.count), &groups)
        #expect(peer.groups.isSuperset(of: groups.prefix(Int(count))))
    }

    @Test func whoIsNoUnixSocketIsNobody() {
        #expect(SocketPeer(socket: -1) == nil)
    }

    private static let connector = Program.directory.deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Tests/Servers/control_connect.py").path

    private func connect(_ path: String, as identity: [UInt32]) async throws -> String {
        let python = URL(fileURLWithPath: "/usr/bin/python3")
        let result = try await Program.run(
            python, [Self.connector, path, "/v1/status"] + identity.map(String.init))
        return result.output + result.errors
    }

    /// The mode is opened by hand, so that what the kernel says of the peer decides.
    @Test(.enabled(if: geteuid() == 0, "only root can connect as somebody else"))
    func strangersAreRefusedAndMembersAdmitted() async throws {
        let entry = try #require(getgrnam("daemon"))
        let group = entry.pointee.gr_gid
        try await RunningServer.with {
            $0.group = "daemon"
        } _: { server in
            let path = server.settings.socketPath
            try #require(chmod((path as NSString).deletingLastPathComponent, 0o755) == 0)
            #expect(try await connect(path, as: [54_321, 54_321]) == "EACCES\n")
            #expect(try await connect(path, as: [54_321, group]).hasPrefix("200 "))
            #expect(try await connect(path, as: [54_321, 54_321, group]).hasPrefix("200 "))
            try #require(chmod(path, 0o666) == 0)
            let refused = try await connect(path, as: [54_321, 54_321, 54_322])
            #expect(refused.hasPrefix("403 "), "\(refused)")
            #expect(refused.contains("usermod -aG daemon"), "\(refused)")
            let many = (60_000..<60_200).map { UInt32($0) }
            #expect(
                try await connect(path, as: [54_321, 54_321] + many + [group]).hasPrefix("200 "))
            #expect(try await connect(path, as: [54_321, 54_321] + many).hasPrefix("403 "))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can connect as somebody else"))
    func pipamctlSaysWhatAStrangerCanDo() async throws {
        try await RunningServer.with { server in
            let path = server.settings.socketPath
            try #require(chmod((path as NSString).deletingLastPathComponent, 0o755) == 0)
            let program = Program.directory.appendingPathComponent("pipamctl")
            let setpriv = URL(fileURLWithPath: "/usr/bin/setpriv")
            let result = try await Program.run(
                setpriv,
                [
                    "--reuid", "54321", "--regid", "54321", "--clear-groups", program.path,
                    "status",
                    "--socket", path,
                ])
            #expect(result.status == 1)
            #expect(result.errors.contains("you may not use \(path)"), "\(result.errors)")
        }
    }
}
