/// Values that only some routes take.
extension RequestFields {
    /// The longest name or id of a node.
    static let maximumNodeOctets = 255
    /// The longest name of a routing domain.
    static let maximumRoutingDomainOctets = 64
    /// The longest network: IPv6 with an IPv4 tail, and a prefix length.
    static let maximumSubnetOctets = 49
    /// The longest address.
    static let maximumAddressOctets = 45

    /// A text that has to be there.
    mutating func requiredText(_ name: String, maximumOctets: Int) throws(ControlError) -> String {
        guard let text = try text(name, maximumOctets: maximumOctets) else {
            throw Self.missing(name)
        }
        return text
    }

    /// A name that has to be there.
    mutating func requiredDomainName(_ name: String) throws(ControlError) -> String {
        guard let text = try domainName(name) else { throw Self.missing(name) }
        return text
    }

    /// A node's name or id.
    mutating func node() throws(ControlError) -> String? {
        try text("node", maximumOctets: Self.maximumNodeOctets)
    }

    /// The same, where it has to be there.
    mutating func requiredNode() throws(ControlError) -> String {
        guard let node = try node() else { throw Self.missing("node") }
        return node
    }

    /// A network; `nil` where it is missing.
    mutating func subnet() throws(ControlError) -> SubnetText? {
        guard let text = try text("subnet", maximumOctets: Self.maximumSubnetOctets) else {
            return nil
        }
        guard let subnet = SubnetText(text) else {
            throw .invalid(
                "subnet is no network such as 10.0.0.0/24 or 2001:db8::/64",
                remedy: "correct it; bits behind the prefix are zero")
        }
        return subnet
    }

    /// The same, where it has to be there.
    mutating func requiredSubnet() throws(ControlError) -> SubnetText {
        guard let subnet = try subnet() else { throw Self.missing("subnet") }
        return subnet
    }

    /// An address; `nil` where it is missing.
    mutating func address(_ name: String) throws(ControlError) -> AddressOctets? {
        guard let text = try text(name, maximumOctets: Self.maximumAddressOctets) else {
            return nil
        }
        guard let address = AddressOctets(text) else {
            throw .invalid("\(name) is no IP address", remedy: "correct it")
        }
        return address
    }

    /// An address in a network; `nil` where it is missing.
    mutating func address(
        _ name: String, in subnet: SubnetText
    ) throws(ControlError) -> AddressOctets? {
        guard let address = try address(name) else { return nil }
        guard subnet.contains(address) else {
            throw .invalid("\(name) does not lie in \(subnet.text)", remedy: "correct it")
        }
        return address
    }

    /// Addresses from a first to a last one in a network; `nil` where they are missing.
    mutating func range(in subnet: SubnetText) throws(ControlError) -> AddressBounds? {
        guard var fields = try object("range") else { return nil }
        guard let first = try fields.address("first", in: subnet),
            let last = try fields.address("last", in: subnet)
        else { throw .invalid("range lacks first or last", remedy: "give both") }
        try fields.finish()
        guard first <= last else {
            throw .invalid("range has its last before its first", remedy: "give them in order")
        }
        return AddressBounds(first: first.text, last: last.text)
    }

    /// One of some words; `nil` where it is missing.
    mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, of type: Word.Type
    ) throws(ControlError) -> Word? {
        let longest = 32
        guard let text = try text(name, maximumOctets: longest) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = type.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("\(name) is none of \(words)", remedy: "give one of them")
        }
        return word
    }

    /// The complaint about a field that has to be there.
    static func missing(_ name: String) -> ControlError {
        .invalid("\(name) is missing", remedy: "give it")
    }
}
