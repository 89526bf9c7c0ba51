import Glibc
import Testing

@testable import Control

/// Connections that come while the server ends.
@Suite struct LastConnectionTests {
    private static let rounds = 30
    /// Far more than the server accepts at once, far fewer than a process may have open.
    private static let connections = 200

    /// Connects without waiting, since a server that ends may never accept; `nil` if nobody
    /// listens, or for now nobody more may wait.
    private static func connect(_ address: sockaddr_un) -> Int32? {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let status = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, length)
            }
        }
        guard status == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func address(_ path: String) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return address
    }

    /// SwiftNIO traps on those that were accepted and that nobody serves any more, which ends the
    /// whole test run.
    @Test func whoeverComesAtTheEndIsLetGo() async throws {
        var connected = 0
        for _ in 0..<Self.rounds {
            let (paths, path) = AsyncStream.makeStream(of: String.self)
            let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
            async let descriptors = Self.connectOften(to: paths, told: arrival)
            try await RunningServer.with { server in
                path.yield(server.settings.socketPath)
                // Ends while most of them are on their way.
                for await _ in arrivals { break }
            }
            path.finish()
            let opened = await descriptors
            connected += opened.count
            for descriptor in opened { close(descriptor) }
        }
        #expect(connected >= Self.rounds)
    }

    private static func connectOften(
        to paths: AsyncStream<String>, told arrival: AsyncStream<Void>.Continuation
    ) async -> [Int32] {
        defer { arrival.finish() }
        guard let path = await paths.first(where: { _ in true }) else { return [] }
        let address = address(path)
        var descriptors: [Int32] = []
        for _ in 0..<connections {
            if let descriptor = connect(address) {
                descriptors.append(descriptor)
                arrival.yield()
            }
            await Task.yield()
        }
        return descriptors
    }

    /// What is still on its way when all is closed is closed as well, and later ones are refused.
    @Test func nobodyIsAdmittedAfterTheEnd() async {
        let accepted = AcceptedConnections()
        #expect(accepted.admit())
        accepted.drop()
        #expect(accepted.admit())
        async let end: Void = accepted.end()
        while accepted.admit() {
            accepted.drop()
            await Task.yield()
        }
        // It waits for the first one.
        accepted.drop()
        await end
        #expect(!accepted.admit())
    }
}
