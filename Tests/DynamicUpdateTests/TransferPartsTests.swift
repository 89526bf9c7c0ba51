import DNSWire
import Inventory
import Testing
import Zones

@testable import DynamicUpdate

/// What the messages of a transfer come to, wherever they are cut.
@Suite struct TransferPartsTests {
    private static func authority(_ serial: UInt32) throws -> WireRecord {
        let apex = try UpdateRig.name("example.net.").wire
        let number = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: serial >> $0) }
        return WireRecord(
            owner: apex, type: 6, ttlSeconds: 60,
            data: apex + apex + number + [UInt8](repeating: 0, count: 16))
    }

    private static func address(_ owner: String, _ last: UInt8) throws -> WireRecord {
        WireRecord(
            owner: try UpdateRig.name(owner).wire, type: 1, ttlSeconds: 60,
            data: [192, 0, 2, last])
    }

    private static func reader(since base: UInt32?) throws -> TransferReader {
        TransferReader(try UpdateRig.name("example.net."), since: base)
    }

    @Test(
        arguments: [(10, 10), (10, 9), (0, UInt32.max), (UInt32.max, UInt32.max - 5)]
            as [(UInt32, UInt32)])
    func oneRecordThatIsNotLaterSaysThatNothingIsNew(base: UInt32, serial: UInt32) throws {
        var reader = try Self.reader(since: base)
        guard case .unchanged(serial) = try reader.take([Self.authority(serial)]) else {
            Issue.record("\(base) \(serial)")
            return
        }
    }

    @Test(arguments: [(10, 11), (UInt32.max, 0)] as [(UInt32, UInt32)])
    func oneRecordThatIsLaterIsABegin(base: UInt32, serial: UInt32) throws {
        var reader = try Self.reader(since: base)
        #expect(try reader.take([Self.authority(serial)]) == nil)
        #expect(try reader.take([Self.address("a.example.net.", 1)]) == nil)
        guard case .whole(let copy) = try reader.take([Self.authority(serial)]) else {
            Issue.record("\(base) \(serial)")
            return
        }
        #expect(copy.serial == serial)
        #expect(copy.set(try UpdateRig.key("a.example.net.", .a))?.data == [[192, 0, 2, 1]])
    }

    @Test func changesMayBeCutAnywhere() throws {
        let records = [
            try Self.authority(12), try Self.authority(10), try Self.address("a.example.net.", 1),
            try Self.authority(11), try Self.address("a.example.net.", 2), try Self.authority(11),
            try Self.authority(12), try Self.address("b.example.net.", 3), try Self.authority(12),
        ]
        for cut in 1..<records.count {
            var reader = try Self.reader(since: 10)
            #expect(try reader.take(Array(records[..<cut])) == nil)
            guard case .changes(let changes, 12) = try reader.take(Array(records[cut...])) else {
                Issue.record("cut at \(cut)")
                continue
            }
            var copy = ZoneCopy(apex: try UpdateRig.name("example.net."), serial: 10)
            copy.add(try Self.authority(10))
            copy.add(try Self.address("a.example.net.", 1))
            try copy.follow(changes, to: 12)
            #expect(copy.set(try UpdateRig.key("a.example.net.", .a))?.data == [[192, 0, 2, 2]])
            #expect(copy.set(try UpdateRig.key("b.example.net.", .a))?.data == [[192, 0, 2, 3]])
        }
    }

    @Test func disorderIsNoZone() throws {
        let address = try Self.address("a.example.net.", 1)
        let orders: [[WireRecord]] = [
            [address], [try Self.authority(12), try Self.authority(9)],
            [try Self.authority(12), address, try Self.authority(13)],
            [try Self.authority(12), try Self.authority(12), address],
            [
                try Self.authority(12), try Self.authority(10), try Self.authority(11),
                try Self.authority(10),
            ],
        ]
        for records in orders {
            var reader = try Self.reader(since: 10)
            #expect(throws: TransferReader.Disorder.self, "\(records)") {
                _ = try reader.take(records)
            }
        }
    }

    /// Changes that go by another zone than the copy.
    @Test func whatIsNotThereCannotGo() throws {
        var copy = ZoneCopy(apex: try UpdateRig.name("example.net."), serial: 10)
        let record = try Self.address("a.example.net.", 1)
        #expect(throws: ZoneCopy.Inconsistent.self) { try copy.follow([.remove(record)], to: 11) }
    }
}
