import Foundation
import HTTPClient
import TestServers
import Testing

extension PublishingTests {
    /// Mass removal is stopped, in our own zones and at the provider, each by its own brake.
    @Suite struct TheBrake {
        private static let guests = 101...200
        private static let aliases = 19

        /// 100 guests with 20 names each: 2,000 record sets in the zone, 100 in the reverse zone.
        private func makeLab() async throws -> PublishingLab {
            let guests = Self.guests.map { vmid in
                var guest = SampleGuest(vmid)
                let names = (1...Self.aliases).map { "\"a\(vmid)-\($0)\"" }
                guest.notes = "aliases = [\(names.joined(separator: ", "))]"
                return guest
            }
            return try await PublishingLab(guests) { settings in
                settings.head = "stopped = \"withdraw\""
                settings.mapping = "trust = \"all\""
            }
        }

        /// Stops guests and waits until the agent has seen it.
        private func stop(_ guests: some Sequence<Int>, at lab: PublishingLab) async throws {
            try await lab.all(guests, #""do": "set", "status": "stopped""#)
            #expect(try lab.agent.control("collect").status == 0)
        }

        /// The names in our own zone, and at PowerDNS.
        private func counts(_ lab: PublishingLab) throws -> [Int] {
            let (ours, theirs) = try lab.zoneAtBoth("example.com.")
            return [ours.count, theirs.count]
        }

        private func expectAddition(_ vmid: Int, at lab: PublishingLab) async throws {
            try await lab.cluster.command(SampleGuest(vmid).addition)
            #expect(try lab.agent.control("collect").status == 0)
            #expect(try lab.agent.addresses("vm\(vmid).example.com") == ["10.0.0.\(vmid)"])
            try await eventually("an addition reaches PowerDNS") {
                try await lab.powerDNS.sets()["vm\(vmid).example.com. A"] != nil
            }
        }

        @Test func sixHundredOfTwoThousand() async throws {
            let lab = try await makeLab()
            try await lab.start()
            #expect(try counts(lab) == [2_000, 2_000])
            #expect(try lab.agent.outcome(["health"]).status == 0)

            try await stop(101...130, at: lab)
            #expect(try counts(lab) == [2_000, 2_000])
            try await expectAddition(201, at: lab)
            let health = try lab.agent.outcome(["health"])
            #expect(health.status == 2)
            #expect(health.output.contains("held back in our own zones: "), "\(health)")
            let plan = try lab.agent.control("plan", "show", "--exit-code")
            #expect(plan.status == 2)
            #expect(plan.output.contains("600 held back"))
            #expect(
                plan.output.contains(
                    "600 removals and changes of 2001 within an hour, more than 100"), "\(plan)")
            #expect(plan.output.contains("pipamctl plan apply --force lets it through once"))
            #expect(try lab.problems().contains { $0.contains("600 record sets held back") })

            // Our own zones alone: the provider has a brake of its own.
            let own = try lab.agent.control("plan", "apply", "--force", "--provider", "pipam")
            #expect(own.status == 0)
            try await eventually("PowerDNS's brake holds") { try lab.state() == "braked" }
            #expect(try counts(lab) == [1_401, 2_001])
            try await expectAddition(202, at: lab)
            #expect(try lab.agent.outcome(["health"]).status == 2)
            #expect(
                try lab.agent.control("plan", "show", "--provider", "powerdns").output
                    .contains("600 held back"))
            #expect(try lab.agent.control("plan", "apply").status == 2)
            #expect(try counts(lab) == [1_402, 2_002])
            #expect(try lab.agent.control("plan", "apply", "--force").status == 0)
            #expect(try counts(lab) == [1_402, 1_402])
            try await lab.inStep()
            #expect(try lab.agent.outcome(["health"]).status == 0)

            try await nibbling(at: lab)
        }

        /// 29 % of what is left, again and again, and in the end forced through both at once.
        private func nibbling(at lab: PublishingLab) async throws {
            for guests in [131...150, 151...164, 165...174] {
                try await stop(guests, at: lab)
                #expect(try counts(lab) == [1_402, 1_402])
            }
            #expect(try lab.agent.outcome(["health"]).status == 2)
            let forced = try lab.agent.control("plan", "apply", "--force")
            #expect(forced.status == 0, "\(forced)")
            #expect(try counts(lab) == [522, 522])
            #expect(try lab.agent.outcome(["health"]).status == 0)
        }

        @Test func nineOfNine() async throws {
            let lab = try await PublishingLab(SampleGuest.several(9)) {
                $0.head = "stopped = \"withdraw\""
            }
            try await lab.start()
            try await stop(101...109, at: lab)
            #expect(try counts(lab) == [9, 9])
            #expect(try lab.agent.outcome(["health"]).status == 2)
            #expect(
                try lab.agent.control("plan", "show").output
                    .contains("9 removals and changes of 9 within an hour, more than 5"))
            // They were not gone after all.
            try await lab.all(101...109, #""do": "set", "status": "running""#)
            #expect(try lab.agent.control("collect").status == 0)
            #expect(try lab.agent.outcome(["health"]).status == 0)
            #expect(try counts(lab) == [9, 9])
        }

        @Test func theLastSetOfAZone() async throws {
            let lab = try await PublishingLab(SampleGuest.several(2)) {
                $0.head = "stopped = \"withdraw\""
            }
            try await lab.start()
            try await stop([101], at: lab)
            try await eventually("one of two may go") { try counts(lab) == [1, 1] }
            try await stop([102], at: lab)
            #expect(try counts(lab) == [1, 1])
            let plan = try lab.agent.control("plan", "show").output
            #expect(plan.contains("held back: the last "), "\(plan)")
            #expect(try lab.agent.outcome(["health"]).status == 2)
            #expect(try lab.agent.control("plan", "apply", "--force").status == 0)
            #expect(try counts(lab) == [0, 0])
            #expect(try lab.agent.outcome(["health"]).status == 0)
        }
    }
}
