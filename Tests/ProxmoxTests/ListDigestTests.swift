import HTTPClient
import Inventory
import Testing

@testable import Proxmox

/// The list of guests told from the next one by its octets.
@Suite struct ListDigestTests {
    private static func body(_ items: String...) -> [UInt8] {
        Array(#"{"data": [\#(items.joined(separator: ","))]}"#.utf8)
    }

    private static let one = body(Machine.item(more: #", "name": "web1", "cpu": 0.25"#))

    @Test(arguments: [
        body(Machine.item(more: #", "name": "web1", "cpu": 0.5, "netin": 4, "mem": 7"#)),
        body(Machine.item(uptime: 200, more: #", "name": "web1""#)),
        body(Machine.item(more: #", "name": "web1", "more": {"name": ["]", "\"", 1]}"#)),
        Array(#" {"success": 1, "data":\#n[ {"name" : "web1", "#.utf8)
            + Array(#""vmid":100,"type":"qemu","node":"pve1","uptime":"1","#.utf8)
            + Array(#""status":"running"}]} "#.utf8),
    ])
    func whatIsNotReadMakesNoDifference(other: [UInt8]) throws {
        #expect(try #require(ListDigest(Self.one)).value == ListDigest(other)?.value)
    }

    @Test(arguments: [
        Machine.item("stopped"), Machine.item(node: "pve2"), Machine.item(vmid: 101),
        Machine.item().replacing("qemu", with: "lxc"), Machine.item(more: #", "name": "web""#),
        Machine.item(more: #", "tags": "a""#), Machine.item(more: #", "lock": "backup""#),
        Machine.item(more: #", "template": 1"#), Machine.item(more: #", "pool": "p""#),
        Machine.item(more: #", "maxcpu": 9"#), Machine.item(more: #", "maxmem": 9"#),
        Machine.item(more: #", "maxdisk": 9"#),
    ])
    func everythingThatIsReadMakesADifference(item: String) throws {
        let plain = try #require(ListDigest(Self.body(Machine.item())))
        let other = try #require(ListDigest(Self.body(item)))
        #expect(plain.value != other.value)
        // As the entries do.
        #expect(
            ResourceList(document: Self.body(item))?.entries.values.first
                != ResourceList(document: Self.body(Machine.item()))?.entries.values.first)
    }

    @Test func theOrderOfGuestsMakesNoDifferenceAndTheirNumberDoes() throws {
        let (first, second) = (Machine.item(vmid: 100), Machine.item(vmid: 101))
        let both = try #require(ListDigest(Self.body(first, second)))
        #expect(both.value == ListDigest(Self.body(second, first))?.value)
        #expect(both.value != ListDigest(Self.body(first))?.value)
        #expect(both.value != ListDigest(Self.body(first, second, second))?.value)
        let swapped = Self.body(
            Machine.item(vmid: 100, more: #", "name": "a""#),
            Machine.item(vmid: 101, more: #", "name": "b""#))
        let crossed = Self.body(
            Machine.item(vmid: 100, more: #", "name": "b""#),
            Machine.item(vmid: 101, more: #", "name": "a""#))
        #expect(ListDigest(swapped)?.value != ListDigest(crossed)?.value)
    }

    @Test func uptimesStandBesideTheDigest() throws {
        let item = Machine.item(vmid: 7_000, uptime: 200)
        let digest = try #require(ListDigest(Self.body(item, Machine.item(vmid: 101))))
        #expect(
            digest.uptimes == [.init(vmid: 7_000, seconds: 200), .init(vmid: 101, seconds: 100)])
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"data": {}}"#, #"{"data": null}"#, #"{"data": [1]}"#,
        #"{"data": [{}]}"#, #"{"data": []} x"#, #"{"data": [], "data": []}"#,
        #"{"data": [{"vmid": 100, "vmid": 101}]}"#, #"{"data": [{"vmid": "x"}]}"#,
        #"{"data": [{"vmid": 99999999999}]}"#, #"{"data": [{"vmid": 100, "uptime": 1.5}]}"#,
        #"{"data": [{"vmid": 100, "na\u006de": "a"}]}"#, #"{"data": [{"vmid": 100,}]}"#,
        #"{"data": [{"vmid": 100, "name": "a", "name": "b"}]}"#,
    ])
    func anUnusualAnswerHasToBeRead(text: String) {
        #expect(ListDigest(Array(text.utf8)) == nil)
    }

    @Test func aTruncatedAnswerHasToBeRead() throws {
        let body = try Fixture.octets("cluster_resources_type_vm")
        let end = try #require(body.lastIndex(of: UInt8(ascii: "}")))
        #expect(ListDigest(body) != nil)
        for length in 0...end { #expect(ListDigest(Array(body[..<length])) == nil) }
    }

    @Test func readingOneByOneGivesWhatReadingAllGives() throws {
        let body = try Fixture.octets("cluster_resources_type_vm")
        let whole = try #require(
            ResourceList(try Fixture.data("cluster_resources_type_vm")))
        let parts = try #require(ResourceList(document: body))
        #expect(parts.entries == whole.entries)
        #expect(parts.uptimes == whole.uptimes)
        #expect(parts.isComplete == whole.isComplete)
        #expect(!whole.entries.isEmpty)
        #expect(ResourceList(document: Array(#"{"data": [{]}"#.utf8)) == nil)
        #expect(ResourceList(document: Array(#"{"data": 1}"#.utf8)) == nil)
    }
}

/// Collections from a list that is the same as the last one.
@Suite struct ResumedCollectionTests {
    private static func digest(_ list: String) throws -> ListDigest {
        try #require(ListDigest(Array(#"{"data": \#(list)}"#.utf8)))
    }

    /// A full collection has been, with the digest of its list.
    private static func collected(_ list: String) throws -> SimulatedCluster {
        var cluster = try Machine.cluster()
        _ = try cluster.collect(.full, list: list, digest: digest(list))
        cluster.now += .seconds(2)
        return cluster
    }

    @Test func nothingIsAskedAndNothingReported() throws {
        var cluster = try Self.collected(Machine.list(Machine.item()))
        let digest = try Self.digest(Machine.list(Machine.item(uptime: 102)))
        let answer = cluster.resume(digest)
        let collection = try #require(answer)
        #expect(cluster.asked == [])
        #expect(collection.reports == [])
        #expect(collection.problems == [])
    }

    @Test func anotherListHasToBeRead() throws {
        var cluster = try Self.collected(Machine.list(Machine.item()))
        let other = try Self.digest(Machine.list(Machine.item("stopped")))
        let different = cluster.resume(other)
        #expect(different == nil)
        let same = try Self.digest(Machine.list(Machine.item()))
        let narrower = cluster.resume(same, in: .only(["pve1"]))
        #expect(narrower == nil)
        let equal = cluster.resume(same)
        #expect(equal != nil)
        // A list without digest was read since.
        _ = try cluster.collect(.changes, list: Machine.list(Machine.item()))
        let afterwards = cluster.resume(same)
        #expect(afterwards == nil)
    }

    @Test func aListWithStrangeItemsHasToBeReadEachTime() throws {
        let list = Machine.list(Machine.item(), #"{"type": "qemu", "vmid": 5, "node": "pve1"}"#)
        var cluster = try Self.collected(list)
        let strange = try cluster.resume(Self.digest(list))
        #expect(strange == nil)
    }

    /// It had run for long when it was started anew, far longer than when its list was read.
    @Test func aRestartIsSeenByTheUptime() throws {
        var cluster = try Self.collected(Machine.list(Machine.item(uptime: 2)))
        let late = try Self.digest(Machine.list(Machine.item(uptime: 5_000)))
        let later = cluster.resume(late)
        #expect(later != nil)
        let restarted = Machine.list(Machine.item(uptime: 9))
        let anew = try cluster.resume(Self.digest(restarted))
        #expect(anew == nil)
        _ = try cluster.collect(
            .changes, list: restarted, digest: try Self.digest(restarted))
        #expect(cluster.asked == [Machine.config, Machine.interfaces, Machine.hostName])
    }

    @Test func aLookThatIsDueIsTaken() throws {
        let list = Machine.list(Machine.item())
        var cluster = try Self.collected(list)
        cluster.now += .seconds(600)
        let answer = try cluster.resume(Self.digest(list))
        let collection = try #require(answer)
        #expect(cluster.asked == [Machine.interfaces, Machine.hostName])
        #expect(collection.reports.count == 1)
    }

    @Test func aConfigurationThatIsMissingIsAskedForAgain() throws {
        let list = Machine.list(Machine.item())
        var cluster = try Machine.cluster()
        let timeOut = ProxmoxError.forbidden(call: Machine.config, message: "not now")
        cluster.fail(Machine.config, timeOut)
        _ = try cluster.collect(.full, list: list, digest: try Self.digest(list))
        try cluster.answer(Machine.config, Machine.configuration())
        let answer = try cluster.resume(Self.digest(list))
        let collection = try #require(answer)
        #expect(cluster.asked == [Machine.config, Machine.interfaces, Machine.hostName])
        #expect(collection.reports.first?.addresses == .observed)
    }
}
