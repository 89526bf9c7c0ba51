import Inventory
import Logging
import Synchronization
import Testing
import Zones

@testable import PipamAgent

/// What an operator reads of changes.
@Suite struct ZoneChangeLogTests {
    /// Keeps level and text of each line.
    private final class Lines: LogHandler, Sendable {
        private let kept = Mutex<[String]>([])
        var text: [String] { kept.withLock { $0 } }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            let line = StandardErrorLog.line(
                event.level, "\(event.message)", fields: event.metadata ?? [:], isJournal: false)
            kept.withLock { $0.append(line) }
        }
    }

    private let apex: DomainName
    private let guest: DomainName

    init() throws {
        apex = try #require(DomainName("example.com"))
        guest = try #require(DomainName("web1.example.com"))
    }

    private func set(_ owner: DomainName, _ type: RecordType) -> RecordSet {
        RecordSet(owner: owner, type: type, ttlSeconds: 60, data: [[1]])
    }

    private func lines(_ change: ZoneChange) -> [String] {
        let lines = Lines()
        Logger(label: "test") { _ in lines }.log([change])
        return lines.text
    }

    /// The SOA set is among what is changed, always.
    private func signed(
        _ sets: [(DomainName, RecordType)], removed: [RecordSetKey] = []
    ) -> [String] {
        lines(
            .signed(
                ZoneDifference(
                    apex: apex, removed: removed,
                    changed: (sets + [(apex, .soa)]).map { set($0, $1) })))
    }

    @Test func aChangeOfASignedZoneIsOneLine() {
        let drafted = ZoneDifference(apex: apex, removed: [], changed: [set(guest, .a)])
        #expect(
            lines(.drafted(drafted))
                == ["info zone changed, to be signed changed=1 removed=0 zone=example.com.\n"])
        #expect(
            signed([(guest, .a), (guest, .nsec)])
                == ["debug zone signed changed=2 removed=0 zone=example.com.\n"])
    }

    @Test(arguments: [RecordType.dnskey, .cds, .cdnskey, .nsec3param])
    func whatSigningChangesByItselfIsTold(type: RecordType) {
        #expect(
            signed([(apex, type)]) == ["info zone signed changed=1 removed=0 zone=example.com.\n"])
        #expect(
            signed([], removed: [RecordSetKey(owner: apex, type: type)])
                == ["info zone signed changed=0 removed=1 zone=example.com.\n"])
        #expect(signed([(guest, type)]).allSatisfy { $0.hasPrefix("debug ") })
    }

    @Test func aZoneThatBeginsOrEndsIsTold() {
        #expect(
            lines(.replaced(apex: apex, sets: [set(apex, .soa)]))
                == ["info zone replaced sets=1 zone=example.com.\n"])
        #expect(lines(.removed(apex: apex)) == ["notice zone removed zone=example.com.\n"])
    }
}
