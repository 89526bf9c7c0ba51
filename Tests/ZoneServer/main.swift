import CSystemCalls
import Glibc
import Inventory
import Nameserver
import RecordFiles
import Zones

// The name server alone, for tests and benchmarks that compare it with others:
//
//     zone-server [plain] FILE          serves the record sets of a file (see RecordFile)
//
//     zone-server soak GUESTS PORT...   serves zones that change (see SoakDesk), and tells name
//                                       servers at these ports of it
//
// prints {"port": n} once it answers on 127.0.0.1, and ends with its input. `plain` turns cookies
// off. Lines of input are commands, each is answered by one line:
//
//     commit COUNT SIZE MS   makes COUNT commits of SIZE changed names each, with a pause before
//                            each; prints their times in microseconds
//     sign                   signs the first zone, which from then on is served so
//     change COUNT           makes COUNT commits of the zones that change; prints how many there
//                            were ever and the serial
//     statistics             prints how many answers were given, by code

// As the agent does.
pipam_memory_use_one_arena()
let arguments = Array(CommandLine.arguments.dropFirst())
guard let path = arguments.last else {
    preconditionFailure("see the head of Tests/ZoneServer/main.swift")
}
let isSoak = arguments.first == "soak"
let store = ZoneStore()
let apexes = isSoak ? [] : try load(path, into: store)
pipam_memory_trim()

guard let loopback = IPAddress("127.0.0.1") else { preconditionFailure("no address") }
var settings = NameserverSettings(endpoints: [Endpoint(address: loopback, port: 0)])
settings.answers.usesCookies = arguments.first != "plain"
if isSoak { settings.transfer = SoakDesk.transfers(ports: arguments[2...].compactMap(UInt16.init)) }
let guests = isSoak ? Int(arguments[1]) ?? 0 : 0
let server = DNSServer(settings: settings, store: store) { endpoints in
    _ = say(#"{"port": \#(endpoints.first?.port ?? 0)}"#)
}
try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await server.run() }
    group.addTask {
        try await Commands(
            store: store, server: server, apexes: apexes, path: path, guests: guests
        ).run()
    }
    try await group.next()
    group.cancelAll()
}

/// Reads a file; what that takes besides the table itself goes when this returns.
func load(_ path: String, into store: ZoneStore) throws -> [DomainName] {
    let zones = try RecordFile.zones(in: path)
    try store.publish(zones)
    return zones.map(\.apex)
}
