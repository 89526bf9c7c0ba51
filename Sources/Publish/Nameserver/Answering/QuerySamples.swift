package import DNSWire
import Glibc
package import Inventory
import Synchronization
package import Zones

/// One query in many, for the log.
package struct QuerySample: Equatable, Sendable {
    /// When, in seconds since 1970 modulo 2^32.
    package let seconds: UInt32
    /// Who asked.
    package let client: IPAddress?
    /// How.
    package let transport: Transport
    /// For which name, in canonical form.
    package let name: DomainName?
    /// For which type.
    package let type: RecordType
    /// What we said.
    package let code: ResponseCode?
    /// In how many octets; 0: nothing was sent.
    package let sizeOctets: Int
}

/// Samples on their way from the worker that takes them to whoever reads them. When nobody reads,
/// the room fills and further samples are left out: taking one never waits.
final class QuerySamples: Sendable {
    private static let capacity = 64
    private static let entryOctets = 288
    private static let nameOffset = 28

    private let room: MemoryBlock
    /// The same as a number: naming the object would count references.
    private let start: UInt
    /// Samples ever written, and ever read.
    private let written = Atomic<Int>(0)
    private let read = Atomic<Int>(0)

    init() {
        room = MemoryBlock(sizeOctets: Self.capacity * Self.entryOctets, epoch: 0)
        start = UInt(bitPattern: room.base)
    }

    /// What a worker knows of a query it answered.
    struct Entry: BitwiseCopyable {
        let seconds: UInt32
        let client: ClientAddress
        let transport: Transport
        let type: UInt16
        let code: ResponseCode
        let sizeOctets: Int
    }

    /// Takes a sample. Called by the one worker that it belongs to.
    func put(_ entry: Entry, name: UnsafePointer<UInt8>, nameOctets: Int) {
        let place = written.load(ordering: .relaxed)
        guard place - read.load(ordering: .acquiring) < Self.capacity,
            let start = UnsafeMutableRawPointer(bitPattern: start)
        else { return }
        let base = start + place % Self.capacity * Self.entryOctets
        base.storeBytes(of: entry.seconds, as: UInt32.self)
        base.storeBytes(of: entry.type, toByteOffset: 4, as: UInt16.self)
        base.storeBytes(of: entry.code.rawValue, toByteOffset: 6, as: UInt16.self)
        base.storeBytes(of: UInt16(clamping: entry.sizeOctets), toByteOffset: 8, as: UInt16.self)
        let transport =
            switch entry.transport {
            case .udp: 0
            case .tcp: 2
            case .tls: 4
            }
        let flags = (entry.client.isIPv4 ? 1 : 0) | transport
        base.storeBytes(of: UInt8(flags), toByteOffset: 10, as: UInt8.self)
        let octets = min(nameOctets, QuestionName.maximumOctets)
        base.storeBytes(of: UInt8(octets), toByteOffset: 11, as: UInt8.self)
        base.storeBytes(of: entry.client.first.littleEndian, toByteOffset: 12, as: UInt64.self)
        base.storeBytes(of: entry.client.second.littleEndian, toByteOffset: 20, as: UInt64.self)
        memcpy(base + Self.nameOffset, name, octets)
        written.store(place + 1, ordering: .releasing)
    }

    /// Takes out what is there. Called by one reader at a time.
    func take() -> [QuerySample] {
        let end = written.load(ordering: .acquiring)
        let start = read.load(ordering: .relaxed)
        let samples = (start..<end).map { place in
            Self.sample(UnsafeRawPointer(room.base) + place % Self.capacity * Self.entryOctets)
        }
        read.store(end, ordering: .releasing)
        return samples
    }

    private static func sample(_ base: UnsafeRawPointer) -> QuerySample {
        let flags = base.load(fromByteOffset: 10, as: UInt8.self)
        let address = UnsafeRawBufferPointer(start: base + 12, count: flags & 1 == 1 ? 4 : 16)
        let name = UnsafeRawBufferPointer(
            start: base + nameOffset, count: Int(base.load(fromByteOffset: 11, as: UInt8.self)))
        return QuerySample(
            seconds: base.load(as: UInt32.self),
            client: IPAddress(octets: Array(address)),
            transport: flags & 4 == 4 ? .tls : flags & 2 == 2 ? .tcp : .udp,
            name: DomainName(wire: Array(name)),
            type: RecordType(rawValue: base.load(fromByteOffset: 4, as: UInt16.self)),
            code: ResponseCode(rawValue: base.load(fromByteOffset: 6, as: UInt16.self)),
            sizeOctets: Int(base.load(fromByteOffset: 8, as: UInt16.self)))
    }
}
