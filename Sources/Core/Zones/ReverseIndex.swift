import Inventory

/// Finds the reverse zone of an address by looking up one network per prefix length in use.
struct ReverseIndex: Sendable {
    private var zones: [CIDR: ReverseZone] = [:]
    /// Longest first.
    private var prefixLengths: [Int] = []

    init(_ reverse: [ReverseZone]) {
        for zone in reverse {
            zones[zone.network] = zone
        }
        prefixLengths = Set(reverse.map(\.network.prefixLength)).sorted(by: >)
    }

    /// The smallest zone that holds an address.
    func zone(of address: IPAddress) -> ReverseZone? {
        for length in prefixLengths {
            if let network = CIDR(address, prefixLength: length), let zone = zones[network] {
                return zone
            }
        }
        return nil
    }
}
