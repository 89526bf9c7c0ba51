import Inventory
import Synchronization
import Testing
import Zones

@testable import Nameserver

/// Who tells secondaries hears nothing of zones that are kept from them.
@Suite struct AnnouncerTests {
    private final class Told: Sendable {
        let news = Mutex<[[DomainName: RecordSet?]]>([])

        /// What was told since the last call: the zones that are there, and those that are gone.
        func take() -> [(there: Set<DomainName>, gone: Set<DomainName>)] {
            news.withLock { news in
                defer { news = [] }
                return news.map { told in
                    (
                        Set(told.filter { $0.value != nil }.keys),
                        Set(told.filter { $0.value == nil }.keys)
                    )
                }
            }
        }
    }

    @Test func aWithheldZoneIsGoneForTheListener() {
        let (one, other) = (name("example.com."), name("example.net."))
        let told = Told()
        var announcer = Announcer()
        announcer.take([
            .replaced(apex: one, sets: [soa("example.com.")]),
            .replaced(apex: other, sets: [soa("example.net.")]),
        ])
        announcer.withhold([other])
        announcer.begin { news in told.news.withLock { $0.append(news) } }
        #expect(told.take().map(\.there) == [[one]])
        announcer.withhold([one])
        let change = told.take()
        #expect(change.map(\.there) == [[other]] && change.map(\.gone) == [[one]])
        announcer.withhold([one])
        #expect(told.take().isEmpty)
        // A change meanwhile is told when it may be.
        announcer.take([
            .updated(ZoneDifference(apex: one, removed: [], changed: [soa("example.com.")]))
        ])
        #expect(told.take().allSatisfy { $0.there.isEmpty && $0.gone.isEmpty })
        announcer.withhold([])
        #expect(told.take().map(\.there) == [[one]])
    }
}
