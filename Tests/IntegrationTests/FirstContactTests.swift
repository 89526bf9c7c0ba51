import Foundation
import HTTPClient
import TestServers
import Testing

extension PublishingTests {
    /// What it takes until a zone is written to, and what is told of a zone that others write to.
    @Suite struct FirstContact {
        @Test func nothingIsWrittenBeforeApproval() async throws {
            let lab = try await PublishingLab(SampleGuest.several(5), isApproved: false)
            try await lab.agent.start()
            #expect(try lab.agent.control("collect").status == 0)
            try await eventually("both zones wait") {
                try lab.problems().count { $0.contains("waits for its first approval") } == 2
            }
            #expect(try lab.state() == "awaiting_approval")
            let plan = try lab.agent.control("plan", "show", "--exit-code")
            #expect(plan.status == 2)
            #expect(plan.output.contains("nothing is written before pipamctl plan apply"))
            #expect(try lab.agent.outcome(["reconcile"]).status == 2)
            try await lab.cluster.command(SampleGuest(150).addition)
            #expect(try lab.agent.control("collect").status == 0)
            #expect(try await lab.powerDNS.writes() == 0)

            // One zone at a time, and everything in it.
            let one = try lab.agent.control("plan", "apply", "--zone", "example.com.")
            #expect(one.status == 0, "\(one)")
            #expect(try await lab.powerDNS.marked().count == 6)
            #expect(try await lab.powerDNS.marked("10.in-addr.arpa.").isEmpty)
            #expect(try await lab.powerDNS.writes() == 1)
            #expect(try lab.state() == "awaiting_approval")
            #expect(try lab.agent.control("plan", "apply").status == 0)
            #expect(try await lab.powerDNS.marked("10.in-addr.arpa.").count == 6)
            try await lab.inStep()

            // Nobody is asked again after a restart.
            #expect(lab.agent.stop() == 0)
            _ = try await lab.powerDNS.counts()
            try await lab.agent.start()
            try await lab.cluster.command(SampleGuest(151).addition)
            #expect(try lab.agent.control("collect").status == 0)
            try await lab.inStep()
            #expect(try await lab.powerDNS.marked().count == 7)
            let zones = try lab.agent.answer("status")["providers"]?.elements?.first?["zones"]
            #expect(zones?.elements?.map { $0["entries"]?.integer } == [7, 7])
            #expect(try await lab.powerDNS.writes() == 2)
        }

        /// The Go ancestor wrote the same records and marked none of them.
        @Test func recordsOfTheAncestorAreAdopted() async throws {
            let lab = try await PublishingLab(SampleGuest.several(4))
            let byHand = [
                PowerDNSServer.set("vm101.example.com.", "A", "10.0.0.101", ttl: 60),
                PowerDNSServer.set("vm102.example.com.", "A", "10.0.0.102", ttl: 60),
                PowerDNSServer.set("vm103.example.com.", "A", "192.0.2.3", ttl: 60),
            ]
            try await lab.powerDNS.edit("example.com.", byHand)
            try await lab.agent.start()
            #expect(try lab.agent.control("collect").status == 0)
            try await eventually("the rest is written") {
                try await lab.powerDNS.marked() == ["vm104.example.com. A"]
            }
            try await eventually("three are in conflict") {
                try lab.agent.answer("conflicts")["conflicts"]?.elements?.count == 3
            }
            #expect(
                try lab.agent.control("conflicts").output
                    .contains(
                        "a record made by hand says the same; take it over with pipamctl adopt"))
            _ = try await lab.powerDNS.counts()
            let dryRun = try lab.agent.control("adopt", "example.com.", "--dry-run")
            #expect(dryRun.output.contains("2 entries would be adopted"), "\(dryRun)")
            #expect(try await lab.powerDNS.writes() == 0)
            let adopted = try lab.agent.control("adopt", "example.com.")
            #expect(adopted.status == 2)
            #expect(adopted.output.contains("2 entries adopted"), "\(adopted)")
            #expect(try await lab.powerDNS.writes() == 1)
            #expect(
                try await lab.powerDNS.marked()
                    == Set([101, 102, 104].map { "vm\($0).example.com. A" }))
            #expect(
                try lab.problems().contains {
                    $0.contains("vm103.example.com. A cannot be written: a record made by hand")
                })
            // Ours now: changed and removed like any other.
            try await lab.cluster.command(
                SampleGuest(101, address: "10.0.7.101/16").readdressing)
            #expect(try lab.agent.control("collect").status == 0)
            try await eventually("ours is changed") {
                try lab.zoneAtBoth("example.com.").theirs
                    .contains("vm101.example.com. 60 IN A 10.0.7.101")
            }
            #expect(try await lab.powerDNS.sets()["vm103.example.com. A"] != nil)
        }

        /// Taking over says nothing about what else is owed.
        @Test func adoptingForgetsNothing() async throws {
            let lab = try await PublishingLab(SampleGuest.several(3))
            try await lab.powerDNS.edit(
                "example.com.",
                [PowerDNSServer.set("vm101.example.com.", "A", "10.0.0.101", ttl: 60)])
            try await lab.powerDNS.fault(#""kind": "drop_before""#)
            try await lab.agent.start()
            #expect(try lab.agent.control("collect").status == 0)
            try await eventually("nothing can be written") { try lab.state() == "failing" }
            try await lab.powerDNS.fault(#""kind": "drop_before", "count": 0"#)
            #expect(try lab.agent.control("adopt", "example.com.").status == 0)
            try await eventually("the rest is written too") {
                try await lab.powerDNS.marked().count == 3
            }
        }

        @Test func whatOthersChangedIsToldAndNotRepairedSilently() async throws {
            let lab = try await PublishingLab(SampleGuest.several(4))
            try await lab.start()
            #expect(lab.agent.stop() == 0)
            try await lab.powerDNS.edit(
                "example.com.",
                [
                    PowerDNSServer.removal("vm101.example.com.", "A"),
                    PowerDNSServer.removal("vm102.example.com.", "A"),
                    PowerDNSServer.set("vm103.example.com.", "A", "192.0.2.3", ttl: 60),
                ])
            _ = try await lab.powerDNS.counts()
            // The check at the start tells.
            try await lab.agent.start()
            try await eventually("both are told") {
                let problems = try lab.problems()
                return problems.contains {
                    $0.contains("changed there behind our back: vm101.example.com. A and 1 more")
                        && $0.contains("pipam reconcile puts it right")
                }
                    && problems.contains {
                        $0.contains("vm103.example.com. A cannot be written: ours was changed")
                    }
            }
            #expect(try lab.state() == "behind")
            #expect(try lab.agent.outcome(["reconcile", "--dry-run"]).output.contains("2 steps"))
            #expect(try await lab.powerDNS.writes() == 0)
            #expect(try lab.agent.outcome(["reconcile"]).status == 2)
            let sets = try await lab.powerDNS.sets()
            #expect(sets["vm101.example.com. A"] != nil && sets["vm102.example.com. A"] != nil)
            #expect(try !lab.problems().contains { $0.contains("behind our back") })
            // Removed there, it is written again.
            try await lab.powerDNS.edit(
                "example.com.", [PowerDNSServer.removal("vm103.example.com.", "A")])
            #expect(try lab.agent.outcome(["reconcile"]).status == 0)
            try await lab.inStep()
        }

        @Test func aFullReconciliationWritesWhatIsMissing() async throws {
            let lab = try await PublishingLab(SampleGuest.several(3)) {
                $0.head = "full_reconcile_interval = 1"
            }
            try await lab.start()
            try await lab.powerDNS.edit(
                "example.com.", [PowerDNSServer.removal("vm101.example.com.", "A")])
            try await eventually("it comes back by itself") {
                try await lab.powerDNS.marked().count == 3
            }
        }

        /// What a person approved was one server, not whichever stands in the settings later.
        @Test func anotherServerIsApprovedAnew() async throws {
            let lab = try await PublishingLab(SampleGuest.several(3), isApproved: false)
            try await lab.agent.start()
            #expect(try lab.agent.control("collect").status == 0)
            #expect(try lab.agent.control("plan", "apply").status == 0)
            #expect(try await lab.powerDNS.marked().count == 3)
            let other = try await PowerDNSServer()
            for zone in PublishingLab.zones { try await other.makeZone(zone) }
            lab.agent.settings.powerDNSURL = other.url
            try lab.agent.write()
            lab.agent.reload()
            try await eventually("both zones wait") {
                try lab.problems().count { $0.contains("waits for its first approval") } == 2
            }
            #expect(try await other.marked().isEmpty)
            #expect(try lab.agent.control("plan", "apply").status == 0)
            #expect(try await other.marked().count == 3)
            #expect(try await lab.powerDNS.marked().count == 3)
        }

        @Test func twoClustersOnOneZone() async throws {
            let lab = try await PublishingLab([SampleGuest(101), SampleGuest(102)])
            try await lab.start()
            let before = try await lab.powerDNS.sets()
            let cluster = try await PublishingLab.cluster([
                SampleGuest(101, address: "10.2.0.1/16"), SampleGuest(301, address: "10.2.0.2/16"),
            ])
            let other = try RunningAgent(cluster: cluster, powerDNS: lab.powerDNS) {
                $0.powerDNS = "auto_approve = true"
            }
            try await other.start()
            #expect(try other.control("collect").status == 0)
            try await eventually("the other writes what is free") {
                try await lab.powerDNS.sets()["vm301.example.com. A"] != nil
            }
            let id = try #require(try lab.agent.answer("status")["cluster"]?.text)
            try await eventually("the other's name is a conflict") {
                try other.control("conflicts").output.contains(
                    "it belongs to another cluster, \(id); let one of the two publish the name")
            }
            let after = try await lab.powerDNS.sets()
            for (name, set) in before { #expect(after[name] == set) }
            // Neither misses or takes away what is the other's.
            for agent in [lab.agent, other] { _ = try agent.outcome(["reconcile"]) }
            #expect(try await lab.powerDNS.sets() == after)
            #expect(try lab.state() == "in_step")
            #expect(try other.outcome(["clean"]).output.contains("3 entries removed"))
            #expect(try await lab.powerDNS.sets() == before)
        }
    }
}
