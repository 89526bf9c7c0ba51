import Foundation
import HTTPClient
import TestServers
import Testing

extension PublishingTests {
    /// What the operator gives, through the whole agent: command line, log, answers, PowerDNS.
    @Suite struct StaticRecords {
        @Test func recordsAndZonesOfTheOperatorsAreServed() async throws {
            let lab = try await PublishingLab(SampleGuest.several(2))
            try await lab.start()
            let agent = lab.agent
            let added = try agent.control(
                "record", "add", "example.com", "MX", "10", "vm101.example.com", "--comment",
                "mail")
            #expect(added.status == 0, "\(added)")
            #expect(added.output.contains("+ example.com. MX 10 vm101.example.com."))
            #expect(try agent.dig("example.com", "MX").contains("10 vm101.example.com."))
            let alias = try agent.control(
                "record", "add", "@", "CNAME", "vm101.example.com", "--zone", "example.com")
            #expect(alias.status == 1 && alias.errors.contains("a CNAME stands alone"), "\(alias)")

            let held = try agent.control("record", "add", "vm101.example.com", "A", "10.0.0.99")
            #expect(held.status == 1 && held.errors.contains("101"), "\(held)")
            let text = try agent.control(
                "record", "add", "_dmarc.example.com", "TXT", "v=DMARC1; p=none")
            #expect(text.status == 0, "\(text)")
            #expect(try agent.dig("_dmarc.example.com", "TXT").contains("v=DMARC1; p=none"))

            let list = try agent.control("record", "list", "--zone", "example.com").output
            #expect(list.contains("mail") && list.contains("static"), "\(list)")
            try await importZone(agent)
            let gone = try agent.control("record", "remove", "example.com", "MX")
            #expect(gone.status == 0, "\(gone)")
            #expect(!(try agent.dig("example.com", "MX").contains("vm101")))
        }

        private func importZone(_ agent: RunningAgent) async throws {
            let file = agent.directory.appendingPathComponent("static.zone")
            let zone = """
                $ORIGIN static.test.
                $TTL 300
                @ SOA ns hostmaster 7 300 60 1209600 10
                @ NS ns
                ns A 192.0.2.1
                *.w A 192.0.2.2

                """
            try (zone + "bad A 1.2\n").write(to: file, atomically: true, encoding: .utf8)
            let refused = try agent.control("zone", "import", file.path)
            #expect(refused.status == 1, "\(refused)")
            #expect(refused.output.contains("\(file.path):7: error: bad.static.test."))
            try zone.write(to: file, atomically: true, encoding: .utf8)
            let shown = try agent.answer("zone", "import", "--dry-run", file.path)
            #expect(shown["outcome"]?.text == "shown" && shown["added"]?.integer == 3)
            let made = try agent.control("zone", "import", file.path)
            #expect(made.status == 0, "\(made)")
            #expect(try agent.addresses("any.w.static.test") == ["192.0.2.2"])
            let left = try agent.control("zone", "remove", "static.test")
            #expect(left.status == 1 && left.errors.contains("--with-records"), "\(left)")
            let removed = try agent.control("zone", "remove", "static.test", "--with-records")
            #expect(removed.status == 0, "\(removed)")
            #expect(try agent.dig("+comments", "static.test", "SOA").contains("REFUSED"))
        }
    }
}
