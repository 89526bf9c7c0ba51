import HTTPClient
import Inventory
import Testing

@testable import Proxmox

/// A cluster as a table of answers, and a clock that is moved by hand: `Collector` without network.
struct SimulatedCluster {
    /// By path below /api2/json, query included. What is not here is answered 501.
    var answers: [String: Result<JSONValue, ProxmoxError>] = [:]
    /// The paths asked since the last collection began, in order.
    private(set) var asked: [String] = []
    /// Calls that get no answer until `release`.
    var held: Set<String> = []
    private(set) var waiting: [Call] = []
    var collector: Collector
    var now = ContinuousClock.now
    var random = 0.5

    init(adjust: (inout ProxmoxSettings) -> Void = { _ in }) throws {
        let token = try #require(APIToken(id: "pipam@pve!test", secret: "s3cret"))
        var settings = ProxmoxSettings(baseURLs: ["https://pve1:8006"], token: token)
        adjust(&settings)
        collector = Collector(settings: settings, cluster: FakeCluster.id)
        answers["/cluster/sdn/vnets?running=1"] = .success(.array([]))
        answers["/cluster/sdn/zones?running=1"] = .success(.array([]))
        try answer("/access/permissions", fixture: "access_permissions_pveauditor_token")
        try status(["pve1": true, "pve2": true, "pve3": true])
    }

    mutating func answer(_ path: String, _ json: String) throws {
        answers[path] = .success(try Fixture.json(json))
    }

    mutating func answer(_ path: String, fixture: String) throws {
        answers[path] = .success(try Fixture.data(fixture))
    }

    mutating func fail(_ path: String, _ error: ProxmoxError) {
        answers[path] = .failure(error)
    }

    /// Who is online; all have an empty network.
    mutating func status(_ nodes: [String: Bool], quorate: Bool = true) throws {
        let items = nodes.sorted { $0.key < $1.key }.map { name, isOnline in
            #"{"type": "node", "name": "\#(name)", "online": \#(isOnline ? 1 : 0)}"#
        }
        let cluster = #"{"type": "cluster", "name": "lab", "quorate": \#(quorate ? 1 : 0)}"#
        try answer("/cluster/status", "[" + ([cluster] + items).joined(separator: ",") + "]")
        for name in nodes.keys { try answer("/nodes/\(name)/network", "[]") }
    }

    /// A collection from start to end. `list` is the data of /cluster/resources.
    mutating func collect(
        _ depth: CollectionDepth, in scope: CollectionScope = .cluster, list: String,
        digest: ListDigest? = nil, known: [GuestID: GuestPlace] = [:]
    ) throws -> Collection {
        asked = []
        let list = try #require(ResourceList(try Fixture.json(list)))
        collector.begin(depth, in: scope, list: list, digest: digest, known: known, now: now)
        run()
        return collector.finish(isLate: !collector.isWaitingForAgentsOnly)
    }

    /// A collection of changes from a list that is the same as the last one; `nil` if it is not.
    mutating func resume(
        _ digest: ListDigest, in scope: CollectionScope = .cluster
    ) -> Collection? {
        asked = []
        guard collector.resume(digest, in: scope, known: [:], now: now) else { return nil }
        run()
        return collector.finish(isLate: !collector.isWaitingForAgentsOnly)
    }

    /// Answers everything that may be asked now.
    mutating func run() {
        while let call = collector.next() {
            asked.append(call.path)
            if held.contains(call.path) {
                waiting.append(call)
            } else {
                reply(call)
            }
        }
    }

    /// Answers what was held, and what follows from it.
    mutating func release() {
        held = []
        let calls = waiting
        waiting = []
        calls.forEach { reply($0) }
        run()
    }

    private mutating func reply(_ call: Call) {
        let unknown = ProxmoxError.refused(call: call.path, status: 501, message: "not here")
        let answer = answers[call.path] ?? .failure(unknown)
        collector.receive(answer, to: call, now: now, random: random)
    }
}

/// One running virtual machine with agent, as the tests of schedule and failure know it.
enum Machine {
    static let path = "/nodes/pve1/qemu/100"
    static let config = path + "/config?current=1"
    static let interfaces = path + "/agent/network-get-interfaces"
    static let hostName = path + "/agent/get-host-name"

    static func item(
        _ status: String = "running", node: String = "pve1", vmid: Int = 100, uptime: Int = 100,
        more: String = ""
    ) -> String {
        """
        {"type": "qemu", "vmid": \(vmid), "node": "\(node)", "status": "\(status)",
         "uptime": \(uptime)\(more)}
        """
    }

    static func list(_ items: String...) -> String { "[\(items.joined(separator: ","))]" }

    static func configuration(net0: String = "virtio=BC:24:11:AA:BB:01,bridge=vmbr0") -> String {
        """
        {"digest": "1", "name": "web1", "agent": "1", "smbios1": "uuid=AAAA", "net0": "\(net0)"}
        """
    }

    static let seen = """
        {"result": [{"name": "eth0", "hardware-address": "bc:24:11:aa:bb:01", "ip-addresses": [
            {"ip-address": "10.0.5.10", "prefix": 24}]}]}
        """

    static func cluster(
        adjust: (inout ProxmoxSettings) -> Void = { _ in }
    ) throws -> SimulatedCluster {
        var cluster = try SimulatedCluster(adjust: adjust)
        try cluster.answer(config, configuration())
        try cluster.answer(interfaces, seen)
        try cluster.answer(hostName, #"{"result": {"host-name": "web1.example.com"}}"#)
        return cluster
    }

    static let id = GuestID(cluster: FakeCluster.id, vmid: 100, incarnation: "aaaa")
    static let place = GuestPlace(vmid: 100, kind: .qemu, node: "pve1")
}
