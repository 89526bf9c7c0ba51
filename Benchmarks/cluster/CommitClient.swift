import Glibc

/// Has 1 KiB committed again and again over one connection, with so many on the way at once.
/// Prints how many there were per second.
struct CommitClient {
    let port: Int
    let isInFlight: Int

    func run(seconds: Int) throws {
        let connection = connect()
        defer { close(connection) }
        let clock = ContinuousClock()
        let start = clock.now
        let end = start + .seconds(seconds)
        var (sent, answered, partial) = (0, 0, 0)
        var command = [UInt8](repeating: 7, count: BenchReplica.commandOctets)
        var answers = [UInt8](repeating: 0, count: 8 * isInFlight)
        let base = UInt64.random(in: 1 ... .max / 2)
        while clock.now < end || answered < sent {
            while sent - answered < isInFlight, clock.now < end {
                command.replaceSubrange(
                    0..<8, with: withUnsafeBytes(of: base + UInt64(sent), Array.init))
                var offset = 0
                while offset < command.count {
                    let count = command.withUnsafeBytes {
                        write(connection, $0.baseAddress.map { $0 + offset }, $0.count - offset)
                    }
                    precondition(count > 0, "the replica is gone: \(errno)")
                    offset += count
                }
                sent += 1
            }
            let count = read(connection, &answers, answers.count)
            precondition(count > 0, "the replica is gone: \(errno)")
            partial += count
            answered += partial / 8
            partial %= 8
        }
        print(Double(answered) / ((clock.now - start) / .seconds(1)))
    }

    private func connect() -> Int32 {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var one: Int32 = 1
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(4))
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(status == 0, "nobody listens on \(port)")
        return connection
    }
}
