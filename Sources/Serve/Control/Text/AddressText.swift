extension AddressAnswer {
    /// For people.
    package var text: String { AddressClaim.table([claim], now: time) }
}

extension AddressListAnswer {
    /// For people.
    package var text: String {
        claims.isEmpty
            ? "No addresses are claimed.\n" : AddressClaim.table(claims, now: time)
    }
}

extension AddressReleaseAnswer {
    /// For people.
    package var text: String {
        guard let address else { return "\(key) holds no address of \(place).".printable + "\n" }
        return "\(address) of \(place) is free.".printable + "\n"
    }

    private var place: String {
        routingDomain == "global" ? subnet : "\(subnet) in \(routingDomain)"
    }
}

extension AddressClaim {
    fileprivate static func table(_ claims: [AddressClaim], now: UInt64) -> String {
        var table = TextTable(
            "ADDRESS", "SUBNET", "ROUTING DOMAIN", "KEY", "STATE", "FENCE", "EXPIRES")
        for claim in claims {
            table.append(
                claim.address, claim.subnet, claim.routingDomain, claim.key,
                Wording.words(claim.state), "\(claim.fence)",
                Wording.future(claim.expiresAt, now: now))
        }
        return table.text
    }
}
