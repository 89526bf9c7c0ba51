import Glibc
import Inventory
import Nameserver
import Testing

/// A UDP socket on 127.0.0.1, with blocking calls that give up after some seconds.
final class Datagrams: Sendable {
    private let descriptor: Int32
    /// Where it is reached.
    let endpoint: Endpoint

    init(timeoutSeconds: Int = 20) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(descriptor >= 0)
        var wait = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(status)
        endpoint = Endpoint(
            address: try #require(IPAddress("127.0.0.1")), port: UInt16(bigEndian: address.sin_port)
        )
    }

    deinit {
        close(descriptor)
    }

    func send(_ octets: [UInt8], to endpoint: Endpoint) throws {
        var address = Self.address(port: endpoint.port)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, octets, octets.count, 0, $0,
                    socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(sent == octets.count)
    }

    /// The next message and the port that it came from; `nil` if none comes.
    func receive() throws -> (octets: [UInt8], sender: Endpoint)? {
        var room = [UInt8](repeating: 0, count: 65_536)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let count = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &room, room.count, 0, $0, &length)
            }
        }
        guard count >= 0 else { return nil }
        let sender = Endpoint(
            address: endpoint.address, port: UInt16(bigEndian: address.sin_port))
        return (Array(room[..<count]), sender)
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
