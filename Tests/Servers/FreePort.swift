import Foundation
import Synchronization

/// A port that nobody listens on, for UDP and TCP.
package enum FreePort {
    /// Below those that the kernel gives to whoever asks for any: one of them could be taken by
    /// somebody's query between this choice and its use.
    private static let range: Range<Int> = 10_000..<30_000
    private static let next = Mutex(Int.random(in: range))

    /// None that was chosen before by this process.
    package static func choose() throws -> Int {
        for _ in range {
            let port = next.withLock { next in
                next = next + 1 < range.upperBound ? next + 1 : range.lowerBound
                return next
            }
            if isFree(port, SOCK_STREAM), isFree(port, SOCK_DGRAM) { return port }
        }
        throw TestServer.Failure(description: "no free port")
    }

    private static func isFree(_ port: Int, _ kind: __socket_type) -> Bool {
        let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0
            }
        }
    }
}
