import Foundation
import HTTPClient
import TestServers
import Testing

extension PublishingTests {
    /// PowerDNS and the way to it fail: what should be there never vanishes, nothing is written
    /// twice without need, everything comes right, and status tells what is the matter.
    @Suite struct ProviderFaults {
        private static let count = 12
        private static let standing = Set((101..<101 + count).map { "vm\($0).example.com. A" })

        /// An agent that has published its guests, and somebody who watches that they stay.
        private func start(
            adjust: (inout AgentConfiguration) -> Void = { _ in }
        ) async throws -> (PublishingLab, NameWatch) {
            let lab = try await PublishingLab(SampleGuest.several(Self.count), adjust: adjust)
            try await lab.start()
            let watch = NameWatch(lab.powerDNS, Self.standing)
            _ = try await lab.powerDNS.counts()
            return (lab, watch)
        }

        /// New guests and new addresses. Three chunks: what is new in the reverse zone, what goes
        /// there, and what is new or other in the forward zone.
        private func change(_ lab: PublishingLab) async throws {
            for vmid in 201...203 { try await lab.cluster.command(SampleGuest(vmid).addition) }
            for vmid in 101...102 {
                try await lab.cluster.command(
                    SampleGuest(vmid, address: "10.0.7.\(vmid)/16").readdressing)
            }
            #expect(try lab.agent.control("collect").status == 0)
        }

        private func expectAll(_ lab: PublishingLab, _ watch: NameWatch) async throws {
            try await eventually("everything is written") {
                let (ours, theirs) = try lab.zoneAtBoth("example.com.")
                let (back, forth) = try lab.zoneAtBoth("10.in-addr.arpa.")
                return ours == theirs && back == forth && ours.count == Self.count + 3
                    && ours.contains("vm101.example.com. 60 IN A 10.0.7.101")
            }
            try await lab.inStep()
            #expect(try lab.problems().isEmpty)
            #expect(await watch.stop().isEmpty)
        }

        /// What status tells while a fault lasts.
        private func expectProblem(_ lab: PublishingLab, _ text: String) async throws {
            try await eventually("status tells of \(text)") {
                try lab.problems().contains { $0.contains(text) }
            }
            #expect(try lab.state() == "failing")
            #expect(try lab.agent.outcome(["health"]).status == 2)
        }

        @Test func everySecondPatchIsAnswered500() async throws {
            let (lab, watch) = try await start()
            try await lab.powerDNS.fault(#""kind": "refuse_some""#)
            try await change(lab)
            try await expectAll(lab, watch)
            // Three that succeed, and one refusal before each.
            #expect(try await lab.powerDNS.counts().requests["PATCH"] == 6)
        }

        @Test func theConnectionBreaksBeforeAPatch() async throws {
            let (lab, watch) = try await start()
            try await lab.powerDNS.fault(#""kind": "drop_before", "count": 1"#)
            try await change(lab)
            try await expectAll(lab, watch)
            #expect(try await lab.powerDNS.counts().requests["PATCH"] == 4)
        }

        @Test func theConnectionBreaksAfterAPatch() async throws {
            let (lab, watch) = try await start()
            try await lab.powerDNS.fault(#""kind": "drop_after", "count": 1"#)
            try await change(lab)
            try await expectAll(lab, watch)
            // What was carried out is not sent again.
            #expect(try await lab.powerDNS.counts().requests["PATCH"] == 3)
        }

        @Test func theAnswerComesAfterTheDeadline() async throws {
            let (lab, watch) = try await start { $0.powerDNS += "\ntimeout = 1" }
            try await lab.powerDNS.fault(#""kind": "delay", "seconds": 2"#)
            try await change(lab)
            try await expectProblem(lab, "PowerDNS does not answer")
            try await lab.powerDNS.fault(#""kind": "pass""#)
            try await expectAll(lab, watch)
            #expect(try await lab.powerDNS.counts().requests["PATCH"] == 3)
        }

        @Test(arguments: [0, 1, 2]) func theServerDiesInTheMiddle(afterChunks: Int) async throws {
            let (lab, watch) = try await start()
            try await lab.powerDNS.fault(
                "\"kind\": \"kill_server\", \"after\": \(afterChunks)")
            try await change(lab)
            try await expectProblem(lab, "PowerDNS does not answer")
            try await lab.powerDNS.stop()
            try await lab.powerDNS.fault(#""kind": "pass""#)
            try await lab.powerDNS.start()
            try await expectAll(lab, watch)
        }

        @Test func theAgentIsKilledBetweenTwoChunks() async throws {
            let (lab, watch) = try await start()
            try await lab.powerDNS.fault(#""kind": "hold", "after": 1"#)
            try await change(lab)
            var patches = 0
            try await eventually("the second chunk is on its way") {
                patches += try await lab.powerDNS.counts().requests["PATCH"] ?? 0
                return patches == 2
            }
            lab.agent.kill()
            try await lab.powerDNS.fault(#""kind": "pass""#)
            _ = try await lab.powerDNS.counts()
            try await lab.agent.start()
            try await expectAll(lab, watch)
            #expect(try await lab.powerDNS.counts().requests["PATCH"] == 2)
        }

        @Test func theKeyIsWrongUntilTheConfigurationIsReadAgain() async throws {
            let (lab, watch) = try await start()
            let key = lab.agent.settings.powerDNSKey
            lab.agent.settings.powerDNSKey = "wrong"
            try lab.agent.write()
            lab.agent.reload()
            try await expectProblem(lab, "PowerDNS refuses the key")
            #expect(try lab.problems().contains { $0.contains("set dns.powerdns.api_key") })
            #expect(!lab.agent.log.contains(key))
            try await change(lab)
            lab.agent.settings.powerDNSKey = key
            try lab.agent.write()
            lab.agent.reload()
            try await expectAll(lab, watch)
        }

        /// A server at another address is a new one: all of it is owed there, and what stands at
        /// the former stays.
        @Test func anotherServerComesWithTheConfiguration() async throws {
            let lab = try await PublishingLab(SampleGuest.several(3))
            try await lab.start()
            let other = try await PowerDNSServer()
            for zone in PublishingLab.zones { try await other.makeZone(zone) }
            let before = try await lab.powerDNS.marked()
            lab.agent.settings.powerDNSURL = other.url
            try lab.agent.write()
            lab.agent.reload()
            try await eventually("everything is written there") {
                try await other.marked() == before
            }
            try await eventually("nothing is the matter") { try lab.problems().isEmpty }
            #expect(before.count == 3)
            #expect(try await lab.powerDNS.marked() == before)
        }

        @Test func aZoneIsRemovedAndMadeAgain() async throws {
            let (lab, watch) = try await start()
            _ = await watch.stop()
            try await lab.powerDNS.call(.delete, "/zones/example.com.")
            try await lab.cluster.command(SampleGuest(201).addition)
            #expect(try lab.agent.control("collect").status == 0)
            try await expectProblem(lab, "PowerDNS has no zone example.com.")
            #expect(try lab.problems().contains { $0.contains("create it there") })
            try await eventually("all of it is missed") {
                let conflicts = try lab.agent.answer("conflicts")["conflicts"]?.elements
                return conflicts?.count == Self.count + 1
            }
            try await lab.powerDNS.makeZone("example.com.")
            lab.agent.reload()
            try await lab.inStep("everything comes back")
            #expect(try await lab.powerDNS.marked().count == Self.count + 1)
        }

        @Test func oneBadSetAmongMany() async throws {
            let (lab, watch) = try await start()
            try await lab.powerDNS.fault(
                #""kind": "refuse_name", "name": "vm202.example.com.""#)
            for vmid in 201...260 { try await lab.cluster.command(SampleGuest(vmid).addition) }
            try await lab.cluster.command(
                SampleGuest(101, address: "10.0.7.101/16").readdressing)
            #expect(try lab.agent.control("collect").status == 0)
            try await eventually("the rest is written") {
                let (ours, theirs) = try lab.zoneAtBoth("example.com.")
                return ours.filter { !$0.hasPrefix("vm202.") } == theirs
                    && ours.count == Self.count + 60
            }
            try await eventually("the culprit is told") {
                try lab.problems().contains {
                    $0.contains("vm202.example.com. A cannot be written: Record")
                        && $0.contains("pipamctl conflicts")
                }
            }
            // Named by the server, so that one more request is enough; nothing is removed in a
            // zone where something was refused.
            #expect(try await lab.powerDNS.counts().requests["PATCH"] == 4)
            try await lab.powerDNS.fault(#""kind": "pass""#)
            #expect(try lab.agent.outcome(["reconcile"]).status == 0)
            try await lab.inStep()
            #expect(try await lab.powerDNS.sets()["vm202.example.com. A"] != nil)
            #expect(await watch.stop().isEmpty)
        }
    }
}
