import CSystemCalls
import Glibc

/// A connection to a reader, which never waits by itself.
struct DnstapSocket: ~Copyable {
    let descriptor: Int32

    /// Connects. A reader whose queue of connections is full is as good as none.
    init(path: String) throws(DnstapProblem) {
        let result = pipam_unix_try_connect(path)
        guard result >= 0 else { throw .unreachable(path: path, errno: -result) }
        descriptor = result
    }

    deinit {
        close(descriptor)
    }

    /// Sends what the kernel takes now; gives how many octets that were.
    func send(_ octets: ArraySlice<UInt8>) throws(DnstapProblem) -> Int {
        let count = octets.withUnsafeBytes {
            // A reader that is gone is an error here and no signal.
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return count }
        return try Self.nothing(errno)
    }

    /// What has come, up to so many octets.
    func receive(atMost limit: Int) throws(DnstapProblem) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &octets, limit, 0)
        if count == 0 { throw .ended }
        if count < 0 { _ = try Self.nothing(errno) }
        return Array(octets.prefix(max(count, 0)))
    }

    /// Nothing for now, or for good.
    private static func nothing(_ errno: Int32) throws(DnstapProblem) -> Int {
        switch errno {
        case EAGAIN, EINTR: 0
        case EPIPE, ECONNRESET: throw .ended
        default: throw .broken(errno: errno)
        }
    }
}
