package import Inventory

/// Where a member is reached: `host:port`, `192.0.2.1:8553` or `[2001:db8::1]:8553`.
package struct MemberAddress: Hashable, Sendable {
    /// The most addresses of one member.
    package static let maximumCount = 8

    /// As it is written.
    package let text: String
    /// A name or an address, without brackets.
    package let host: String
    /// 1...65535.
    package let port: UInt16

    /// Reads one; a port may be missing and is then that of members. `nil` for anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= 261 else { return nil }
        if let address = IPv6Address(text[...]) {
            self.init(.v6(address), port: Configuration.Cluster.port)
            return
        }
        guard let (host, port) = HostAndPort.split(text[...]), HostAndPort.isHost(host) else {
            return nil
        }
        let isBracketed = host.hasPrefix("[")
        let number = port ?? Configuration.Cluster.port
        self.init(
            text: "\(host):\(number)",
            host: String(isBracketed ? host.dropFirst().dropLast() : host), port: number)
    }

    private init(text: String, host: String, port: UInt16) {
        self.text = text
        self.host = host
        self.port = port
    }

    /// An address and a port.
    package init(_ address: IPAddress, port: UInt16) {
        self.init(
            text: Configuration.ListenAddress(address, port: port).description,
            host: address.description, port: port)
    }
}

extension MemberAddress: CustomStringConvertible {
    package var description: String { text }
}

/// The name of a host among the nodes of a Proxmox cluster.
package enum NodeName {
    /// One label of a host name (RFC 1123 section 2.1), as Proxmox asks of its nodes.
    package static func isValid(_ name: String) -> Bool {
        let octets = Array(name.utf8)
        return (1...63).contains(octets.count) && octets.first != UInt8(ascii: "-")
            && octets.last != UInt8(ascii: "-")
            && octets.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
    }
}
