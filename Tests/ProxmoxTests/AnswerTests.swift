import HTTPClient
import Inventory
import Testing

@testable import Proxmox

@Suite struct AnswerTests {
    private static func read(
        _ status: Int, _ reason: String = "", fixture: String? = nil, body: String = "",
        call: Call = .configuration(Machine.place)
    ) throws -> Result<JSONValue, ProxmoxError> {
        let octets = try fixture.map { try Fixture.octets($0) } ?? Array(body.utf8)
        let response = HTTPResponse(status: status, reason: reason, headers: [], body: octets)
        return Answer.read(response, to: call, token: "t")
    }

    @Test func errorsAreReadFromTheBody() throws {
        let path = Call.configuration(Machine.place).path
        #expect(
            try Self.read(403, fixture: "error_403")
                == .failure(
                    .forbidden(
                        call: path, message: "Permission check failed (/vms/100, VM.Audit)")))
        let message =
            "Parameter verification failed.; vmid: type check ('integer') failed - got 'abc'"
        #expect(
            try Self.read(400, fixture: "error_400")
                == .failure(.refused(call: path, status: 400, message: message)))
    }

    @Test func onlyTheGuestAskedForCanBeMissing() throws {
        let asked = GuestPlace(vmid: 999, kind: .qemu, node: "pve1")
        guard
            case .failure(.missing) = try Self.read(
                500, fixture: "error_500_missing_config", call: .presence(asked))
        else {
            Issue.record("not missing")
            return
        }
        for other in [
            Call.presence(Machine.place),
            .presence(GuestPlace(vmid: 999, kind: .qemu, node: "pve2")), .resources,
        ] {
            guard
                case .failure(.refused) = try Self.read(
                    500, fixture: "error_500_missing_config", call: other)
            else {
                Issue.record("\(other) taken for missing")
                continue
            }
        }
    }

    @Test(arguments: ["", "{", "[]", "{}", "<html>", "{\"message\": \"x\"}"])
    func whatIsNoAnswerIsMalformed(body: String) throws {
        guard case .failure(.malformed) = try Self.read(200, body: body) else {
            Issue.record("taken for an answer")
            return
        }
    }

    @Test func nullIsAnAnswer() throws {
        #expect(try Self.read(200, body: "{\"data\": null}") == .success(.null))
    }

    @Test func messagesAreOneBoundedLine() throws {
        let long = String(repeating: "a", count: 10_000)
        let body = "{\"message\": \"a\\u0007b\\n\(long)\"}"
        guard case .failure(.refused(_, _, let message)) = try Self.read(500, body: body) else {
            Issue.record("not refused")
            return
        }
        #expect(message.hasPrefix("a b aaa"))
        #expect(message.utf8.count <= Bounds.message)
    }

    @Test(arguments: ["100", "{\"data\": 1}", "{\"data\": [1, null, {\"vmid\": \"x\"}]}"])
    func noAnswerCrashesAReader(text: String) throws {
        let value = try Fixture.json(text)
        let data = value["data"] ?? value
        _ = ResourceList(data)
        _ = ClusterStatus(data)
        _ = NodeNetwork(data)
        _ = Permissions(data)
        _ = GuestConfiguration(data, kind: .lxc)
        _ = Observation(agentAnswer: data)
        _ = Observation(containerAnswer: data)
        _ = ReportedHostName.read(data)
    }

    @Test func aListWithAnItemThatIsNoGuestIsIncomplete() throws {
        let list = ResourceList(
            try Fixture.json(#"[{"type": "qemu", "vmid": 7, "node": "pve1"}, {"type": "lxc"}]"#))
        #expect(list?.isComplete == false)
        #expect(list?.entries.isEmpty == true)
        #expect(ResourceList(.null) == nil)
    }

    @Test(arguments: ["..", "a/b", "a?b", "", "ä", String(repeating: "a", count: 64)])
    func aNodesNameCannotChangeTheURL(name: String) throws {
        let item = try Fixture.json(#"{"type": "qemu", "vmid": 100, "node": "\#(name)"}"#)
        #expect(ResourceEntry(item) == nil)
    }
}
