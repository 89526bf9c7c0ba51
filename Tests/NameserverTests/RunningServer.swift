import Inventory
import Nameserver
import Testing

/// Runs a name server on loopback while a closure talks to it, and sees it end.
func withServer(
    _ store: ZoneStore, address: String = "127.0.0.1",
    change: (inout NameserverSettings) -> Void = { _ in },
    talk: @escaping @Sendable (Endpoint, DNSServer) async throws -> Void
) async throws {
    let loopback = try #require(IPAddress(address))
    var settings = NameserverSettings(endpoints: [Endpoint(address: loopback, port: 0)])
    change(&settings)
    let (bound, report) = AsyncStream.makeStream(of: [Endpoint].self)
    let server = DNSServer(settings: settings, store: store) { report.yield($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { report.finish() }
            try await server.run()
        }
        group.addTask {
            for await endpoints in bound {
                let endpoint = try #require(endpoints.first)
                #expect(endpoint.port != 0)
                try await talk(endpoint, server)
                return
            }
        }
        // Whichever ends first: the talk, or a server that could not start.
        try await group.next()
        group.cancelAll()
        try await group.waitForAll()
    }
}
