import Testing
import control_fixture

@testable import Control

/// What people read of clusters, settings and addresses.
@Suite struct ClusterPresentationTests {
    private let service = FakeService()
    private let cutOff: FakeService = {
        var faults = FakeService.Faults()
        faults.isCutOff = true
        return FakeService(faults: faults)
    }()
    private let place = (subnet: "10.0.0.0/24", key: "order-4711")

    @Test func theClusterSaysWhatItCanLose() async throws {
        let text = try await service.clusterStatus().text
        #expect(
            text == """
                cluster lab (00112233445566778899aabbccddeeff)
                node pve1 (11111111-2222-4333-8444-555555555551): leader
                leader pve1, term 7, agreed 42, applied 42
                3 voters, 2 reachable: can lose none
                level 1, all can follow 2
                log 1 to 42, 8 MiB; snapshot at 30 of 120.5 KiB, 1 h ago
                zones are equal on all nodes that told, at 40

                Not settled:
                  dead voter pve3 since 10 min: does not answer; a learner takes its place after \
                30 min; start it, or pipamctl cluster remove pve3
                  promotion pve4: gets a vote once it caught up

                """, "\(text)")
    }

    /// One node is equal to itself.
    @Test func zonesOfOneNodeAreNotCompared() {
        let node = ClusterNode(name: "pve1", id: "1")
        let status = ClusterStatusAnswer(
            time: 1, id: "1", node: node, standing: .member, term: 1, commitIndex: 9,
            appliedIndex: 9, level: 1, highestLevel: 1,
            quorum: .init(voters: 2, isHeld: false),
            digests: .init(
                index: 9, isEqual: true,
                nodes: [
                    .init(node: node, digest: "00aa"),
                    .init(node: ClusterNode(name: "pve2", id: "2")),
                ]), log: .init(firstIndex: 1, lastIndex: 9, sizeOctets: 1))
        #expect(
            status.text.contains("zones could not be compared at 9: no other node told\n"),
            "\(status.text)")
    }

    @Test func aClusterWithoutQuorumSaysSo() async throws {
        let text = try await cutOff.clusterStatus().text
        #expect(
            text == """
                cluster lab (00112233445566778899aabbccddeeff)
                node pve1 (11111111-2222-4333-8444-555555555551): candidate
                no leader, term 9, agreed 42, applied 42
                3 voters: no quorum, nothing can be changed, DNS goes on
                level 1, all can follow 2
                log 1 to 42, 8 MiB; no snapshot yet
                ZONES DIFFER between nodes at 40; report this with the logs of all
                  NODE  DIGEST
                  pve1  00aa
                  pve2  00ab

                """, "\(text)")
    }

    @Test(
        arguments: [
            (1, 1, 0), (2, 2, 0), (3, 3, 1), (3, 2, 0), (5, 5, 2), (5, 4, 1), (5, 3, 0), (4, 4, 1),
        ] as [(Int, Int, Int)])
    func whatCanBeLostIsCounted(voters: Int, reachable: Int, spare: Int) {
        let quorum = ClusterStatusAnswer.Quorum(
            voters: voters, reachable: reachable, isHeld: true)
        #expect(quorum.spare == spare)
        #expect(
            ClusterStatusAnswer.Quorum(voters: voters, reachable: reachable, isHeld: false).spare
                == nil)
        #expect(ClusterStatusAnswer.Quorum(voters: voters, isHeld: true).spare == nil)
    }

    @Test(
        arguments: [
            (.unjoined, "it waits for pipamctl cluster join"), (.joining, "it is being let in"),
            (
                .awaitingReplace,
                "a member has its name; pipamctl cluster replace pve1 on a member lets this host "
                    + "take its place"
            ),
        ] as [(ClusterStatusAnswer.Standing, String)])
    func aNodeWithoutClusterSaysWhatItWaitsFor(
        standing: ClusterStatusAnswer.Standing, words: String
    ) {
        let answer = ClusterStatusAnswer(
            time: 0, node: .init(name: "pve1", id: "1"), standing: standing, term: 0,
            commitIndex: 0, appliedIndex: 0, level: 0, highestLevel: 0,
            quorum: .init(voters: 0, isHeld: false),
            log: .init(firstIndex: 0, lastIndex: 0, sizeOctets: 0))
        #expect(answer.text == "pve1 belongs to no cluster yet: \(words)\n")
        #expect(answer.needsAttention)
    }

    @Test func membersAreATable() async throws {
        let text = try await service.clusterMembers().text
        #expect(
            text == """
                NAME  NODE      KIND     VOTE     STATE              \
                ADDRESSES                          VERSION  LEVEL  MATCH  LAG
                pve1  11111111  full     voter    leader             \
                10.0.0.1:8553, [2001:db8::1]:8553  0.1.0    2      42     0
                pve2  21111111  witness  voter    up                 \
                10.0.0.2:8553                      0.1.0    2      40     2
                pve3  31111111  full     voter    down since 10 min  \
                10.0.0.3:8553                      0.0.9    1      -      -
                pve4  41111111  full     learner  joining            \
                -                                  -        0      -      -

                This stands for index 42.

                """, "\(text)")
    }

    @Test func aTokenStandsAloneOnTheFirstLine() async throws {
        let text = try await service.makeToken(.init(expiresSeconds: 900, witness: true)).text
        #expect(
            text == """
                pipam1.c2VjcmV0LXNlY3JldC1zZWNyZXQ

                One host can join by it as a witness, once, until 2025-11-22T08:41:40Z.
                It is a secret and is not shown again. On that host:
                  pipamctl cluster join -

                """, "\(text)")
    }

    @Test func joiningSaysHowFarItIs() async throws {
        let head =
            "pve4 (41111111-2222-4333-8444-555555555554): cluster lab "
            + "(00112233445566778899aabbccddeeff)\n"
        let joining = try await service.join(.init(token: FakeService.token))
        #expect(
            joining.text
                == head + "It is being let in; pipamctl cluster status tells how far it is.\n")
        #expect(!joining.needsAttention)
        let waiting = ClusterJoinAnswer(
            id: joining.id, name: joining.name, node: joining.node, standing: .awaitingReplace)
        #expect(
            waiting.text
                == head + "A member has its name; on a member, pipamctl cluster replace pve4 lets "
                + "it in.\n")
        #expect(waiting.needsAttention)
    }

    @Test func changesOfMembersAreTold() async throws {
        let removed = try await service.remove(.init(node: "pve3")).text
        #expect(
            removed == """
                pve3 (31111111-2222-4333-8444-555555555553) is no member any more.
                pve1 leads; 2 voters, 0 learners

                """)
        let left = try await service.leave(.init(force: true)).text
        #expect(
            left == """
                pve1 (11111111-2222-4333-8444-555555555551) is no member any more.
                It was the last one; the cluster has ended.

                """)
        let replaced = try await service.replace(.init(node: "pve3")).text
        #expect(
            replaced
                == "pve3 (91111111-2222-4333-8444-555555555559) takes the place of "
                + "31111111-2222-4333-8444-555555555553.\n")
        let transferred = try await service.transfer(.init()).text
        #expect(transferred == "pve2 leads in term 8; before it was pve1.\n")
        let recovered = try await cutOff.recover(.init(majorityIsLost: true)).text
        #expect(
            recovered == """
                pve1 (11111111-2222-4333-8444-555555555551) goes on alone as cluster \
                00112233445566778899aabbccddeeff, from index 42.

                Has to join anew:
                  pve2 (21111111-2222-4333-8444-555555555552)
                  pve3 (31111111-2222-4333-8444-555555555553)

                """, "\(recovered)")
    }

    private let held = """
        settings: version 6 from pve1 waits since 2025-11-22T08:25:40Z, it would take away or \
        rename 3 published names
          NAME               BECOMES
          db.example.com.    db.lab.example.com.
          web1.example.com.  -
          and 1 more
          not approved: pipamctl plan apply --provider settings lets it through, pipamctl config \
        withdraw drops it

        """

    @Test func differencesOfSettingsAreATable() async throws {
        let answer = try await service.configDifference()
        #expect(
            answer.text == """
                /etc/pipam/pipam.toml against version 5 of the cluster's settings: 2 differences

                SETTING        CLUSTER  FILE
                dns.ttl        60       300
                zones.reverse  -        ["10.in-addr.arpa"]

                pipamctl config apply gives the cluster what the file says.

                """, "\(answer.text)")
        let equal = ConfigDifferenceAnswer(index: 1, version: 5, file: "/etc/pipam/pipam.toml")
        #expect(
            equal.text
                == "/etc/pipam/pipam.toml against version 5 of the cluster's settings: "
                + "no difference\n")
        #expect(answer.needsAttention && !equal.needsAttention)
    }

    @Test func heldSettingsNameWhatWouldGo() async throws {
        let applied = try await service.applyConfig().text
        #expect(applied == "2 settings would change.\n\n" + held, "\(applied)")
        let plan = try await service.plan(.init(provider: "settings"))
        #expect(plan.text == held)
        #expect(plan.needsAttention)
        let both = PlanAnswer(
            plans: try await service.plan(.init()).plans, settings: plan.settings)
        #expect(both.text.hasPrefix(held + "\npowerdns example.com.: 2 steps"))
        let approved = try await service.apply(.init(provider: "settings")).text
        #expect(
            approved == "settings: version 6 is in force, 3 published names may go or be renamed; "
                + "the brake may hold them\n"
        )
        let withdrawn = try await service.withdrawConfig().text
        #expect(withdrawn == "Version 6 was dropped; the settings in force stay.\n")
    }

    @Test func whatCameOfSettingsIsTold() {
        func text(_ outcome: ConfigApplyAnswer.Outcome) -> String {
            ConfigApplyAnswer(
                outcome: outcome, index: 9, baseVersion: 5, version: 6, changed: 1,
                reason: "zones.forward is\u{1B} no name", remedy: "correct it"
            ).text
        }
        #expect(text(.applied) == "1 setting changed, version 6 is in force.\n")
        #expect(text(.unchanged) == "Nothing to do: version 6 says what the file says.\n")
        #expect(
            text(.refused) == #"Refused: zones.forward is\u{1B} no name; correct it"# + "\n")
    }

    @Test func onlyTheFirstNamesAreKept() {
        let names = (0..<30).map { HeldName(name: "n\($0).") }
        let held = HeldSettings(version: 1, names: 30, first: names)
        #expect(held.first.count == HeldSettings.listedNames)
        #expect(held.text.contains("  and 10 more\n"))
    }

    @Test func addressesAreATable() async throws {
        let list = try await service.addresses(.init()).text
        #expect(
            list == """
                ADDRESS    SUBNET       ROUTING DOMAIN  KEY                STATE      FENCE  EXPIRES
                10.0.0.10  10.0.0.0/24  global          bc:24:11:00:00:01  confirmed  17     -
                10.0.0.11  10.0.0.0/24  global          order-4711         held       41     \
                in 29 min

                """, "\(list)")
        #expect(AddressListAnswer(index: 1, time: 0).text == "No addresses are claimed.\n")
        let claimed = try await service.claimAddress(
            .init(subnet: place.subnet, key: "\u{1B}[2J", ttlSeconds: 60)
        ).text
        #expect(
            claimed == #"""
                ADDRESS    SUBNET       ROUTING DOMAIN  KEY        STATE  FENCE  EXPIRES
                10.0.0.20  10.0.0.0/24  global          \u{1B}[2J  held   43     in 1 min

                """#, "\(claimed)")
        let released = try await service.releaseAddress(
            .init(subnet: place.subnet, key: place.key)
        ).text
        #expect(released == "10.0.0.11 of 10.0.0.0/24 is free.\n")
        let none = AddressReleaseAnswer(
            index: 1, subnet: place.subnet, routingDomain: "dmz", key: "a")
        #expect(none.text == "a holds no address of 10.0.0.0/24 in dmz.\n")
    }

    @Test(
        arguments: [
            ("10.0.0.0/24", "10.0.0.0/24"), ("0.0.0.0/0", "0.0.0.0/0"),
            ("10.0.0.1/32", "10.0.0.1/32"), ("2001:DB8:0::/64", "2001:db8::/64"),
            ("::/0", "::/0"), ("2001:db8::8/125", "2001:db8::8/125"),
            ("10.0.0.0/008", nil),
            ("10.0.0.4/29", nil), ("10.0.0.0/", nil), ("/8", nil), ("10.0.0.0/8/8", nil),
            ("10.0.0.0/-1", nil), ("2001:db8::/129", nil), ("10.0.0.0/0000", nil),
            ("010.0.0.0/8", nil), ("10.0.0.0/33", nil), ("", nil),
        ] as [(String, String?)])
    func networksAreRead(text: String, canonical: String?) {
        #expect(SubnetText(text)?.text == canonical)
    }
}
