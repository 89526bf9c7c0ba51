import Testing

@testable import Proxmox

@Suite struct SelfTestTests {
    private static func gaps(_ permissions: String, version: String = "9.2.11") throws -> [String] {
        let permissions = try #require(Permissions(try Fixture.json(permissions)))
        return RequiredPrivileges.gaps(permissions, version: version).map {
            "\($0.privileges[0]) \($0.path)"
        }
    }

    @Test func theAuditorsRoleIsEnoughOnProxmox9() throws {
        let permissions = try Fixture.data("access_permissions_pveauditor_token")
        let read = try #require(Permissions(permissions))
        #expect(RequiredPrivileges.gaps(read, version: "9.2.11") == [])
    }

    @Test func proxmox8NeedsMonitor() throws {
        let role = #"{"/": {"VM.Audit": 1, "Sys.Audit": 1, "SDN.Audit": 1}}"#
        #expect(try Self.gaps(role, version: "8.4.1") == ["VM.Monitor /vms"])
        #expect(try Self.gaps(role, version: "9.0.3") == ["VM.GuestAgent.Audit /vms"])
        let more = #"{"/": {"VM.Audit": 1, "Sys.Audit": 1, "SDN.Audit": 1, "VM.Monitor": 1}}"#
        #expect(try Self.gaps(more, version: "8.4.1") == [])
    }

    @Test func aTokenWithoutRightsLacksEverything() throws {
        let all = [
            "Sys.Audit /", "SDN.Audit /sdn/zones", "VM.Audit /vms", "VM.GuestAgent.Audit /vms",
        ]
        #expect(try Self.gaps("{}") == all)
    }

    @Test func aPrivilegeThatDoesNotExtendIsNotThereBelow() throws {
        let permissions = try #require(
            Permissions(try Fixture.json(#"{"/": {"VM.Audit": 0, "Sys.Audit": 1}}"#)))
        #expect(permissions.holds("Sys.Audit", on: "/vms/100"))
        #expect(!permissions.holds("VM.Audit", on: "/vms/100"))
    }

    @Test func anExceptionBelowIsNamed() throws {
        let permissions = """
            {"/": {"VM.Audit": 1, "Sys.Audit": 1, "SDN.Audit": 1, "VM.GuestAgent.Audit": 1},
             "/vms/105": {"Sys.Audit": 1}}
            """
        #expect(
            try Self.gaps(permissions) == ["VM.Audit /vms/105", "VM.GuestAgent.Audit /vms/105"])
    }

    @Test func gapsAreProblemsWithARemedy() throws {
        let permissions = try #require(Permissions(try Fixture.json("{}")))
        let test = SelfTest(
            version: "9", clusterName: nil, nodes: [],
            gaps: RequiredPrivileges.gaps(permissions, version: "9"))
        #expect(!test.isComplete)
        let message = "the token lacks VM.Audit on /vms: guests are not seen"
        let problem = try #require(test.problems.first { $0.message == message })
        #expect(problem.remedy.contains("grant VM.Audit on /vms"))
    }

    @Test(arguments: [
        (#"{"/": {"A": 1}}"#, #"{"/": {"A": 1, "B": 1}}"#, nil),
        (#"{"/": {"A": 1}}"#, #"{"/": {}}"#, "A on /"), (#"{"/vms": {"A": 1}}"#, "{}", "A on /vms"),
        (#"{"/vms": {"A": 1}}"#, #"{"/": {"A": 1}}"#, nil),
    ])
    func aLostPrivilegeIsNoticed(before: String, after: String, loss: String?) throws {
        let earlier = try #require(Permissions(try Fixture.json(before)))
        let now = try #require(Permissions(try Fixture.json(after)))
        #expect(now.firstLoss(since: earlier) == loss)
    }

    @Test(arguments: ["user@pam!a", "user@pve!token-1", "a@b@pve!x"])
    func tokensAreRead(id: String) {
        #expect(APIToken(id: id, secret: "x")?.description == id)
    }

    @Test(arguments: [
        "", "user", "user@pam", "user!a", "@pam!a", "user@!a", "user@pam!", "a b@c!d",
    ])
    func otherTokensAreNot(id: String) {
        #expect(APIToken(id: id, secret: "x") == nil)
    }

    @Test func aSecretIsNeverPrinted() throws {
        let token = try #require(APIToken(id: "user@pam!a", secret: "s3cret"))
        let settings = ProxmoxSettings(baseURLs: ["https://a"], token: token)
        #expect(!"\(token) \(settings)".contains("s3cret"))
        #expect(!String(reflecting: settings).contains("s3cret"))
    }
}
