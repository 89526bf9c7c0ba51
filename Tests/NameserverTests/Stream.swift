import Glibc
import Inventory
import Nameserver
import Testing

/// A TCP connection to a server on 127.0.0.1, with blocking calls that give up after some seconds.
final class Stream {
    private static let timeoutSeconds = 5
    private let descriptor: Int32

    init(_ endpoint: Endpoint) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var wait = timeval(tv_sec: Self.timeoutSeconds, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0)
    }

    deinit {
        close(descriptor)
    }

    /// Sends octets as they are.
    func send(_ octets: [UInt8]) throws {
        try #require(
            Glibc.send(descriptor, octets, octets.count, Int32(MSG_NOSIGNAL))
                == octets.count)
    }

    /// Says that nothing more is sent.
    func finish() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// A message behind its length; `nil` at the end of the connection.
    func receive() throws -> [UInt8]? {
        guard let length = try octets(2) else { return nil }
        return try octets(Int(length[0]) << 8 | Int(length[1]))
    }

    private func octets(_ count: Int) throws -> [UInt8]? {
        var octets: [UInt8] = []
        while octets.count < count {
            var room = [UInt8](repeating: 0, count: count - octets.count)
            let received = recv(descriptor, &room, room.count, 0)
            if received == 0 || received < 0 && errno == ECONNRESET { return nil }
            try #require(received > 0, "nothing came for \(Self.timeoutSeconds) s")
            octets += room[..<received]
        }
        return octets
    }
}

/// A message behind its length.
func framed(_ message: [UInt8]) -> [UInt8] {
    octets(UInt16(message.count)) + message
}
