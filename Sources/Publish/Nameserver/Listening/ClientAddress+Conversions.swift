import DNSWire
import Inventory
import NIOCore

extension ClientAddress {
    /// `nil` for what is no internet address.
    init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let address):
            // The address follows family and port.
            self = withUnsafeBytes(of: address.address) {
                ClientAddress(ipv4: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            }
        case .v6(let address):
            // The address follows family, port and flow label.
            self = withUnsafeBytes(of: address.address) {
                ClientAddress(
                    ipv6: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                    $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            }
        case .unixDomainSocket, nil:
            return nil
        }
    }
}

extension IPAddress {
    /// The address of a client.
    init?(_ client: ClientAddress) {
        let halves = (client.first.littleEndian, client.second.littleEndian)
        self.init(
            octets: withUnsafeBytes(of: halves) { Array($0.prefix(client.isIPv4 ? 4 : 16)) })
    }
}
