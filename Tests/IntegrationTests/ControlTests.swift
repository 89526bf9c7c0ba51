import Foundation
import HTTPClient
import TestServers
import Testing

extension PublishingTests {
    /// What people and programs see of a running agent.
    @Suite struct ControlAndMetrics {
        private func line(_ text: String, _ start: String) throws -> Double {
            let line = try #require(
                text.split(separator: "\n").first { $0.hasPrefix(start + " ") }, "\(start)")
            return try #require(Double(line.split(separator: " ").last ?? ""))
        }

        @Test func eventsAreFollowed() async throws {
            let lab = try await PublishingLab(SampleGuest.several(2))
            try await lab.start()
            let follower = Process()
            follower.executableURL = URL(fileURLWithPath: RunningAgent.program.path + "ctl")
            follower.arguments = ["events", "--follow", "--socket", lab.agent.socket.path]
            let file = lab.agent.directory.appendingPathComponent("events")
            try Data().write(to: file)
            follower.standardOutput = try FileHandle(forWritingTo: file)
            try follower.run()
            defer { follower.terminate() }
            let seen = { try String(contentsOf: file, encoding: .utf8) }
            try await eventually("what happened before is seen") {
                try seen().contains("2 sets written, 0 removed")
            }
            try await lab.cluster.command(SampleGuest(150).addition)
            #expect(try lab.agent.control("collect").status == 0)
            try await eventually("what happens now is seen") {
                let text = try seen()
                return text.contains("guest 150: ") && text.contains("guest reported")
                    && text.contains("plan powerdns example.com.: 1 step, 0 held back")
                    && text.contains("write powerdns example.com.: 1 record set written")
                    && text.contains("in step at powerdns: 1 record set")
            }
            let numbers = try seen().split(separator: "\n")
                .compactMap { Int($0.split(separator: " ")[0]) }
            #expect(numbers == Array(1...numbers.count))
            let last = try lab.agent.control("events", "--from", "\(numbers.count)").output
            #expect(last.split(separator: "\n").count >= 1)
            #expect(last.hasPrefix("\(numbers.count) "))
        }

        @Test func oneGuestIsExplained() async throws {
            var guests = SampleGuest.several(3)
            guests[1].name = "vm101"
            guests[2].addresses.append("192.168.7.7/24")
            guests[2].notes = #"aliases = ["shop"]"#
            let lab = try await PublishingLab(guests)
            try await lab.start()
            let first = try lab.agent.answer("guest", "show", "101")
            let address = try #require(first["addresses"]?.elements?.first)
            #expect(address["value"]?.text == "10.0.0.101")
            #expect(address["origin"]?.text?.isEmpty == false)
            #expect((0...60).contains(address["age_seconds"]?.integer ?? -1))
            #expect(address["is_published"]?.flag == true)
            #expect(
                address["providers"]?.elements?.map { $0["state"]?.text } == ["in_step"])
            #expect(
                first["names"]?.elements?.first?["origin"]?.text == "the name in Proxmox")
            let second = try lab.agent.control("guest", "show", "102").output
            #expect(second.contains("vm101.example.com. is held by guest 101"), "\(second)")
            let third = try lab.agent.control("guest", "show", "vm103").output
            #expect(third.contains("192.168.7.7: "), "\(third)")
            #expect(third.contains("shop: shop.example.com. was chosen by"), "\(third)")
            let list = try lab.agent.control("guest", "list").output
            #expect(list.split(separator: "\n").count == 4)
        }

        @Test func metricsAreSensible() async throws {
            let lab = try await PublishingLab(SampleGuest.several(5))
            try await lab.start()
            for _ in 0..<3 { #expect(try lab.agent.addresses("vm101.example.com").count == 1) }
            let url = "http://127.0.0.1:\(lab.agent.metricsPort)/metrics"
            let response = try await HTTPClient().send(HTTPRequest(.get, url))
            #expect(response.status == 200)
            #expect(response.header("Content-Type")?.hasPrefix("text/plain") == true)
            let text = String(decoding: response.body, as: UTF8.self)
            #expect(try line(text, "pipam_guests") == 5)
            #expect(try line(text, "pipam_zones") == 2)
            #expect(try line(text, "pipam_publishing_paused") == 0)
            #expect(try line(text, #"pipam_collections_total{outcome="success"}"#) >= 1)
            #expect(try line(text, #"pipam_collections_total{outcome="failure"}"#) == 0)
            #expect(try line(text, #"pipam_provider_up{provider="powerdns"}"#) == 1)
            #expect(try line(text, #"pipam_provider_owed_sets{provider="powerdns"}"#) == 0)
            #expect(
                try line(text, #"pipam_provider_written_sets_total{provider="powerdns"}"#) == 10)
            #expect(try line(text, #"pipam_dns_queries_total{type="A"}"#) >= 3)
            #expect(try line(text, #"pipam_dns_responses_total{rcode="NOERROR"}"#) >= 3)
            let start = try line(text, "pipam_start_time_seconds")
            #expect(abs(start - Date().timeIntervalSince1970) < 120)
            try await lab.powerDNS.fault(#""kind": "drop_before", "method": "GET""#)
            _ = try lab.agent.outcome(["health"])
            let after = try await HTTPClient().send(HTTPRequest(.get, url)).body
            #expect(
                try line(
                    String(decoding: after, as: UTF8.self),
                    #"pipam_provider_up{provider="powerdns"}"#) == 0)
        }

        @Test func socketAndExitCodes() async throws {
            let lab = try await PublishingLab(SampleGuest.several(1))
            let group =
                try FileManager.default.attributesOfItem(
                    atPath: lab.agent.directory.path)[.groupOwnerAccountName] as? String
            lab.agent.settings.control = "group = \"\(group ?? "")\""
            try lab.agent.write()
            let none = try lab.agent.control("status")
            #expect(none.status == 1)
            #expect(none.output.isEmpty)
            #expect(none.errors.contains(lab.agent.socket.path))
            #expect(try lab.agent.outcome(["health"]).status == 0)
            try await lab.start()
            let attributes = try FileManager.default.attributesOfItem(
                atPath: lab.agent.socket.path)
            #expect(attributes[.posixPermissions] as? Int == 0o660)
            #expect(try lab.agent.control("status", "--exit-code").status == 0)
            #expect(try lab.agent.control("guest", "show", "999").status == 1)
            #expect(try lab.agent.control("zone", "show", "example.org").status == 1)
            #expect(try lab.agent.control("plan", "show", "--provider", "nobody").status == 1)
            #expect(try lab.agent.control("adopt", "example.org.").status == 1)
            #expect(try lab.agent.control("no-such-verb").status == 64)
            #expect(try lab.agent.outcome(["health"]).status == 0)
            try await lab.cluster.command(#"{"do": "down"}"#)
            #expect(try lab.agent.control("collect").status == 1)
            #expect(try lab.agent.control("status", "--exit-code").status == 2)
            #expect(try lab.agent.outcome(["health"]).status == 2)
            #expect(lab.agent.stop() == 0)
            #expect(!FileManager.default.fileExists(atPath: lab.agent.socket.path))
        }
    }
}
