import DNSWire
import Glibc
import Synchronization

/// What is known of a query and its answer, beside their octets.
struct TapHead: BitwiseCopyable {
    /// Since 1970.
    var arrivedNanoseconds: UInt64
    var answeredNanoseconds: UInt64
    var peer: TapPeer
    var zoneOctets: Int
    var queryOctets: Int
    /// 0: it had none.
    var answerOctets: Int
}

/// Both ends of a query's way.
struct TapPeer: BitwiseCopyable {
    var client: ClientAddress
    var clientPort: UInt16
    /// The address of ours that was asked.
    var server: ClientAddress
    var serverPort: UInt16
    var transport: Transport
}

/// Queries and answers on their way from the worker that answered to the thread that tells of
/// them. When that thread does not keep up, the ring fills and further ones are left out: putting
/// never waits.
///
/// Entries lie one behind the other, each behind its length; a length of 0 means that the rest of
/// the room is left empty, since the next entry would not fit into it.
final class TapRing: Sendable {
    private static let alignment = 16
    /// Where the head begins, behind the length.
    private static let headOffset = alignment
    private static let bodyOffset = headOffset + MemoryLayout<TapHead>.size

    private let room: MemoryBlock
    /// Octets ever written, and ever read, empty ones included.
    private let written = Atomic<Int>(0)
    private let read = Atomic<Int>(0)
    private let lost = Atomic<UInt64>(0)

    init(sizeOctets: Int) {
        precondition(
            sizeOctets >= DnstapSettings.leastRoomOctets && sizeOctets & (sizeOctets - 1) == 0)
        room = MemoryBlock(sizeOctets: sizeOctets, epoch: 0)
    }

    var isEmpty: Bool {
        written.load(ordering: .sequentiallyConsistent) == read.load(ordering: .relaxed)
    }

    /// Messages that were not put.
    var lostMessages: UInt64 { lost.load(ordering: .relaxed) }

    /// Counts messages that are not put. Called by the worker alone, as `put` is.
    func countLost(_ messages: UInt64) {
        lost.store(lost.load(ordering: .relaxed) &+ messages, ordering: .relaxed)
    }

    /// Puts an entry; `false` if there is no room.
    func put(
        _ head: TapHead, zone: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer,
        answer: UnsafeRawBufferPointer
    ) -> Bool {
        let used = Self.bodyOffset + zone.count + query.count + answer.count
        let octets = (used + Self.alignment - 1) & ~(Self.alignment - 1)
        var place = written.load(ordering: .relaxed)
        let rest = room.sizeOctets - place % room.sizeOctets
        let skipped = octets > rest ? rest : 0
        let free = room.sizeOctets - (place - read.load(ordering: .acquiring))
        guard skipped + octets <= free else { return false }
        if skipped > 0 {
            store(length: 0, at: place)
            place += skipped
        }
        store(length: octets, at: place)
        let start = room.base + place % room.sizeOctets
        start.storeBytes(of: head, toByteOffset: Self.headOffset, as: TapHead.self)
        Self.copy(zone, to: start + Self.bodyOffset)
        Self.copy(query, to: start + Self.bodyOffset + zone.count)
        Self.copy(answer, to: start + Self.bodyOffset + zone.count + query.count)
        written.store(place + octets, ordering: .sequentiallyConsistent)
        return true
    }

    private static func copy(_ part: UnsafeRawBufferPointer, to end: UnsafeMutableRawPointer) {
        if let source = part.baseAddress { memcpy(end, source, part.count) }
    }

    private func store(length: Int, at place: Int) {
        room.base.storeBytes(of: length, toByteOffset: place % room.sizeOctets, as: Int.self)
    }

    /// Lends the next entry and takes it out; `false` if there is none. Called by one reader.
    func take(_ body: (borrowing TapEntry) -> Void) -> Bool {
        var place = read.load(ordering: .relaxed)
        guard place != written.load(ordering: .acquiring) else { return false }
        var octets = length(at: place)
        if octets == 0 {
            place += room.sizeOctets - place % room.sizeOctets
            octets = length(at: place)
        }
        let start = UnsafeRawPointer(room.base) + place % room.sizeOctets
        let head = start.load(fromByteOffset: Self.headOffset, as: TapHead.self)
        body(TapEntry(head: head, octets: start + Self.bodyOffset))
        read.store(place + octets, ordering: .releasing)
        return true
    }

    private func length(at place: Int) -> Int {
        room.base.load(fromByteOffset: place % room.sizeOctets, as: Int.self)
    }
}

/// A query and its answer in a ring, lent.
struct TapEntry: ~Copyable {
    let head: TapHead
    fileprivate let octets: UnsafeRawPointer

    /// The zone's apex in wire form; empty outside our zones.
    var zone: UnsafeRawBufferPointer { part(0, head.zoneOctets) }
    var query: UnsafeRawBufferPointer { part(head.zoneOctets, head.queryOctets) }
    var answer: UnsafeRawBufferPointer {
        part(head.zoneOctets + head.queryOctets, head.answerOctets)
    }

    private func part(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: octets + offset, count: count)
    }
}
