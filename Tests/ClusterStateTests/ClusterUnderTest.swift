import ClusterState
import Inventory
import Testing
import Zones

/// A state with members, fed with entries of a log.
struct ClusterUnderTest {
    static let start: UInt64 = 1_700_000_000

    var state: ReplicatedState
    var settings = ClusterSettings()
    var time = Self.start
    private(set) var index: UInt64 = 0
    private var sequences: [NodeID: UInt64] = [:]
    private let names: [String]

    /// Founded by the first of the names, the others joined; all of them vote.
    init(
        _ names: [String] = ["pve1", "pve2", "pve3"], level: UInt32 = 1,
        rulebook: DerivationRulebook = .standard
    ) throws {
        self.names = names
        state = ReplicatedState(rulebook: rulebook)
        let founder = Self.member(1, names[0], level: level)
        try apply(.found(StateUnderTest.cluster, founder: founder), by: 1)
        for number in names.indices.dropFirst() {
            try join(Self.member(number + 1, names[number], level: level), voters: number + 1)
        }
        let zone = try StateUnderTest.name("example.com")
        settings.naming.zones = [zone]
        var mapping = NamingPolicy.Mapping(
            domain: zone, networks: [try #require(CIDR("10.0.0.0/8"))])
        mapping.trustsAll = true
        settings.naming.mappings = [mapping]
        settings.reverseNetworks = mapping.networks
        try apply(.configure(settings), by: 1)
    }

    static func node(_ number: Int) -> NodeID { NodeID(high: 1, low: UInt64(number)) }

    static func member(_ number: Int, _ name: String, level: UInt32 = 1) -> Member {
        Member(
            node: node(number), replica: UInt64(100 + number), name: name,
            addresses: ["\(name):8553"], version: "1", level: level)
    }

    /// A change of the configuration that adds a member.
    @discardableResult
    mutating func join(
        _ member: Member?, voters count: Int, replacing replaced: NodeID? = nil
    ) throws -> MembershipEffect {
        try change(
            MembershipContext(timeSeconds: time, member: member, replaced: replaced),
            voters: (1...count).map { UInt64(100 + $0) })
    }

    @discardableResult
    mutating func change(
        _ context: MembershipContext = MembershipContext(timeSeconds: start),
        voters: [UInt64], learners: [UInt64] = []
    ) throws -> MembershipEffect {
        index += 1
        let change = try MembershipChange(
            context: context.encoded(), voters: voters, learners: learners)
        return try state.apply(change, index: index)
    }

    /// The next proposal of a node.
    mutating func propose(
        _ bodies: [Command.Body], by number: Int, term: UInt64? = nil, covering: [String] = []
    ) -> Proposal {
        let node = Self.node(number)
        sequences[node, default: 0] += 1
        let sequence = sequences[node] ?? 1
        return Proposal(
            node: node, incarnation: 1, sequence: sequence, lowestOpen: sequence,
            commands: bodies.map { body in
                Command(body, atSeconds: time, term: term, covering: covering)
            })
    }

    /// Applies a proposal as bytes, as it comes out of a log.
    @discardableResult
    mutating func apply(_ proposal: Proposal) throws -> Applied {
        index += 1
        return try state.apply(proposal: proposal.encoded(), index: index)
    }

    @discardableResult
    mutating func apply(
        _ body: Command.Body, by number: Int, term: UInt64? = nil, covering: [String] = []
    ) throws -> Outcome {
        let proposal = propose([body], by: number, term: term, covering: covering)
        return try #require(try apply(proposal).outcomes.first)
    }

    /// The leader's clock goes on, and everybody's with it.
    @discardableResult
    mutating func advance(by seconds: UInt64, leader: Int = 1, term: UInt64 = 1) throws -> Outcome {
        time += seconds
        for number in names.indices where state.members[Self.node(number + 1)] != nil {
            let report = MemberReport(
                node: Self.node(number + 1), version: "1", level: 1, addresses: [])
            try apply(.reportMember(report), by: number + 1)
        }
        return try apply(.advance, by: leader, term: term)
    }

    /// Forgets everything but what a snapshot keeps.
    mutating func restart(rulebook: DerivationRulebook = .standard) throws {
        let digest = state.digest
        let snapshot = state.snapshot()
        state = try ReplicatedState(snapshot: snapshot, rulebook: rulebook)
        #expect(state.snapshot() == snapshot)
        #expect(state.digest == digest)
    }

    /// A report on a guest that runs on a host and has one address.
    static func report(_ vmid: UInt32, on host: String, _ address: String) throws -> GuestReport {
        var guest = Guest(
            id: GuestID(cluster: StateUnderTest.cluster, vmid: vmid, incarnation: ""),
            kind: .qemu, node: host)
        guest.name = "web\(vmid)"
        guest.runState = .running
        var interface = GuestInterface(key: "net0")
        interface.mac = Self.mac(vmid)
        interface.bridge = "vmbr0"
        interface.addresses = [
            GuestAddress(try #require(InterfaceAddress(address + "/8")), origin: .agent)
        ]
        guest.interfaces = [interface]
        return GuestReport(guest: guest, addresses: .observed)
    }

    static func mac(_ vmid: UInt32) -> MACAddress? {
        MACAddress(bits: 0xBC24_1100_0000 + UInt64(vmid))
    }
}
