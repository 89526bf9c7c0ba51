import ClusterState
import Inventory
import Testing
import Zones

/// Who belongs to the cluster, under which name, and of what it may tell.
@Suite struct MemberTests {
    @Test func theConfigurationSaysWhoVotes() throws {
        var cluster = try ClusterUnderTest(["pve1", "pve2"])
        #expect(cluster.state.memberList.map(\.name) == ["pve1", "pve2"])
        #expect(cluster.state.memberList.allSatisfy { $0.isVoter })
        let learner = ClusterUnderTest.member(3, "pve3")
        let effect = try cluster.change(
            MembershipContext(timeSeconds: cluster.time, member: learner), voters: [101, 102],
            learners: [103])
        #expect(effect.added?.name == "pve3")
        #expect(effect.added?.isVoter == false)
        #expect(effect.added?.joinedAtSeconds == cluster.time)
        try cluster.restart()
        // Promoted, without a record.
        try cluster.change(voters: [101, 102, 103])
        #expect(cluster.state.memberList.allSatisfy { $0.isVoter })
        // Removed.
        let removal = try cluster.change(voters: [101, 103])
        #expect(removal.removed.map(\.name) == ["pve2"])
        #expect(cluster.state.memberList.map(\.name) == ["pve1", "pve3"])
        #expect(cluster.state.strangers.isEmpty)
    }

    @Test func aNameHasOneMember() throws {
        var cluster = try ClusterUnderTest()
        let twin = ClusterUnderTest.member(4, "pve2")
        let effect = try cluster.join(twin, voters: 4)
        #expect(effect.refusal?.reason == .nameHeld)
        #expect(cluster.state.members[twin.node] == nil)
        #expect(cluster.state.strangers == [104])
        try cluster.restart()
        #expect(cluster.state.strangers == [104])
        let again = ClusterUnderTest.member(2, "pve9")
        #expect(try cluster.join(again, voters: 3).refusal == nil)
        #expect(cluster.state.member(named: "pve2")?.node == again.node)
    }

    @Test func aReinstalledHostWaitsForAPerson() throws {
        var cluster = try ClusterUnderTest()
        let new = ClusterUnderTest.node(4)
        let request = JoinRequest(node: new, name: "pve2", addresses: ["pve2:8553"])
        let refused = try cluster.apply(.requestJoin(request), by: 1)
        #expect(refused.refusal == Refusal(.nameHeld, "\(ClusterUnderTest.node(2))"))
        try cluster.restart()
        #expect(cluster.state.pendingJoins[new]?.request == request)
        let nobody = try cluster.apply(.allowReplacement(name: "pve7"), by: 1)
        #expect(nobody.refusal?.reason == .unknownMember)
        #expect(try cluster.apply(.allowReplacement(name: "pve2"), by: 1) == .done)
        try cluster.restart()
        let old = ClusterUnderTest.node(2)
        #expect(
            try cluster.apply(.requestJoin(request), by: 1) == .admitted(replacing: old))
        try cluster.join(ClusterUnderTest.member(4, "pve2"), voters: 4, replacing: old)
        #expect(cluster.state.members[old]?.successor == new)
        #expect(cluster.state.member(named: "pve2")?.node == new)
        #expect(cluster.state.pendingJoins.isEmpty && cluster.state.replaceable.isEmpty)
        // Whose place was taken has no say, and is no owner.
        let late = try cluster.apply(cluster.propose([.pausePublishing(true)], by: 2))
        #expect(late.refusal == .notMember)
        let report = try ClusterUnderTest.report(101, on: "pve2", "10.0.0.1")
        #expect(try cluster.apply(.reportGuests([report]), by: 4) == .done)
        try cluster.restart()
        #expect(try cluster.change(voters: [101, 103, 104]).removed.map(\.node) == [old])
    }

    @Test func aNewNameMayJoinAndWhoStopsAskingIsForgotten() throws {
        var cluster = try ClusterUnderTest()
        let fresh = JoinRequest(node: ClusterUnderTest.node(5), name: "pve5")
        #expect(try cluster.apply(.requestJoin(fresh), by: 3) == .admitted(replacing: nil))
        let known = JoinRequest(node: ClusterUnderTest.node(3), name: "pve3")
        let outcome = try cluster.apply(.requestJoin(known), by: 3)
        #expect(outcome.refusal?.reason == .alreadyMember)
        for number in 10..<80 {
            let twin = JoinRequest(node: ClusterUnderTest.node(number), name: "pve1")
            let outcome = try cluster.apply(.requestJoin(twin), by: 3)
            #expect(outcome.refusal?.reason == (number < 74 ? .nameHeld : .tooMany))
        }
        for _ in 0..<12 { try cluster.advance(by: 299) }
        #expect(!cluster.state.pendingJoins.isEmpty)
        try cluster.advance(by: 20)
        #expect(cluster.state.pendingJoins.isEmpty)
    }

    @Test func onlyTheOwnerTellsOfAGuest() throws {
        var cluster = try ClusterUnderTest()
        let onTwo = try ClusterUnderTest.report(101, on: "pve2", "10.0.0.1")
        let agentless = try ClusterUnderTest.report(102, on: "pve9", "10.0.0.2")
        let own = try ClusterUnderTest.report(103, on: "pve1", "10.0.0.3")
        let one = ClusterUnderTest.node(1)
        #expect(!cluster.state.isNews(onTwo, from: one))
        #expect(cluster.state.isNews(onTwo, from: one, covering: ["pve2"]))
        #expect(cluster.state.isNews(own, from: one))
        let outcome = try cluster.apply(.reportGuests([onTwo, agentless, own]), by: 1)
        #expect(outcome == .dropped(reports: 1))
        #expect(Set(cluster.state.guests.keys.map(\.vmid)) == [102, 103])
        #expect(try cluster.apply(.reportGuests([onTwo]), by: 2) == .done)
        let gone = Command.Body.reportGone([onTwo.guest.id])
        #expect(try cluster.apply(gone, by: 3) == .dropped(reports: 1))
        #expect(cluster.state.guests[onTwo.guest.id]?.goneAtSeconds == nil)
        #expect(try cluster.apply(gone, by: 3, covering: ["pve2"]) == .done)
        #expect(cluster.state.guests[onTwo.guest.id]?.goneAtSeconds != nil)
    }

    @Test func aWitnessOwnsNoGuests() throws {
        var cluster = try ClusterUnderTest(["pve1"])
        let witness = Member(
            node: ClusterUnderTest.node(2), replica: 102, name: "pi", kind: .witness)
        try cluster.join(witness, voters: 2)
        let report = try ClusterUnderTest.report(101, on: "pi", "10.0.0.1")
        #expect(try cluster.apply(.reportGuests([report]), by: 1) == .done)
        try cluster.restart()
        #expect(cluster.state.members[witness.node]?.kind == .witness)
    }

    @Test func aMemberSaysWhatItIs() throws {
        var cluster = try ClusterUnderTest()
        let report = MemberReport(
            node: ClusterUnderTest.node(2), version: "2", level: 3, addresses: ["a:1", "b:2"])
        try cluster.apply(.reportMember(report), by: 2)
        try cluster.restart()
        let member = try #require(cluster.state.members[report.node])
        #expect(member.version == "2" && member.level == 3)
        #expect(member.addresses == ["a:1", "b:2"])
        let stranger = MemberReport(
            node: ClusterUnderTest.node(8), version: "", level: 1, addresses: [])
        let outcome = try cluster.apply(.reportMember(stranger), by: 2)
        #expect(outcome.refusal?.reason == .unknownMember)
    }

    @Test func aNodeIDReadsBackAndNothingElseDoes() throws {
        let text = "00112233-4455-6677-8899-aabbccddeeff"
        #expect(NodeID(text)?.description == text)
        #expect(NodeID(text.uppercased()) == NodeID(text))
        for other in ["", "00112233445566778899aabbccddeeff", text + "0", "g" + text.dropFirst()] {
            #expect(NodeID(other) == nil)
        }
    }
}
