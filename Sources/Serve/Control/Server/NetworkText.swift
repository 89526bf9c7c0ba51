import Glibc

/// An IP address as octets in network order, only to check and compare what requests say.
struct AddressOctets: Comparable, Sendable {
    /// 4 or 16.
    let octets: [UInt8]

    /// `nil` for what is no IPv4 or IPv6 address in its usual form.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        let isSix = text.utf8.contains(UInt8(ascii: ":"))
        var octets = [UInt8](repeating: 0, count: isSix ? 16 : 4)
        guard inet_pton(isSix ? AF_INET6 : AF_INET, text, &octets) == 1 else { return nil }
        self.octets = octets
    }

    private init(octets: [UInt8]) {
        self.octets = octets
    }

    var bitWidth: Int { octets.count * 8 }

    /// In its shortest form, letters in lower case.
    var text: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = octets.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, octets, &text, socklen_t(text.count)) != nil else {
            preconditionFailure("\(octets.count) octets are no address")
        }
        let end = text.firstIndex(of: 0) ?? text.endIndex
        return String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The first address of the network of so many bits that it lies in.
    func masked(to bits: Int) -> Self {
        Self(
            octets: octets.enumerated().map { place, octet in
                let kept = min(8, max(0, bits - place * 8))
                return octet & (kept == 0 ? 0 : .max << (8 - kept))
            })
    }

    static func < (left: Self, right: Self) -> Bool {
        left.octets.lexicographicallyPrecedes(right.octets)
    }
}

/// A network in prefix notation, its host bits zero.
struct SubnetText: Sendable {
    let base: AddressOctets
    let bits: Int

    /// `nil` for what is none.
    init?(_ text: String) {
        let sides = text.split(separator: "/", omittingEmptySubsequences: false)
        guard sides.count == 2, let base = AddressOctets(sides[0]),
            (1...3).contains(sides[1].utf8.count),
            sides[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let bits = Int(sides[1]), String(bits) == sides[1], bits <= base.bitWidth,
            base.masked(to: bits) == base
        else { return nil }
        self.base = base
        self.bits = bits
    }

    var text: String { "\(base.text)/\(bits)" }

    func contains(_ address: AddressOctets) -> Bool {
        address.bitWidth == base.bitWidth && address.masked(to: bits) == base
    }
}
