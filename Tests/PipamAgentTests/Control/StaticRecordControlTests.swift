import ClusterState
import Control
import Foundation
import Inventory
import TestServers
import Testing
import Zones

@testable import PipamAgent

/// Records and zones of the operator's, as the control API takes them.
@Suite struct StaticRecordControlTests {
    private let cluster = SampleCluster()

    /// An agent of one node with `example.com` and a guest in it, as far as these requests need it.
    private func agent() async throws -> (control: AgentControl, keeper: AloneKeeper) {
        let alone = try await StateKeeper.alone(nowSeconds: cluster.seconds)
        let report = try cluster.report(101, "web1", ["10.0.0.1/24"])
        try await alone.keeper.propose(
            [.configure(try cluster.settings()), .reportGuests([report])],
            atSeconds: cluster.seconds)
        let control = AgentControl(
            events: EventBuffer(), keeper: alone.keeper,
            board: StatusBoard(startedSeconds: cluster.seconds), collectNow: { nil },
            publishers: PublisherList(), statistics: { nil },
            office: SigningOffice(secrets: SecretRing()), host: "pve1")
        return (control, alone)
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: One record

    @Test func recordsOfANameAndTypeComeTogetherAndGoOneByOne() async throws {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let first = try await control.addRecord(
            .init(name: "example.com", type: "MX", data: ["10", "mail.elsewhere.test"]))
        #expect(first.outcome == .done && first.added == 1 && first.findings.isEmpty)
        let second = try await control.addRecord(
            .init(
                name: "@", type: "MX", data: ["20", "web1.example.com."], zone: "example.com.",
                ttl: 60, comment: "second"))
        #expect(second.changed == 1 && second.findings.isEmpty)
        let same = try await control.addRecord(
            .init(name: "example.com", type: "MX", data: ["20", "web1.example.com"]))
        #expect(same.outcome == .unchanged)
        let listed = try await control.records(.init(name: "example.com.", type: "MX")).records
        #expect(listed.map(\.data) == ["10 mail.elsewhere.test.", "20 web1.example.com."])
        #expect(listed.allSatisfy { $0.ttl == 60 && $0.origin == .static })
        #expect(listed.allSatisfy { $0.comment == "second" && $0.guest == nil })
        let gone = try await control.removeRecords(
            .init(name: "example.com", type: "MX", data: ["10", "mail.elsewhere.test"]))
        #expect(gone.changed == 1)
        let all = try await control.removeRecords(.init(name: "example.com"))
        #expect(all.removed == 1)
        await #expect(throws: ControlError.self) {
            try await control.removeRecords(.init(name: "example.com"))
        }
    }

    @Test func stringsAreQuotedAndCut() async throws {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let long = String(repeating: "k", count: 300)
        _ = try await control.addRecord(
            .init(name: "t.example.com", type: "TXT", data: ["a \"b\" \\ ; c", long]))
        let listed = try await control.records(.init(name: "t.example.com.")).records
        let parts = ["k", "k"].enumerated().map {
            "\"\(String(repeating: $1, count: $0 == 0 ? 255 : 45))\""
        }
        #expect(listed.map(\.data) == ["\"a \\\"b\\\" \\\\ ; c\" \(parts.joined(separator: " "))"])
    }

    @Test(arguments: [
        ("a.example.com", "A", ["10.0.0"]), ("a.example.com", "FOO", ["x"]),
        ("a.elsewhere.test", "A", ["10.0.0.1"]), ("a..example.com", "A", ["10.0.0.1"]),
        ("example.com", "CNAME", ["a.example.com"]), ("example.com", "SOA", ["a b 1 2 3 4 5"]),
        ("a.example.com", "A", ["10.0.0.1\n@ A 10.0.0.2"]), ("a.example.com", "TYPE41", ["\\# 0"]),
        ("a.example.com", "TYPE262", ["\\# 1 00"]), ("a.example.com", "A", ["10.0.0.1", "(", "b"]),
        ("a.example.com", "RRSIG", ["A 13 3 300 20300101000000 20200101000000 1 a. AAAA"]),
        ("web1.example.com", "TXT", ["x"]),
    ])
    func whatCannotBeIsRefused(name: String, type: String, data: [String]) async throws {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        await #expect(throws: ControlError.self) {
            try await control.addRecord(.init(name: name, type: type, data: data))
        }
        #expect(await alone.keeper.state.zones.statics.sets.isEmpty)
    }

    @Test func aGuestGivesWayIfAsked() async throws {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let request = RecordAddRequest(name: "web1.example.com", type: "A", data: ["10.0.0.9"])
        do {
            _ = try await control.addRecord(request)
            Issue.record("the guest lost its name")
        } catch {
            #expect("\(error)".contains("101") && "\(error)".contains("--replace"))
        }
        let answer = try await control.addRecord(
            .init(name: "web1.example.com", type: "A", data: ["10.0.0.9"], replace: true))
        #expect(answer.guests == [101])
        let guest = try await control.guest(101)
        let items = guest.names + guest.addresses
        #expect(items.contains { $0.reason?.contains("operator") == true })
    }

    @Test func versionsAreHeldTo() async throws {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let add = { (ifAbsent: Bool, version: UInt64?, last: Int) in
            try await control.addRecord(
                .init(
                    name: "v.example.com", type: "A", data: ["10.1.1.\(last)"],
                    ifAbsent: ifAbsent, version: version))
        }
        _ = try await add(true, nil, 1)
        await #expect(throws: ControlError.self) { try await add(true, nil, 2) }
        let version = try await control.records(.init(name: "v.example.com.")).records[0].version
        await #expect(throws: ControlError.self) { try await add(false, 1, 2) }
        _ = try await add(false, version, 2)
        let shown = try await control.addRecord(
            .init(name: "w.example.com", type: "A", data: ["10.1.1.1"], dryRun: true))
        #expect(shown.outcome == .shown && shown.added == 1)
        #expect(try await control.records(.init(name: "w.example.com.")).records.isEmpty)
    }

    // MARK: Zones

    @Test func aZoneComesAndGoesWithItsFile() async throws {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let file = ZoneCorpusCase.head.replacing("example.com", with: "static.test")
        let shown = try await control.importZone(.init(dryRun: true), text: text(file))
        #expect(shown.outcome == .shown && shown.added == 2 && shown.zone == "static.test.")
        #expect(try await control.zones().zones.count == 2)
        let made = try await control.importZone(.init(version: shown.version), text: text(file))
        #expect(made.outcome == .done)
        let zones = try await control.zones().zones
        #expect(zones.first { $0.name == "static.test." }?.isStatic == true)
        // Later than that of the file.
        #expect(zones.first { $0.name == "static.test." }?.serial ?? 0 > 1)
        let again = try await control.importZone(.init(), text: text(file))
        #expect(again.outcome == .unchanged)
        let more = try await control.importZone(
            .init(), text: text(file + "www A 192.0.2.80\n"))
        #expect(more.added == 1 && more.removed == 0)
        // A file that is wrong takes nothing away.
        let broken = try await control.importZone(.init(), text: text(file + "www A 192.0\n"))
        #expect(broken.outcome == .refused && broken.removed == 0)
        #expect(broken.findings.first?.line == 6 && broken.findings.first?.severity == .error)
        await #expect(throws: ControlError.self) {
            try await control.removeZone(.init(zone: "static.test."))
        }
        let gone = try await control.removeZone(.init(zone: "static.test.", withRecords: true))
        #expect(gone.removed == 3)
        #expect(try await control.zones().zones.count == 2)
        await #expect(throws: ControlError.self) {
            try await control.removeZone(.init(zone: "example.com."))
        }
    }

    @Test func recordsOfGuestsStayBesideAnImport() async throws {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let file = ZoneCorpusCase.head + "@ MX 10 web1\nwww CNAME web1\n"
        let answer = try await control.importZone(.init(), text: text(file))
        #expect(answer.outcome == .done)
        #expect(answer.findings.map(\.severity) == [.warning])
        let listed = try await control.zone("example.com.").records
        #expect(listed.contains { $0.guest == 101 && $0.type == "A" })
        #expect(listed.contains { $0.name == "www.example.com." && $0.origin == .static })
        let emptied = try await control.importZone(.init(zone: "example.com."), text: [])
        #expect(emptied.removed == answer.added)
        let left = try await control.zone("example.com.").records
        #expect(left.contains { $0.guest == 101 } && !left.contains { $0.origin == .static })
    }

    /// More than one entry of the log holds, in one step all the same.
    @Test func aLargeFileComesInParts() async throws {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let lines = (0..<4_000).map { "n\($0) A 10.9.\($0 >> 8).\($0 & 255)\n" }.joined()
        let file = ZoneCorpusCase.head.replacing("example.com", with: "big.test") + lines
        let answer = try await control.importZone(.init(), text: text(file))
        #expect(answer.added == 4_002 && answer.differences.count == RecordChangeAnswer.listed)
        let state = await alone.keeper.state
        let apex = try #require(DomainName("big.test"))
        #expect(state.zones.zones[apex]?.count == 4_002)
        #expect(state.index > 3)
        #expect(try ReplicatedState(snapshot: state.snapshot()).digest == state.digest)
    }

    // MARK: As kzonecheck

    private func verdict(_ file: String) async throws -> ZoneCorpusCase.Verdict {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let answer = try await control.importZone(
            .init(zone: "check.test.", dryRun: true),
            text: text(file.replacing("example.com", with: "check.test")))
        guard answer.outcome != .refused else { return .refused }
        return answer.findings.isEmpty ? .taken : .warned
    }

    @Test(arguments: ZoneCorpusCase.all)
    func filesAreJudgedAsTheyDeserve(_ example: ZoneCorpusCase) async throws {
        #expect(try await verdict(example.text) == example.verdict)
    }

    @Test(arguments: ZoneCorpusCase.all)
    func kzonecheckThinksSoToo(_ example: ZoneCorpusCase) async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("corpus-\(UUID().uuidString).zone")
        try example.text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try TestServers.Command.outcome(
            "kzonecheck", ["-o", "example.com", file.path])
        #expect((result.status == 0) == (example.knot == .good), "\(result.output)\(result.errors)")
    }

    /// What is printed as a zone file is taken again.
    @Test func whatIsShownIsReadBack() async throws {
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let file =
            ZoneCorpusCase.head.replacing("example.com", with: "back.test") + """
                a CAA 0 issue "letsencrypt.org; x=\\"y\\""
                b HTTPS 1 . alpn=h2 port=8443
                c SSHFP 4 2 \(String(repeating: "ab", count: 32))
                d TXT "\\200\\009 ;(" "" "é"
                \\*\\.x TXT "odd"
                e LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
                _s._tcp SRV 0 5 5060 ns
                f NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
                g DNAME elsewhere.test.

                """
        #expect(try await control.importZone(.init(), text: text(file)).outcome == .done)
        let shown = try await control.zoneFile("back.test.")
        let again = try await control.importZone(.init(), text: text(shown))
        #expect(again.outcome == .unchanged, "\(again.differences) \(again.findings)")
    }

    /// Whatever stands in a file, an answer comes.
    @Test func mangledFilesNeverCrash() async throws {
        var random = SystemRandomNumberGenerator()
        let (control, alone) = try await agent()
        defer { withExtendedLifetime(alone) {} }
        let files = ZoneCorpusCase.all.map { Array($0.text.utf8) }
        for file in files {
            for length in stride(from: 0, to: file.count, by: 7) {
                _ = try? await control.importZone(
                    .init(zone: "example.com.", dryRun: true), text: Array(file[..<length]))
            }
            for _ in 0..<20 {
                var file = file
                for _ in 0..<3 {
                    file[Int.random(in: file.indices, using: &random)] =
                        UInt8.random(in: 0...255, using: &random)
                }
                _ = try? await control.importZone(
                    .init(zone: "example.com.", dryRun: true), text: file)
            }
        }
    }
}
