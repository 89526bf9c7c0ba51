import ClusterState
import Foundation
import Inventory
import PipamAgent
import Proxmox
import Testing

/// What `pipam output` prints, for people and for programs.
@Suite struct OutputReportTests {
    private let cluster = SampleCluster()

    private func report(
        _ guests: [GuestReport], problems: [Problem] = [],
        change: (inout ClusterSettings) -> Void = { _ in }
    ) throws -> OutputReport {
        var settings = try cluster.settings()
        change(&settings)
        var state = ReplicatedState()
        for body: Command.Body in [
            .found(cluster.id), .configure(settings), .reportGuests(guests),
        ] {
            _ = try state.apply(Command(body, atSeconds: cluster.seconds))
        }
        return OutputReport(state, problems: problems)
    }

    /// The report as a program reads it.
    private func object(_ report: OutputReport) throws -> [String: Any] {
        let data = Data(try report.json().utf8)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func list(_ object: [String: Any], _ key: String) throws -> [[String: Any]] {
        try #require(object[key] as? [[String: Any]])
    }

    private let hidden = Problem(
        scope: .node("pve2"), message: "node pve2 does not answer", remedy: "start it")

    // MARK: Text

    @Test func theTableAlignsGuestsWithTheirRecords() throws {
        var silent = try cluster.report(102, "db", [])
        silent.guest.runState = .stopped
        let text = try report([
            silent, try cluster.report(101, "web1", ["10.0.0.1/24", "fe80::1/64"]),
        ]).text()
        let table = """
            VMID  TYPE  NODE  STATUS   NAME  RECORD
            101   qemu  pve1  running  web1  web1.example.com.       A    10.0.0.1
                                             1.0.0.10.in-addr.arpa.  PTR  web1.example.com.
            102   qemu  pve1  stopped  db    -

            """
        #expect(text.hasPrefix(table), "\(text)")
        #expect(text.contains("\nNot published:\n  102 "), "\(text)")
        #expect(!text.contains("fe80"), "nobody can do anything about a link-local address")
        #expect(!text.contains("Could not be seen"))
    }

    @Test func whatCouldNotBeSeenIsSaid() throws {
        let text = try report([], problems: [hidden]).text()
        #expect(
            text.hasSuffix(
                "\nCould not be seen:\n  \(hidden.scope): node pve2 does not answer (start it)\n"))
        #expect(!text.contains("Not published"))
        #expect(try report([]).text().split(separator: "\n").count == 1)
    }

    @Test(arguments: [
        ("\u{1B}[2J", #"\u{1B}[2J"#), ("a\nb", #"a\nb"#), ("\u{9B}2J", #"\u{009B}2J"#),
        ("\u{202E}x", #"\u{202E}x"#), ("\u{7F}", #"\u{7F}"#), ("\u{2028}", #"\u{2028}"#),
    ])
    func namesDoNotDriveTheTerminal(name: String, shown: String) throws {
        let problem = Problem(scope: .guest(101), message: name, remedy: name)
        let text = try report([try cluster.report(101, name, ["10.0.0.1/24"])], problems: [problem])
            .text()
        #expect(text.contains(" \(shown) "))
        #expect(text.contains(": \(shown) (\(shown))\n"))
        #expect(
            text.unicodeScalars.allSatisfy {
                $0 == "\n"
                    || ![.control, .format, .lineSeparator].contains(
                        $0.properties.generalCategory)
            })
    }

    // MARK: JSON

    @Test func theKeysAreStable() throws {
        let withAll = try cluster.report(101, "web1", ["10.0.0.1/24", "fe80::1/64"])
        var guest = withAll.guest
        guest.hostName = "web1"
        guest.pool = "infra"
        guest.interfaces[0].guestName = "ens18"
        guest.interfaces[0].vlan = VLANID(5)
        let object = try object(
            try report(
                [GuestReport(guest: guest, addresses: .observed)], problems: [hidden]))
        #expect(object.keys.sorted() == ["guests", "problems", "zones"])
        let line = try #require(try list(object, "guests").first)
        #expect(
            line.keys.sorted() == [
                "disk_bytes", "host_name", "interfaces", "is_template", "memory_bytes", "name",
                "node", "pool", "records", "status", "tags", "type", "unpublished",
                "virtual_cpus", "vmid",
            ])
        let interface = try #require(try list(line, "interfaces").first)
        #expect(
            interface.keys.sorted() == [
                "addresses", "bridge", "key", "mac", "name", "routing_domain", "vlan",
            ])
        let address = try #require(try list(interface, "addresses").first)
        #expect(address.keys.sorted() == ["address", "device", "origin"])
        let record = try #require(try list(line, "records").first)
        #expect(record.keys.sorted() == ["data", "name", "ttl", "type"])
        let finding = try #require(try list(line, "unpublished").first)
        #expect(finding.keys.sorted() == ["reason", "subject"])
        let zone = try #require(try list(object, "zones").first)
        #expect(zone.keys.sorted() == ["name", "records"])
        let problem = try #require(try list(object, "problems").first)
        #expect(problem.keys.sorted() == ["about", "message", "remedy"])
    }

    @Test func theValuesAreThoseOfTheGuest() throws {
        var seen = try cluster.report(101, "web1", ["10.0.0.1/24"])
        seen.guest.virtualCPUs = 4
        seen.guest.memoryBytes = 1 << 33
        seen.guest.tags = ["a", "b"]
        seen.guest.interfaces[0].addresses[0].origin = .cloudInit
        let object = try object(try report([seen]))
        let line = try #require(try list(object, "guests").first)
        #expect(line["vmid"] as? Int == 101)
        #expect(line["virtual_cpus"] as? Int == 4)
        #expect(line["memory_bytes"] as? Int == 1 << 33)
        #expect(line["is_template"] as? Bool == false)
        #expect(line["tags"] as? [String] == ["a", "b"])
        #expect(line["host_name"] == nil)
        let interface = try #require(try list(line, "interfaces").first)
        #expect(interface["mac"] as? String == seen.guest.interfaces[0].mac?.description)
        let address = try #require(try list(interface, "addresses").first)
        #expect(address["address"] as? String == "10.0.0.1/24")
        #expect(address["origin"] as? String == "cloud_init")
        #expect(address["device"] as? String == "ens18")
    }

    @Test func recordsAndFindingsStandWithTheirGuest() throws {
        let object = try object(
            try report([
                try cluster.report(101, "web1", ["10.0.0.1/24", "10.0.0.9/24"]),
                try cluster.report(102, "web1", ["10.0.0.2/24"]),
                try cluster.report(103, "web3", ["192.0.2.3/24"]),
            ]))
        let guests = try list(object, "guests")
        #expect(guests.compactMap { $0["vmid"] as? Int } == [101, 102, 103])
        let records = try list(guests[0], "records").map { record in
            ["name", "type", "data"].compactMap { record[$0] as? String }.joined(separator: " ")
        }
        #expect(records.contains("web1.example.com. A 10.0.0.1"))
        #expect(records.contains("1.0.0.10.in-addr.arpa. PTR web1.example.com."))
        #expect(!records.contains { $0.contains("10.0.0.2") })
        #expect(try list(guests[0], "records").allSatisfy { $0["ttl"] as? Int == 60 })
        for guest in guests[1...] {
            #expect(try list(guest, "records").isEmpty)
            let finding = try #require(try list(guest, "unpublished").first)
            #expect(!(finding["reason"] as? String ?? "").isEmpty)
        }
        let zones = try list(object, "zones")
        #expect(
            zones.compactMap { $0["name"] as? String }
                == ["0.0.10.in-addr.arpa.", "example.com."])
    }

    @Test func controlCharactersLeaveTheJSONWhole() throws {
        let name = "a\n\u{1B}\"\\\u{2028}"
        let text = try report([try cluster.report(101, name, [])]).json()
        #expect(!text.contains("\u{1B}"))
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(try list(object, "guests").first?["name"] as? String == name)
    }
}
