import ClusterState
import Consensus
import Inventory
import Testing

@testable import PipamAgent

/// Members that introduce themselves to one that was away. Node 1 was; of its state it knows 1, 2
/// and 3, and that 9 was taken out.
@Suite struct AcquaintancesTests {
    private static let cluster = ClusterID(high: 7, low: 7)
    private static let other = ClusterID(high: 8, low: 8)

    private static func node(_ number: UInt64) -> NodeID { NodeID(high: 0, low: number) }

    private static func identity(_ number: UInt64, in cluster: ClusterID = cluster) -> String {
        MemberURI(cluster: cluster, node: node(number)).text
    }

    private static func contacts(_ numbers: UInt64...) -> [JoinReply.Contact] {
        numbers.map {
            JoinReply.Contact(
                replica: 100 + $0, identity: identity($0), addresses: ["192.0.2.\($0):8553"])
        }
    }

    private func knowledge(
        hasLeader: Bool = false, replica: UInt64 = 101, members: Set<UInt64> = [1, 2, 3],
        enrolled: Set<UInt64>? = nil
    ) -> Acquaintances.Knowledge {
        Acquaintances.Knowledge(
            own: (Self.node(1), replica), cluster: Self.cluster, hasLeader: hasLeader,
            members: Set(members.map(Self.node)), former: [Self.node(9)],
            enrolled: enrolled.map { Set($0.map(Self.node)) })
    }

    private func known(_ acquaintances: Held) -> Set<UInt64> {
        Set(acquaintances.left(members: [], former: []).map { $0.replica.number - 100 })
    }

    /// In a place of its own, since an expectation changes no variable.
    private final class Held {
        private var value = Acquaintances()

        func take(
            _ contacts: [JoinReply.Contact], from identity: String,
            _ knowledge: Acquaintances.Knowledge
        ) -> Bool {
            value.take(contacts, from: identity, knowledge)
        }

        func left(members: Set<NodeID>, former: Set<NodeID>) -> [Peer] {
            value.left(members: members, former: former)
        }
    }

    @Test func thoseThatReplacedAllOthersAreFollowed() {
        let acquaintances = Held()
        let told = Self.contacts(1, 4, 5)
        #expect(acquaintances.take(told, from: Self.identity(4), knowledge()))
        #expect(known(acquaintances) == [4, 5])
        // Told again, it is no news; nor are members of its own state.
        #expect(!acquaintances.take(told, from: Self.identity(5), knowledge()))
        #expect(
            !acquaintances.take(Self.contacts(1, 2, 4, 5), from: Self.identity(4), knowledge()))
    }

    /// A member that is up to date hears a leader, and what was taken out has nothing to say to it.
    @Test func whoHearsALeaderBelievesNothing() {
        let acquaintances = Held()
        #expect(
            !acquaintances.take(
                Self.contacts(1, 4), from: Self.identity(4), knowledge(hasLeader: true)))
        #expect(known(acquaintances) == [])
    }

    @Test func whoWasTakenOutIsNotHeard() {
        let acquaintances = Held()
        #expect(
            !acquaintances.take(Self.contacts(1, 4, 9), from: Self.identity(9), knowledge()))
        // Nor does anybody else bring it back.
        #expect(acquaintances.take(Self.contacts(1, 4, 9), from: Self.identity(4), knowledge()))
        #expect(known(acquaintances) == [4])
    }

    /// Root takes a node's entry out of the shared directory.
    @Test func whoIsNotEnrolledIsNotHeard() {
        let acquaintances = Held()
        #expect(
            !acquaintances.take(
                Self.contacts(1, 4), from: Self.identity(4), knowledge(enrolled: [1, 5])))
        #expect(
            acquaintances.take(
                Self.contacts(1, 4, 5), from: Self.identity(5), knowledge(enrolled: [1, 5])))
        #expect(known(acquaintances) == [5])
    }

    @Test func whatDoesNotFitIsRefused() {
        let acquaintances = Held()
        let whole = Self.contacts(1, 4)
        var foreign = whole
        foreign[1].identity = Self.identity(4, in: Self.other)
        var broken = whole
        broken[0].replica = 0
        let refused: [([JoinReply.Contact], String, Acquaintances.Knowledge)] = [
            // A cluster without this node, or with it under another number.
            (Self.contacts(4), Self.identity(4), knowledge()),
            (whole, Self.identity(4), knowledge(replica: 102)),
            // A cluster without the caller, another cluster, no identity.
            (Self.contacts(1, 5), Self.identity(4), knowledge()),
            (whole, Self.identity(4, in: Self.other), knowledge()),
            (foreign, Self.identity(4), knowledge()), (broken, Self.identity(4), knowledge()),
            (whole, "pipam://x", knowledge()), ([], Self.identity(4), knowledge()),
            // A member that it knows, and a host that is no member itself.
            (whole, Self.identity(2), knowledge()),
            (whole, Self.identity(4), knowledge(members: [2, 3])),
            (
                (0...UInt64(Acquaintances.maximumCount)).map { Self.contacts($0 + 1)[0] },
                Self.identity(4), knowledge()
            ),
        ]
        for (contacts, identity, knowledge) in refused {
            #expect(!acquaintances.take(contacts, from: identity, knowledge), "\(identity)")
        }
        #expect(known(acquaintances) == [])
    }

    @Test func itsOwnStateGoesBeforeWhatItWasTold() {
        let acquaintances = Held()
        #expect(
            acquaintances.take(Self.contacts(1, 4, 5, 6), from: Self.identity(4), knowledge()))
        let left = acquaintances.left(
            members: [Self.node(1), Self.node(4)], former: [Self.node(5)])
        #expect(left.map(\.replica.number) == [106])
        #expect(known(acquaintances) == [6])
    }

    @Test func theQuestionSurvivesItsTrip() {
        let question = PeerQuestion.introduction(Self.contacts(1, 4))
        #expect(PeerQuestion(question.octets) == question)
        for length in question.octets.indices {
            let cut = PeerQuestion(Array(question.octets.prefix(length)))
            #expect(cut != question)
        }
    }
}
