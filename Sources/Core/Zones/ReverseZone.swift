package import Inventory

extension DomainName {
    /// The parent of all reverse names of IPv4 (RFC 1035 section 3.5).
    package static let inAddrArpa = DomainName(known: "in-addr.arpa")
    /// The parent of all reverse names of IPv6 (RFC 3596 section 2.5).
    package static let ip6Arpa = DomainName(known: "ip6.arpa")

    private init(known text: String) {
        guard let name = DomainName(text) else { preconditionFailure("\(text) is a name") }
        self = name
    }

    /// Labels put in front one by one: the first of `labels` ends up next to `parent`.
    fileprivate init(_ labels: some Sequence<String>, under parent: DomainName) {
        self = labels.reduce(parent) { name, label in
            guard let longer = DomainName(label: label.utf8, in: name) else {
                preconditionFailure("reverse names are at most 74 octets long: \(label) in \(name)")
            }
            return longer
        }
    }

    /// The name of an address in the reverse tree.
    package init(reverseOf address: IPAddress) {
        self.init(reverseOf: address, labelCount: address.bitWidth / address.bitsPerLabel)
    }

    /// The name of the first `labelCount` octets (IPv4) or nibbles (IPv6) of an address.
    fileprivate init(reverseOf address: IPAddress, labelCount: Int) {
        switch address {
        case .v4(let address):
            self.init(
                address.octets.prefix(labelCount).map { String($0) }, under: .inAddrArpa)
        case .v6(let address):
            self.init(
                address.nibbles.prefix(labelCount).map { String($0, radix: 16) }, under: .ip6Arpa)
        }
    }
}

extension IPAddress {
    /// The address that a name of the reverse tree is of, also of one in a classless zone (RFC 2317
    /// section 4); `nil` for any other name.
    init?(reverseName name: DomainName) {
        if name.isAtOrBelow(.inAddrArpa) {
            var texts = name.labels.dropLast(2).map { String(decoding: $0, as: UTF8.self) }
            if texts.count == 5, texts[1].contains("/") { texts.remove(at: 1) }
            let octets = texts.reversed().compactMap { UInt8($0) }
            guard texts.count == 4, octets.count == 4 else { return nil }
            self.init(octets: octets)
        } else if name.isAtOrBelow(.ip6Arpa) {
            let nibbles = name.labels.dropLast(2).reversed().compactMap { label in
                label.count == 1 ? UInt8(String(decoding: label, as: UTF8.self), radix: 16) : nil
            }
            guard nibbles.count == 32, name.labelCount == 34 else { return nil }
            self.init(
                octets: stride(from: 0, to: 32, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] })
        } else {
            return nil
        }
    }

    /// How many bits one label of the reverse tree stands for.
    fileprivate var bitsPerLabel: Int {
        switch self {
        case .v4: 8
        case .v6: 4
        }
    }
}

/// One zone of the reverse tree and the addresses whose names stand in it.
package struct ReverseZone: Hashable, Sendable {
    /// The zone's name.
    package let apex: DomainName
    /// The addresses.
    package let network: CIDR

    /// More zones than this for IPv4, or for IPv6, are taken for a mistake.
    package static let countLimit = 256
    /// The most zones that are compared with each other to find the outer ones.
    private static let comparedLimit = 16 * countLimit

    /// The zones that cover some networks: each cut at the next octet (IPv4) or nibble (IPv6) of
    /// its prefix; an IPv4 network smaller than a /24 lies in the zone of its /24, or has a zone of
    /// its own under it when `isClassless` (RFC 2317 section 4). A zone below another one is
    /// left out, since the outer one has room for its names. Sorted by name.
    package static func covering(
        _ networks: some Sequence<CIDR>, isClassless: Bool
    ) throws(ReverseZoneError) -> [ReverseZone] {
        var zones: Set<ReverseZone> = []
        for network in networks {
            zones.formUnion(try cut(network, isClassless: isClassless))
            guard zones.count <= comparedLimit else {
                throw .tooMany(count: zones.count, limit: countLimit, under: .root)
            }
        }
        let outermost = zones.filter { zone in
            !zones.contains { $0 != zone && $0.network.contains(zone.network) }
        }
        for suffix in [DomainName.inAddrArpa, .ip6Arpa] {
            let count = outermost.count { $0.apex.isAtOrBelow(suffix) }
            guard count <= countLimit else {
                throw .tooMany(count: count, limit: countLimit, under: suffix)
            }
        }
        return outermost.sorted { $0.apex < $1.apex }
    }

    private static func cut(
        _ network: CIDR, isClassless: Bool
    ) throws(ReverseZoneError) -> [ReverseZone] {
        let shortest = network.network.bitWidth == 32 ? 8 : 16
        guard network.prefixLength >= shortest else { throw .wholeTree(network) }
        if isClassless, network.network.bitWidth == 32, network.prefixLength > 24 {
            return [classless(network)]
        }
        let bits = network.network.bitsPerLabel
        // The last label is the address's own, so a zone ends at least one label before it.
        let longest = network.network.bitWidth - bits
        let length = min((network.prefixLength + bits - 1) / bits * bits, longest)
        let count = 1 << max(0, length - network.prefixLength)
        return (0..<count).map { index in
            let network = network.subnet(index, prefixLength: length)
            return ReverseZone(
                apex: DomainName(reverseOf: network.network, labelCount: length / bits),
                network: network)
        }
    }

    /// "64/26.2.0.192.in-addr.arpa." for 192.0.2.64/26.
    private static func classless(_ network: CIDR) -> ReverseZone {
        let parent = DomainName(reverseOf: network.network, labelCount: 3)
        let label = "\(network.network.octets[3])/\(network.prefixLength)"
        return ReverseZone(apex: DomainName([label], under: parent), network: network)
    }

    private init(apex: DomainName, network: CIDR) {
        self.apex = apex
        self.network = network
    }

    /// Where the PTR record of an address of this zone stands.
    package func owner(of address: IPAddress) -> DomainName {
        let name = DomainName(reverseOf: address)
        guard !name.isAtOrBelow(apex) else { return name }
        return DomainName([String(address.octets[3])], under: apex)
    }
}

extension CIDR {
    /// The network of `prefixLength` bits with a given number inside this one.
    fileprivate func subnet(_ index: Int, prefixLength: Int) -> CIDR {
        let shift = network.bitWidth - prefixLength
        var octets = network.octets
        // At most 8 bits are filled, within one octet, since zones end at octets or nibbles.
        let last = max(0, (prefixLength - 1) / 8)
        octets[last] |= UInt8(truncatingIfNeeded: index << (shift % 8))
        guard let address = IPAddress(octets: octets),
            let subnet = CIDR(address, prefixLength: prefixLength)
        else { preconditionFailure("subnet \(index) of \(self) with \(prefixLength) bits") }
        return subnet
    }
}

/// Why no reverse zones can be made for some networks.
package enum ReverseZoneError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A network shorter than /8 (IPv4) or /16 (IPv6): nobody owns that much.
    case wholeTree(CIDR)
    /// More zones than can be meant.
    case tooMany(count: Int, limit: Int, under: DomainName)

    package var description: String {
        switch self {
        case .wholeTree(let network):
            "\(network) would take over other people's reverse zones; "
                + "list the networks you own in dns.reverse_zones"
        case .tooMany(let count, let limit, let suffix):
            "the networks need \(count) reverse zones under \(suffix), more than \(limit); "
                + "list the larger networks around them in dns.reverse_zones"
        }
    }
}
