import Foundation
import HTTPClient
import TestServers
import Testing

extension PublishingTests {
    /// What PowerDNS has afterwards is what we have, and what is not ours stays as it was.
    @Suite struct Interop {
        private static let allZones = PublishingLab.zones + ["8.b.d.0.1.0.0.2.ip6.arpa."]

        /// Guests with everything that makes record sets: several addresses, IPv6, aliases and a
        /// service of two.
        private static var guests: [SampleGuest] {
            var guests = SampleGuest.several(6)
            guests[0].addresses.append("10.1.0.101/16")
            guests[0].address6 = "2001:db8::101/64"
            guests[1].notes = #"aliases = ["shop", "www.example.com", "a.b.c"]"#
            guests[1].address6 = "2001:db8::102/64"
            guests[2].notes = #"service = "web""#
            guests[3].notes = #"service = "web""#
            guests[4].name = "UPPER"
            return guests
        }

        private func lab(isApproved: Bool) async throws -> PublishingLab {
            try await PublishingLab(
                Self.guests, zones: Self.allZones, isApproved: isApproved
            ) { settings in
                settings.networks.append("2001:db8::/32")
                settings.reverse.append("2001:db8::/32")
                settings.mapping = "trust = \"all\""
            }
        }

        private func expectEqualZones(_ lab: PublishingLab) throws {
            for zone in Self.allZones {
                let (ours, theirs) = try lab.zoneAtBoth(zone)
                #expect(ours == theirs)
                #expect(!ours.isEmpty)
            }
            let (forward, _) = try lab.zoneAtBoth("example.com.")
            #expect(forward.contains("vm101.example.com. 60 IN A 10.1.0.101"))
            #expect(forward.contains("vm101.example.com. 60 IN AAAA 2001:db8::101"))
            #expect(forward.contains("www.example.com. 60 IN CNAME vm102.example.com."))
            #expect(forward.filter { $0.hasPrefix("web.example.com. 60 IN A") }.count == 2)
            #expect(forward.contains { $0.hasPrefix("upper.example.com.") })
        }

        @Test func reconcileWithoutAnAgent() async throws {
            let lab = try await lab(isApproved: false)
            let dryRun = try lab.agent.outcome(["reconcile", "--dry-run"])
            #expect(dryRun.status == 2)
            #expect(dryRun.output.contains("Nothing was written."))
            let first = try lab.agent.outcome(["reconcile"])
            #expect(first.status == 2)
            #expect(first.output.contains("first contact: nothing was written"))
            #expect(try await lab.powerDNS.writes() == 0)
            let approved = try lab.agent.outcome(["reconcile", "--approve"])
            #expect(approved.status == 0, "\(approved)")
            #expect(try await lab.powerDNS.counts().requests["PATCH"] == 3)
            let again = try lab.agent.outcome(["reconcile"])
            #expect(again.status == 0)
            #expect(again.output.contains("Nothing to do.\n"))
            #expect(try await lab.powerDNS.writes() == 0)
            // An agent that comes after it finds everything in order.
            try await lab.start()
            try expectEqualZones(lab)
            #expect(try await lab.powerDNS.writes() == 0)
        }

        @Test func aRunningAgentAndReconcileThroughIt() async throws {
            let lab = try await lab(isApproved: true)
            try await lab.start()
            try expectEqualZones(lab)
            _ = try await lab.powerDNS.counts()
            let outcome = try lab.agent.outcome(["reconcile"])
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try await lab.powerDNS.writes() == 0)
            // The agent was asked, and lives on.
            #expect(lab.agent.log.contains("path=/v1/reconcile"))
            #expect(try lab.state() == "in_step")
        }

        // MARK: What is not ours

        /// 200 record sets of somebody else, at names of their own and at those of guests.
        private static let foreign: [String] =
            (101...110).map { PowerDNSServer.set("vm\($0).example.com.", "A", "192.0.2.1") }
            + (111...115).map {
                PowerDNSServer.set("vm\($0).example.com.", "CNAME", "elsewhere.example.net.")
            }
            + (116...120).map { PowerDNSServer.set("vm\($0).example.com.", "TXT", "\"theirs\"") }
            + (0..<30).flatMap { number in
                let name = "x\(number).example.com."
                return [
                    PowerDNSServer.set(name, "A", "192.0.2.2", "192.0.2.3"),
                    PowerDNSServer.set(name, "AAAA", "2001:db8::1"),
                    PowerDNSServer.set(name, "TXT", #""a \"quoted\" text""#, ttl: 17),
                    PowerDNSServer.set(name, "MX", "10 mail.example.net."),
                    PowerDNSServer.set("_sip._tcp.\(name)", "SRV", "0 5 5060 sip.example.net."),
                    PowerDNSServer.set("alias.\(name)", "CNAME", "x0.example.com."),
                ]
            }

        private static let edited = 121...140

        /// An agent with 40 guests whose names are free, 20 of which are edited afterwards, and
        /// with 20 whose names are not.
        private func makeLab() async throws -> (PublishingLab, [String: JSONValue]) {
            let lab = try await PublishingLab(SampleGuest.several(60))
            try await lab.powerDNS.edit("example.com.", Self.foreign)
            try await lab.powerDNS.edit(
                "example.com.",
                [
                    """
                    {"name": "x1.example.com.", "type": "A", "ttl": 300, "changetype": "REPLACE",
                     "comments": [{"content": "do not touch", "account": "somebody"}]}
                    """
                ])
            #expect(try lab.agent.outcome(["reconcile"]).status == 2)
            let edits = Self.edited.map {
                PowerDNSServer.set("vm\($0).example.com.", "A", "192.0.2.9")
            }
            try await lab.powerDNS.edit("example.com.", edits)
            let names = Set(Self.edited.map { "vm\($0).example.com. A" })
            let marked = try await lab.powerDNS.marked()
            let before = try await lab.powerDNS.sets().filter {
                names.contains($0.key) || !marked.contains($0.key)
            }
            // The NS set is not ours either.
            #expect(before.count == 200 + 20 + 1)
            return (lab, before)
        }

        private func expect(_ before: [String: JSONValue], at lab: PublishingLab) async throws {
            let after = try await lab.powerDNS.sets()
            for (name, set) in before { #expect(after[name] == set, "\(name)") }
        }

        @Test func whatIsNotOursSurvivesReconcileAndClean() async throws {
            let (lab, before) = try await makeLab()
            let again = try lab.agent.outcome(["reconcile"])
            #expect(again.status == 2)
            #expect(again.output.contains("ours was changed by hand"))
            #expect(again.output.contains("a record made by hand stands there"))
            #expect(again.output.contains("vm111.example.com. CNAME, which is not ours"))
            try await expect(before, at: lab)
            _ = try await lab.powerDNS.counts()
            let dryRun = try lab.agent.outcome(["clean", "--dry-run"])
            #expect(dryRun.output.contains("85 entries would be removed"), "\(dryRun)")
            #expect(try await lab.powerDNS.writes() == 0)

            try await lab.agent.start()
            let clean = try lab.agent.outcome(["clean"])
            #expect(clean.status == 2)
            #expect(clean.output.contains("85 entries removed"), "\(clean)")
            #expect(clean.output.contains("Publishing is paused"))
            try await expect(before, at: lab)
            #expect(try await lab.powerDNS.sets().count == before.count)
            #expect(try await lab.powerDNS.marked("10.in-addr.arpa.").isEmpty)
        }

        @Test func cleanPausesUntilTold() async throws {
            let lab = try await PublishingLab(SampleGuest.several(4))
            try await lab.start()
            let marked = try await lab.powerDNS.marked()
            #expect(try lab.agent.outcome(["clean"]).status == 0)
            #expect(try await lab.powerDNS.marked().isEmpty)
            #expect(try lab.state() == "paused")
            #expect(try lab.problems().contains { $0.contains("publishing; paused") })
            #expect(lab.agent.stop() == 0)
            _ = try await lab.powerDNS.counts()
            try await lab.agent.start()
            try await lab.cluster.command(try SampleGuest(150).addition)
            #expect(try lab.agent.control("collect").status == 0)
            #expect(try lab.agent.addresses("vm150.example.com") == ["10.0.0.150"])
            for words in [["reconcile"], ["reconcile", "--approve"]] {
                let outcome = try lab.agent.outcome(words)
                #expect(outcome.status == 2)
                #expect(outcome.errors.contains("publishing is paused; pipamctl publish resume"))
            }
            #expect(try lab.agent.control("plan", "apply").status == 1)
            #expect(try await lab.powerDNS.writes() == 0)
            #expect(try lab.agent.control("publish", "resume").output == "Publishing goes on.\n")
            try await lab.inStep("everything is back")
            #expect(try await lab.powerDNS.marked() == marked.union(["vm150.example.com. A"]))
        }

        @Test func cleanCollectTakesOnlyWhatGuestsHaveNow() async throws {
            var guests = SampleGuest.several(3)
            guests[2].addresses = ["10.9.0.103/16"]
            let lab = try await PublishingLab(guests)
            try await lab.start()
            #expect(try lab.agent.control("publish", "pause").status == 0)
            // What is not mapped any more stands at PowerDNS still.
            try lab.agent.configure(networks: "10.0.0.0/16")
            lab.agent.reload()
            try await eventually("the mapping waits for a person") {
                try lab.agent.control("plan", "apply", "--provider", "settings").status == 0
            }
            try await eventually("the mapping holds") {
                try lab.agent.addresses("vm103.example.com").isEmpty
            }
            _ = try await lab.powerDNS.counts()
            let dryRun = try lab.agent.outcome(["clean", "--collect", "--dry-run"])
            #expect(dryRun.output.contains("4 entries would be removed"), "\(dryRun)")
            #expect(try await lab.powerDNS.writes() == 0)
            let clean = try lab.agent.outcome(["clean", "--collect"])
            #expect(clean.status == 0)
            #expect(clean.output.contains("4 entries removed"), "\(clean)")
            #expect(try await lab.powerDNS.marked() == ["vm103.example.com. A"])
        }

        @Test func whatWentElsewhereIsNotForgotten() async throws {
            let lab = try await PublishingLab(SampleGuest.several(3))
            #expect(try lab.agent.outcome(["reconcile"]).status == 0)
            #expect(try await lab.powerDNS.marked("10.in-addr.arpa.").count == 3)
            // A longer zone takes the names over; what stands in the shorter one is the last of it.
            try await lab.powerDNS.makeZone("0.0.10.in-addr.arpa.")
            let moved = try lab.agent.outcome(["reconcile"])
            #expect(moved.status == 2)
            #expect(moved.output.contains("the last 3 would be removed"), "\(moved)")
            #expect(try await lab.powerDNS.marked("0.0.10.in-addr.arpa.").count == 3)
            #expect(try lab.agent.outcome(["health"]).status == 2)
            #expect(try lab.agent.outcome(["reconcile", "--force"]).status == 0)
            #expect(try await lab.powerDNS.marked("10.in-addr.arpa.").isEmpty)
            #expect(try lab.agent.outcome(["health"]).status == 0)
            #expect(try lab.agent.outcome(["clean"]).status == 0)
            #expect(try await lab.powerDNS.marked("0.0.10.in-addr.arpa.").isEmpty)
        }
    }
}
