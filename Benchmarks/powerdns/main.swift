import Glibc
import HTTPClient
import Inventory
import Planning
import PowerDNS
import Zones

// Writes A record sets into a zone of the PowerDNS that Benchmarks/powerdns/run started, and tells
// how long it took.
//
//     powerdns-bench URL KEY ZONE fill COUNT          all at once, through Planner and provider
//     powerdns-bench URL KEY ZONE change COUNT        one of them gets another address, and then
//                                                     another one: that is measured
//     powerdns-bench URL KEY ZONE check COUNT         a plan for all of them: has to be empty
//     powerdns-bench URL KEY ZONE walk COUNT FIRST    one by one: the set is read, the address is
//                                                     added, the set is written
//     powerdns-bench URL KEY ZONE plain COUNT FIRST   as one body, without marks
//
// Prints the seconds of what is measured; starting the program is not.

/// Steps of one kind need each other's sets by number.
let arguments = CommandLine.arguments
guard arguments.count > 5, let key = APIKey(arguments[2]), let zone = DomainName(arguments[3]),
    let count = Int(arguments[5])
else { preconditionFailure("usage: powerdns-bench URL KEY ZONE VERB COUNT [FIRST]") }
let first = arguments.count > 6 ? Int(arguments[6]) ?? 0 : 0

func owner(_ number: Int) -> DomainName {
    guard let name = DomainName(label: "h\(number)".utf8, in: zone) else {
        preconditionFailure("no room for h\(number) in \(zone)")
    }
    return name
}

func octets(_ number: Int) -> [UInt8] {
    [10, UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)]
}

func recordSet(_ number: Int, lastOctet: UInt8? = nil) -> RecordSet {
    var data = octets(number)
    if let lastOctet { data[3] = lastOctet }
    return RecordSet(owner: owner(number), type: .a, ttlSeconds: 60, data: [data])
}

// MARK: All at once

func settings() -> PowerDNSSettings {
    PowerDNSSettings(
        baseURL: arguments[1], apiKey: key, cluster: ClusterID(high: 1, low: 2), zones: [zone])
}

let provider = try PowerDNSProvider(settings())

/// What the agent does for one zone. Returns how many groups there were.
func publish(_ sets: [RecordSet], places: Set<DomainName>?) async throws -> Int {
    let desired = Dictionary(uniqueKeysWithValues: sets.map { ($0.key, $0) })
    let survey = try await provider.survey(desired.keys)
    precondition(survey.homeless.isEmpty, "homeless: \(survey.homeless.first.debugDescription)")
    let reading = try await provider.read("\(zone)", places: places)
    var standing = Planner<RecordSetKey, RecordSet>.Standing()
    standing.isForced = true
    let plan = Planner(
        zone: "\(zone)", desired: desired, found: reading.entries,
        impossible: reading.impossible(among: desired.keys)
    ).plan(standing)
    precondition(plan.conflicts.isEmpty, "conflicts: \(plan.conflicts[0])")
    let chunks = plan.chunks(provider.chunkLimit, octets: provider.octets)
    for chunk in chunks {
        let outcome = try await provider.apply(
            chunk, to: "\(zone)", stamp: FencingStamp(term: 1, index: 1))
        precondition(outcome.refused.isEmpty, "refused: \(outcome.refused.first.debugDescription)")
    }
    if !chunks.isEmpty { try await provider.finish("\(zone)") }
    return plan.groups.count
}

// MARK: One by one

let client = try HTTPClient()
let path = "\(arguments[1])/api/v1/servers/localhost/zones/\(zone)"

func ask(_ method: HTTPRequest.Method, _ url: String, _ body: String? = nil) async throws -> [UInt8]
{
    let response = try await client.send(
        HTTPRequest(
            method, url, headers: [("X-API-Key", arguments[2])], body: body.map { Array($0.utf8) }))
    precondition(response.isSuccess, "\(method) \(url): \(response.status)")
    return response.body
}

func json(_ owner: DomainName, _ contents: [String]) -> String {
    let records = contents.map { "{\"content\":\"\($0)\",\"disabled\":false}" }
    return "{\"name\":\"\(owner)\",\"type\":\"A\",\"ttl\":60,\"changetype\":\"REPLACE\","
        + "\"records\":[\(records.joined(separator: ","))]}"
}

func text(_ number: Int) -> String { octets(number).map(String.init).joined(separator: ".") }

func walk() async throws {
    for number in first..<first + count {
        let name = owner(number)
        let answer = try await ask(.get, "\(path)?rrset_name=\(name)&rrset_type=A")
        let sets = try JSONValue(parsing: answer)["rrsets"]?.elements ?? []
        let records = sets.first?["records"]?.elements ?? []
        let contents = records.compactMap { $0["content"]?.text } + [text(number)]
        _ = try await ask(.patch, path, "{\"rrsets\":[\(json(name, contents))]}")
    }
}

func plain() async throws {
    let sets = (first..<first + count).map { json(owner($0), [text($0)]) }
    _ = try await ask(.patch, path, "{\"rrsets\":[\(sets.joined(separator: ","))]}")
}

// MARK: The clock

let clock = ContinuousClock()
var start = clock.now
switch arguments[4] {
case "fill":
    let groups = try await publish((0..<count).map { recordSet($0) }, places: nil)
    precondition(groups == count, "\(groups) groups instead of \(count)")
case "change":
    // The agent has seen the zone before.
    _ = try await publish((0..<count).map { recordSet($0) }, places: nil)
    for number in 7..<9 {
        // Whoever counts requests begins here, with the second.
        print("ready")
        fflush(nil)
        _ = readLine()
        start = clock.now
        let changed = recordSet(number, lastOctet: 255)
        let groups = try await publish([changed], places: [owner(number)])
        precondition(groups == 1, "\(groups) groups instead of one")
    }
case "check":
    let groups = try await publish((0..<count).map { recordSet($0) }, places: nil)
    precondition(groups == 0, "\(groups) groups instead of none")
case "walk": try await walk()
case "plain": try await plain()
default: preconditionFailure("unknown verb \(arguments[4])")
}
print((clock.now - start) / .seconds(1))
