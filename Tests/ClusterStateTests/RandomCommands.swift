import ClusterState
import Inventory
import Planning
import TestSupport
import Zones

extension ReplicatedState {
    /// Applies a command, which may be refused.
    mutating func follow(_ command: Command) throws -> [ZoneChange] {
        do {
            return try apply(command)
        } catch .refused {
            return []
        }
    }
}

/// Commands as a busy cluster might see them.
enum RandomCommands {
    /// Equal seeds give equal lists of commands, of every kind that needs no members.
    ///
    /// - `isAsked`: some changes of the settings wait for a person.
    static func list(seed: UInt64, count: Int, isAsked: Bool = true) -> [Command] {
        var random = RandomInventory(seed: seed)
        var time: UInt64 = 1_700_000_000
        var commands = [Command(.found(RandomInventory.cluster), atSeconds: time)]
        for index in 0..<count {
            time += UInt64(random.number(in: 0...3600))
            let body: Command.Body =
                if index == 0 || random.oneIn(15) {
                    .configure(
                        settings(&random),
                        ConfigureTerms(isApproved: !random.oneIn(4) || !isAsked))
                } else if random.oneIn(30) {
                    .settleSettings(
                        version: UInt64(random.number(in: 1...6)), isApproved: random.oneIn(2))
                } else if random.oneIn(5) {
                    claim(&random)
                } else if random.oneIn(6) {
                    RandomStatics.command(&random)
                } else if random.oneIn(12) {
                    .reportHosts(
                        ["pve1", "pve2"].map { Host(name: $0, addresses: [random.address()]) })
                } else if random.oneIn(10) {
                    .reportGone([random.id(), random.id()])
                } else if random.oneIn(6) {
                    .advance
                } else if random.oneIn(8) {
                    publishing(&random, at: UInt64(index))
                } else {
                    .reportGuests((0..<random.number(in: 1...4)).map { _ in random.report() })
                }
            commands.append(Command(body, atSeconds: time))
        }
        return commands
    }

    private static func publishing(
        _ random: inout RandomInventory, at index: UInt64
    ) -> Command.Body {
        let provider = random.oneIn(2) ? "powerdns" : "else"
        let zone = random.oneIn(2) ? "example.com." : "10.in-addr.arpa."
        let keys = ["web1", "web2", "db"].compactMap { DomainName($0 + ".example.com") }
            .map { RecordSetKey(owner: $0, type: random.oneIn(3) ? .aaaa : .a) }
        return switch random.number(in: 0...6) {
        case 0: .owe(provider: provider, keys: keys)
        case 1: .approve(provider: provider, zone: zone)
        case 2: .releaseBrake(.zones)
        case 3: .releaseBrake(.provider(provider, zone: zone))
        case 4: .pausePublishing(random.oneIn(2))
        default:
            .recordWrites(
                WriteReport(
                    provider: provider, zone: zone,
                    plannedAtIndex: index - min(index, UInt64(random.number(in: 0...5))),
                    done: keys, counted: random.number(in: 0...9)))
        }
    }

    private static let pools = [
        ("10.0.5.0/28", "global"), ("10.0.5.0/24", "global"), ("10.0.5.0/29", "blue"),
        ("2001:db8:0:5::/64", "global"),
    ]

    /// Small pools, so that they fill, one inside another.
    static func claim(_ random: inout RandomInventory) -> Command.Body {
        let (network, domain) = pools[random.number(in: 0...pools.count - 1)]
        guard let subnet = CIDR(network), let domain = RoutingDomain(domain) else {
            preconditionFailure("\(network) in \(domain)")
        }
        let pool = ClaimPool(subnet, in: domain)
        let number = UInt64(random.number(in: 1...12))
        let mac = MACAddress(bits: number).map(ClaimKey.mac) ?? .token("none")
        let key = random.oneIn(2) ? mac : .token("host\(number)")
        if random.oneIn(4) {
            return .settleClaim(
                ClaimSettlement(random.oneIn(2) ? .confirm : .release, pool: pool, key: key))
        }
        let strategy: ClaimStrategy =
            switch random.number(in: 0...6) {
            case 0: .onlyHeld
            case 1, 2: .sequential
            case 3: .random(seed: UInt64(random.number(in: 0...999)))
            case 4: .interfaceIdentifier
            case 5: .exactly(random.address())
            default: .outside([random.address(), random.address()])
            }
        return .claim(
            ClaimRequest(
                pool: pool, key: key, strategy: strategy,
                lifeSeconds: UInt64(random.number(in: 1...7_200))))
    }

    private static func settings(_ random: inout RandomInventory) -> ClusterSettings {
        var settings = ClusterSettings()
        settings.naming = random.policy()
        settings.reverseNetworks = [CIDR("10.0.0.0/8"), CIDR("2001:db8::/32")].compactMap(\.self)
        settings.zones.times.guest = random.oneIn(2) ? 60 : 120
        settings.brake.count = random.oneIn(3) ? 6 : 100
        for name in ["powerdns", "else"] where random.oneIn(3) {
            settings.providers[name] = ProviderSettings(isAutomaticallyApproved: random.oneIn(2))
        }
        return settings
    }
}
