import ClusterState
import Consensus
import Inventory
import Logging
import Nameserver
import Synchronization
import TestServers
import Testing
import Zones

@testable import PipamAgent

/// Three nodes, one of which has something else in a zone than the others.
@Suite(.serialized) struct ZoneGuardTests {
    private let apex: DomainName
    private let reverse: DomainName
    private let sample = SampleCluster()

    init() throws {
        apex = try #require(DomainName("example.com"))
        reverse = try #require(DomainName("0.0.10.in-addr.arpa"))
    }

    /// A node with its state, its name server's zones, and its guard.
    fileprivate final class Node: Sendable {
        let id: NodeID
        let alone: AloneKeeper
        let store: ZoneStore
        let board = ComparisonBoard()

        init(_ number: UInt64, _ sample: SampleCluster) async throws {
            id = NodeID(high: 1, low: number)
            let store = ZoneStore()
            self.store = store
            let keeper = StateKeeper(node: NodeID(high: 1, low: 1), incarnation: 1) {
                try store.publish($0)
            }
            await keeper.followJournals { store.keep($0) }
            let log = ImmediateLog(keeper)
            await keeper.attach(log)
            alone = AloneKeeper(keeper: keeper, log: log)
            let members = (1...3).map { number in
                Member(
                    node: NodeID(high: 1, low: number), replica: number, name: "pve\(number)")
            }
            try await keeper.propose(
                [.found(sample.id, founder: members[0])], atSeconds: sample.seconds)
            for member in members.dropFirst() {
                await log.change(
                    MembershipContext(timeSeconds: sample.seconds, member: member),
                    voters: Array(1...member.replica))
            }
            try await keeper.propose(
                [.configure(try sample.settings())], atSeconds: sample.seconds + 1)
        }

        var keeper: StateKeeper { alone.keeper }

        /// Has a guest have an address.
        func report(_ address: String, _ sample: SampleCluster, after seconds: UInt64) async throws
        {
            try await keeper.propose(
                [.reportGuests([try sample.report(101, "web1", ["\(address)/24"])])],
                atSeconds: sample.seconds + seconds)
        }
    }

    /// The nodes, and who of them is silent.
    fileprivate final class Lab: Sendable {
        let nodes: [Node]
        private let silent = Mutex<Set<NodeID>>([])

        init(_ sample: SampleCluster) async throws {
            var nodes: [Node] = []
            for number in 1...3 { nodes.append(try await Node(UInt64(number), sample)) }
            self.nodes = nodes
        }

        func silence(_ numbers: Set<UInt64>) {
            silent.withLock { $0 = Set(numbers.map { NodeID(high: 1, low: $0) }) }
        }

        /// Every guard compares once.
        func compare() async {
            for node in nodes {
                let watch = ZoneGuard(
                    keeper: node.keeper, node: node.id,
                    ask: { member, octets in await self.answer(member, octets) },
                    withhold: { node.store.withhold($0) }, board: node.board,
                    logger: Logger(label: "test"))
                await watch.compare()
            }
        }

        private func answer(_ member: Member, _ octets: [UInt8]) async -> [UInt8]? {
            let isSilent = silent.withLock { $0.contains(member.node) }
            guard !isSilent, let node = nodes.first(where: { $0.id == member.node }),
                case .digests(let questions)? = PeerQuestion(octets)
            else { return nil }
            return PeerJSON.encode(await node.keeper.digests.answer(questions))
        }

        /// The third has another address for a guest, at the same serial.
        func differ(_ sample: SampleCluster) async throws {
            for (node, address) in zip(nodes, ["10.0.0.1", "10.0.0.1", "10.0.0.9"]) {
                try await node.report(address, sample, after: 2)
            }
        }

        /// The third takes over the state of the first.
        func heal() async throws {
            let capture = await nodes[0].keeper.capture()
            try await nodes[2].keeper.restore(
                SnapshotDescriptor(
                    index: capture.appliedIndex, term: 1, file: 1, sizeOctets: 1,
                    sha256: [UInt8](repeating: 0, count: 32),
                    configuration: Consensus.Configuration()),
                nextChunk: capture.nextChunk)
        }

        var withheld: [Set<DomainName>] { nodes.map(\.board.withheld) }
    }

    @Test func equalZonesAreGivenOut() async throws {
        let lab = try await Lab(sample)
        for node in lab.nodes { try await node.report("10.0.0.1", sample, after: 2) }
        await lab.compare()
        #expect(lab.nodes.allSatisfy { $0.board.current.isEmpty && $0.board.confirmed == 2 })
        lab.silence([2, 3])
        await lab.compare()
        #expect(lab.nodes[0].board.current.isEmpty && lab.nodes[0].board.confirmed == 0)
    }

    @Test func theOneThatDiffersStopsAndGoesOnByItself() async throws {
        let lab = try await Lab(sample)
        try await lab.differ(sample)
        let serials = await lab.serials(apex)
        #expect(Set(serials).count == 1 && serials[0] != nil)
        await lab.compare()
        #expect(lab.withheld == [[], [], [apex, reverse]])
        #expect(lab.nodes[0].board.current[apex]?.strangers == ["pve3"])
        // The same at the next serial, whoever is silent.
        for node in lab.nodes {
            try await node.keeper.propose(
                [.reportGuests([try sample.report(102, "web2", ["10.0.0.2/24"])])],
                atSeconds: sample.seconds + 3)
        }
        await lab.compare()
        #expect(lab.withheld == [[], [], [apex, reverse]])
        lab.silence([1, 2])
        await lab.compare()
        #expect(lab.withheld == [[], [], [apex, reverse]])
        try await lab.heal()
        await lab.compare()
        // Nobody says that it is right now.
        #expect(lab.withheld == [[], [], [apex, reverse]])
        lab.silence([])
        await lab.compare()
        #expect(lab.nodes.allSatisfy { $0.board.current.isEmpty })
    }

    @Test func silenceStopsNothing() async throws {
        let lab = try await Lab(sample)
        try await lab.differ(sample)
        lab.silence([1, 2, 3])
        await lab.compare()
        #expect(lab.nodes.allSatisfy { $0.board.current.isEmpty })
        // One against one: somebody has to look, and both go on.
        lab.silence([2])
        await lab.compare()
        #expect(lab.withheld == [[], [], []])
        #expect(lab.nodes[2].board.current[apex]?.disputedSerial != nil)
        #expect(lab.nodes[0].board.current[apex]?.disputedSerial != nil)
    }

    @Test func onlyTheZoneThatDiffersStops() async throws {
        let lab = try await Lab(sample)
        // Addresses without a reverse zone.
        for (node, address) in zip(lab.nodes, ["10.1.0.1", "10.1.0.1", "10.1.0.9"]) {
            try await node.report(address, sample, after: 2)
        }
        await lab.compare()
        #expect(lab.withheld == [[], [], [apex]])
    }

    /// What secondaries and clients see.
    @Test func secondariesGetNothingAndClientsAnswers() async throws {
        let lab = try await Lab(sample)
        try await lab.differ(sample)
        try await withServers(lab) { endpoints in
            for endpoint in endpoints {
                #expect(try transfer(endpoint).contains("web1.example.com"))
            }
            await lab.compare()
            for endpoint in endpoints[..<2] {
                #expect(try transfer(endpoint).contains("10.0.0.1"))
            }
            #expect(try !transfer(endpoints[2]).contains("web1"))
            #expect(try transfer(endpoints[2]).contains("Transfer failed"))
            let answer = try dig(endpoints[2], "+short", "web1.example.com", "A")
            #expect(answer == "10.0.0.9\n")
            #expect(try dig(endpoints[2], "example.com", "SOA").contains("NOERROR"))
            try await lab.heal()
            await lab.compare()
            #expect(try transfer(endpoints[2]).contains("10.0.0.1"))
            #expect(try dig(endpoints[2], "+short", "web1.example.com", "A") == "10.0.0.1\n")
        }
    }

    private func withServers(
        _ lab: Lab, _ work: ([Endpoint]) async throws -> Void
    ) async throws {
        let address = try #require(IPAddress("127.0.0.1"))
        var settings = NameserverSettings(endpoints: [Endpoint(address: address, port: 0)])
        settings.transfer.networks = [try #require(CIDR("127.0.0.0/8"))]
        let chosen = settings
        try await withThrowingTaskGroup(of: Void.self) { group in
            var endpoints: [Endpoint] = []
            for node in lab.nodes {
                let (bound, told) = AsyncStream.makeStream(of: Endpoint.self)
                group.addTask {
                    try await DNSServer(settings: chosen, store: node.store) { endpoints in
                        for endpoint in endpoints { told.yield(endpoint) }
                    }.run()
                }
                for await endpoint in bound {
                    endpoints.append(endpoint)
                    break
                }
            }
            try await work(endpoints)
            group.cancelAll()
        }
    }

    private func transfer(_ endpoint: Endpoint) throws -> String {
        try dig(endpoint, "example.com", "AXFR")
    }

    private func dig(_ endpoint: Endpoint, _ words: String...) throws -> String {
        try TestServers.Command.outcome(
            "dig",
            ["@\(endpoint.address)", "-p", "\(endpoint.port)", "+time=20", "+tries=1"] + words
        ).output
    }
}

extension ZoneGuardTests.Lab {
    fileprivate func serials(_ apex: DomainName) async -> [SerialNumber?] {
        await digests(apex).map { $0?.serial }
    }

    fileprivate func digests(_ apex: DomainName) async -> [ZoneDigest?] {
        var all: [ZoneDigest?] = []
        for node in nodes { all.append(await node.keeper.digests.latest(of: apex).first) }
        return all
    }
}
