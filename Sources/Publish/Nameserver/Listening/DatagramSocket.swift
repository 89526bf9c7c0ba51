import CSystemCalls
import DNSWire
import Glibc
import Inventory

/// A bound UDP socket. Closed with its last owner, after the worker that reads it was joined.
final class DatagramSocket: Sendable {
    /// A worker without queries looks up so often, to let go of zones that were replaced.
    private static let wakeMilliseconds: Int32 = 1_000

    let descriptor: Int32
    /// Where it is bound, with the port that the kernel chose if none was asked for.
    let endpoint: Endpoint

    /// Binds an endpoint. `isShared` lets several sockets of this process have it.
    init(
        _ endpoint: Endpoint, isShared: Bool, bufferOctets: Int
    ) throws(NameserverError) {
        let octets = endpoint.address.octets
        var port: UInt16 = 0
        let result = octets.withUnsafeBufferPointer { address in
            var options = pipam_datagram_options(
                address: address.baseAddress, address_octets: address.count, port: endpoint.port,
                shares_port: isShared, buffer_octets: Int32(clamping: bufferOctets),
                wake_milliseconds: Self.wakeMilliseconds)
            return pipam_datagram_socket(&options, &port)
        }
        guard result >= 0 else {
            throw NameserverError(errno: -result, endpoint: endpoint, transport: .udp)
        }
        descriptor = result
        self.endpoint = Endpoint(address: endpoint.address, port: port)
    }

    /// Makes the worker that waits on the socket look up, for good.
    func wake() {
        pipam_datagram_wake(descriptor)
    }

    deinit {
        pipam_datagram_close(descriptor)
    }
}

/// Messages received together and their answers. Belongs to one thread.
struct DatagramBatch: ~Copyable {
    /// Messages per system call. More would wait longer for little: the calls' share of the cost
    /// per message is small from here on.
    private static let capacity: UInt32 = 64
    /// The longest query taken in octets; longer ones are dropped.
    private static let queryOctets = 4_096

    private let batch: OpaquePointer
    private let answerOctets: Int

    init(answerOctets: Int, keepsInterface: Bool) throws(NameserverError) {
        guard
            let batch = pipam_datagrams_create(
                Self.capacity, Self.queryOctets, answerOctets, keepsInterface)
        else { throw .workerFailed(reason: "no memory for messages") }
        self.batch = batch
        self.answerOctets = answerOctets
    }

    deinit {
        pipam_datagrams_destroy(batch)
    }

    /// How many messages have come, 0 after a wait in vain, or a negative errno.
    func receive(from socket: Int32) -> Int32 {
        pipam_datagrams_receive(batch, socket)
    }

    /// Answers one message with the closure, which gives the size of the answer or `nil`, and so
    /// does this. Messages from port 0 get none: nobody can receive there.
    @inline(__always)
    func answer(
        _ index: UInt32,
        with respond: (Span<UInt8>, ClientAddress, UnsafeMutableRawBufferPointer) -> Int?
    ) -> Int? {
        guard pipam_datagrams_peer_port(batch, index) != 0 else { return nil }
        var octets = 0
        let query = UnsafeBufferPointer(
            start: pipam_datagrams_query(batch, index, &octets), count: octets)
        let room = UnsafeMutableRawBufferPointer(
            start: pipam_datagrams_answer(batch, index), count: answerOctets)
        guard let size = respond(query.span, client(index), room) else { return nil }
        pipam_datagrams_set_answer(batch, index, size)
        return size
    }

    /// Shows dnstap a message and its answer, so many octets long.
    func show(
        _ index: UInt32, _ answerOctets: Int?, to tap: Tap, reaching endpoint: Endpoint,
        arrivedAt: UInt64, in snapshot: TableSnapshot
    ) {
        var octets = 0
        let query = UnsafeRawBufferPointer(
            start: pipam_datagrams_query(batch, index, &octets), count: octets)
        let answer = answerOctets.map {
            UnsafeRawBufferPointer(start: pipam_datagrams_answer(batch, index), count: $0)
        }
        let peer = TapPeer(
            client: client(index), clientPort: pipam_datagrams_peer_port(batch, index),
            server: server(index), serverPort: endpoint.port, transport: .udp)
        tap.take(query, answer, of: peer, arrivedAt: arrivedAt, in: snapshot)
    }

    @inline(__always)
    private func client(_ index: UInt32) -> ClientAddress {
        var octets: UnsafePointer<UInt8>?
        let count = pipam_datagrams_peer_address(batch, index, &octets)
        return Self.address(octets, count)
    }

    /// The address that a message was sent to.
    private func server(_ index: UInt32) -> ClientAddress {
        var octets: UnsafePointer<UInt8>?
        let count = pipam_datagrams_local_address(batch, index, &octets)
        return Self.address(octets, count)
    }

    @inline(__always)
    private static func address(_ octets: UnsafePointer<UInt8>?, _ count: Int) -> ClientAddress {
        guard let start = octets.map({ UnsafeRawPointer($0) }), count > 0 else {
            return .unspecified
        }
        if count == 4 { return ClientAddress(ipv4: start.loadUnaligned(as: UInt32.self)) }
        return ClientAddress(
            ipv6: start.loadUnaligned(as: UInt64.self),
            (start + 8).loadUnaligned(as: UInt64.self))
    }

    /// Sends the answers. One that the kernel refuses is lost, as any datagram may be; the client
    /// asks again.
    func send(to socket: Int32) {
        pipam_datagrams_send(batch, socket)
    }
}
