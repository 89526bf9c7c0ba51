import Foundation
import OpenSSL
import PipamAgent
import Testing

/// `pipam enroll` on hosts that share a directory.
@Suite struct EnrolmentTests {
    private let lab: EnrolmentLab

    init() throws { lab = try EnrolmentLab() }

    @Test func theFirstFoundsAndTheOthersJoin() async throws {
        let first = try await lab.enroll("a")
        let second = try await lab.enroll("b")
        let third = try await lab.enroll("c")
        #expect(first.isBootstrapNode)
        #expect(!second.isBootstrapNode)
        #expect(!third.isBootstrapNode)
        let clusters = Set([first, second, third].compactMap { $0.view?.cluster })
        #expect(clusters.count == 1)
        #expect(third.view?.nodes.count == 3)
        let replicas = Set([first, second, third].compactMap { $0.identity?.replica })
        #expect(replicas.count == 3)
        for host in ["a", "b", "c"] {
            for other in ["a", "b", "c"] { #expect(try lab.trusts(host, other)) }
        }
        #expect(!lab.has("common/lock"))
        #expect(!lab.has("common/lock-holder"))
    }

    @Test func aSecondRunChangesNothingAndTakesNoLock() async throws {
        try await lab.enroll("a")
        let before = try (lab.content(lab.data("a")), lab.content(lab.place.path))
        lab.now += EnrolmentLab.day
        let report = try await lab.enroll("a") { request in
            request.step = { (what) throws(EnrolmentError) in
                throw .refused(reason: what, remedy: "")
            }
        }
        #expect(report.done.isEmpty)
        #expect(report.warnings.isEmpty)
        #expect(try (lab.content(lab.data("a")), lab.content(lab.place.path)) == before)
    }

    @Test func aDryRunTellsAndChangesNothing() async throws {
        let report = try await lab.enroll("a") { $0.isDryRun = true }
        #expect(report.done.count == 8)
        #expect(!lab.has("a"))
        #expect(!lab.has("common"))
        let real = try await lab.enroll("a")
        #expect(real.done == report.done)
    }

    @Test func secretsAreTheOwnersAlone() async throws {
        try await lab.enroll("a")
        for name in ["common/ca.key", "a/tls/node.pem", "a/node.json", "common/cluster.json"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(lab.path)/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        #expect(!(try lab.text("common/cluster.json")).contains("PRIVATE"))
        #expect(!(try lab.text("a/cluster.json")).contains("PRIVATE"))
    }

    @Test func aCertificateIsRenewedWithANewKeyAfterTwoThirdsOfItsTime() async throws {
        try await lab.enroll("a")
        let first = try lab.credentials("a")
        lab.now += 59 * EnrolmentLab.day
        #expect(try await lab.enroll("a").done.isEmpty)
        lab.now += EnrolmentLab.day + 3_600
        let report = try await lab.enroll("a")
        #expect(report.done.first?.contains("two thirds") == true)
        let second = try lab.credentials("a")
        #expect(second.key != first.key)
        #expect(second.certificate.uris == first.certificate.uris)
        #expect(second.certificate.notAfterSeconds > first.certificate.notAfterSeconds)
        #expect(report.view?.nodes.first?.certificate == second.certificate.fingerprint)
        #expect(try await lab.enroll("a").done.isEmpty)
    }

    @Test func anExpiredCertificateIsReplaced() async throws {
        try await lab.enroll("a")
        lab.now += 91 * EnrolmentLab.day
        #expect(throws: EnrolmentError.self) { try lab.credentials("a") }
        #expect(try await lab.enroll("a").done.first?.contains("expired") == true)
        _ = try lab.credentials("a")
    }

    @Test func whatChangesAboutAHostIsPublished() async throws {
        try await lab.enroll("a")
        let address = try #require(MemberAddress("10.0.0.1:9000"))
        let report = try await lab.enroll("a") {
            $0.addresses = [address]
            $0.role = .witness
        }
        #expect(report.view?.nodes.map(\.addresses) == [[address]])
        #expect(report.view?.nodes.map(\.role) == [.witness])
        #expect(report.done.count == 2)
    }

    @Test func aHostThatWasInstalledAnewIsSomebodyElseBesideTheOldOne() async throws {
        let founder = try await lab.enroll("a")
        try await lab.enroll("b")
        try lab.wipe("a")
        let report = try await lab.enroll("a")
        #expect(report.identity?.node != founder.identity?.node)
        #expect(report.identity?.replica != founder.identity?.replica)
        #expect(!report.isBootstrapNode)
        #expect(report.view?.nodes.map(\.name).sorted() == ["a", "a", "b"])
        #expect(report.warnings.contains { $0.contains("was enrolled before") })
        let old = try #require(founder.identity?.node)
        let after = try await lab.enroll("b") { $0.forgotten = old }
        #expect(after.view?.nodes.map(\.name).sorted() == ["a", "b"])
        #expect(try await lab.enroll("a").warnings.isEmpty)
    }

    @Test func aCopiedDataDirectoryIsRefused() async throws {
        try await lab.enroll("a")
        try FileManager.default.copyItem(atPath: lab.data("a"), toPath: lab.data("b"))
        await #expect {
            try await lab.enroll("b")
        } throws: { "\($0)".contains("if the data directory was copied") }
    }

    @Test func aNodeThatWasGivenAnotherNumberIsPublishedWithIt() async throws {
        let before = try await lab.enroll("a")
        let old = try #require(before.identity?.replica).number
        let text = try lab.text("a/node.json")
        let new = text.replacingOccurrences(of: "\"\(old)\"", with: "\"4711\"")
        #expect(new != text)
        try lab.write(new, to: "a/node.json")
        let report = try await lab.enroll("a")
        #expect(report.identity?.node == before.identity?.node)
        #expect(report.view?.nodes.map(\.replica.number) == [4711])
        #expect(try await lab.enroll("a").done.isEmpty)
    }

    @Test func theNumberOfAnotherNodeIsRefused() async throws {
        let taken = try #require(try await lab.enroll("a").identity?.replica).number
        let own = try #require(try await lab.enroll("b").identity?.replica).number
        let text = try lab.text("b/node.json")
        try lab.write(
            text.replacingOccurrences(of: "\"\(own)\"", with: "\"\(taken)\""), to: "b/node.json")
        await #expect {
            try await lab.enroll("b")
        } throws: { "\($0)".contains("claims as well") }
    }

    @Test func aNodeDoesNotForgetItself() async throws {
        let node = try #require(try await lab.enroll("a").identity?.node)
        await #expect {
            try await lab.enroll("a") { $0.forgotten = node }
        } throws: { "\($0)".contains("is this node itself") }
    }

    // MARK: What must not be founded

    @Test func aMissingClusterIsNeverReplaced() async throws {
        try await lab.enroll("a")
        try FileManager.default.removeItem(atPath: lab.place.path)
        await #expect { try await lab.enroll("a") } throws: {
            "\($0)".contains("this node belongs to the cluster")
        }
        #expect(!lab.has("common"))
    }

    @Test func tracesOfAClusterForbidANewOne() async throws {
        try await lab.enroll("a")
        try FileManager.default.removeItem(atPath: "\(lab.place.path)/cluster.json")
        await #expect { try await lab.enroll("b") } throws: {
            "\($0)".contains("there are traces of a cluster")
        }
    }

    @Test func anotherClusterIsRefused() async throws {
        try await lab.enroll("a")
        lab.place = ClusterPlace(path: "\(lab.path)/other")
        try await lab.enroll("b")
        await #expect { try await lab.enroll("a") } throws: {
            "\($0)".contains("belongs to the cluster")
        }
    }

    @Test func theDirectoryAboveHasToBeThere() async throws {
        lab.place = ClusterPlace(path: "\(lab.path)/mount/common")
        await #expect(throws: EnrolmentError.self) { try await lab.enroll("a") }
        #expect(!lab.has("mount"))
    }

    // MARK: Damage

    @Test(arguments: ["", "{", "{\"version\":2}", "{\"version\":1}", "[1]", "null"])
    func aDamagedDocumentIsToldWithARemedy(text: String) async throws {
        try await lab.enroll("a")
        for name in ["common/cluster.json", "a/node.json"] {
            let right = try lab.text(name)
            try lab.write(text, to: name)
            await #expect { try await lab.enroll("a") } throws: { error in
                guard case EnrolmentError.damaged(let path, _, _) = error else { return false }
                return path.hasSuffix(name)
            }
            try lab.write(right, to: name)
        }
        #expect(try await lab.enroll("a").done.isEmpty)
    }

    @Test func aDocumentThatIsTooLongIsNotRead() async throws {
        try await lab.enroll("a")
        try lab.write(String(repeating: " ", count: 40_000), to: "common/cluster.json")
        await #expect(throws: EnrolmentError.self) { try await lab.enroll("a") }
    }

    @Test func aDamagedFileOfAnotherNodeIsToldAndStopsNobody() async throws {
        try await lab.enroll("a")
        try lab.write("{\"version\":9}", to: "common/nodes/b.json")
        let report = try await lab.enroll("c")
        #expect(report.warnings.contains { $0.contains("b.json") })
        _ = try lab.credentials("c")
    }

    @Test(arguments: ["", "no certificate", "-----BEGIN CERTIFICATE-----\n"])
    func damagedCredentialsAreReplaced(text: String) async throws {
        try await lab.enroll("a")
        let before = try lab.credentials("a")
        try lab.write(text, to: "a/tls/node.pem")
        #expect(!(try await lab.enroll("a").done.isEmpty))
        #expect(try lab.credentials("a").key != before.key)
        try lab.write(text, to: "a/tls/ca.crt")
        try await lab.enroll("a")
        _ = try lab.credentials("a")
    }

    @Test func aKeyThatOthersCouldReadIsReplaced() async throws {
        try await lab.enroll("a")
        let before = try lab.credentials("a")
        try lab.write(before.nodePEM, to: "a/tls/node.pem", mode: 0o640)
        let report = try await lab.enroll("a")
        #expect(report.done.first?.contains("others than its owner") == true)
        #expect(try lab.credentials("a").key != before.key)
    }

    @Test func anAuthoritysKeyThatOthersCanReadIsRefused() async throws {
        try await lab.enroll("a")
        try lab.write(try lab.text("common/ca.key"), to: "common/ca.key", mode: 0o644)
        await #expect { try await lab.enroll("b") } throws: { "\($0)".contains("--rotate-ca") }
    }

    @Test func aDirectoryThatOthersCanWriteIsRefused() async throws {
        try await lab.enroll("a")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: lab.place.path)
        await #expect { try await lab.enroll("b") } throws: {
            "\($0)".contains("can be written by others")
        }
    }

    @Test func aSymbolicLinkIsNotFollowed() async throws {
        try FileManager.default.createDirectory(
            atPath: lab.data("a"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            atPath: "\(lab.path)/elsewhere", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(lab.data("a"))/tls", withDestinationPath: "\(lab.path)/elsewhere")
        await #expect(throws: EnrolmentError.self) { try await lab.enroll("a") }
        #expect(try lab.content("\(lab.path)/elsewhere").isEmpty)
    }
}
