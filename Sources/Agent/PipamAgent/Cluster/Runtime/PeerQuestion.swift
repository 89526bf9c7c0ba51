import ClusterState
import Consensus
import FoundationEssentials
import Inventory

/// What nodes ask each other, beside what the engine and enrolment have to say: one octet for the
/// kind, then the question.
enum PeerQuestion: Hashable, Sendable {
    /// About certificates and tokens; `EnrolmentDesk` understands it.
    case enrolment([UInt8])
    /// A node wants to be a member.
    case join(JoinWish)
    /// A request of the control API that only the leader can answer.
    case control([UInt8])
    /// How far the state is, and what it comes to.
    case standing
    /// Who the members are, for one that may have been away for long; `Acquaintances` judges it.
    case introduction([JoinReply.Contact])
    /// What a member has of zones at some serials.
    case digests([DigestQuestion])

    /// As it is sent.
    var octets: [UInt8] {
        switch self {
        case .enrolment(let octets): [1] + octets
        case .join(let wish): [2] + PeerJSON.encode(wish)
        case .control(let octets): [3] + octets
        case .standing: [4]
        case .introduction(let contacts): [5] + PeerJSON.encode(contacts)
        case .digests(let questions): [6] + PeerJSON.encode(questions)
        }
    }

    /// `nil` for what is no question.
    init?(_ octets: [UInt8]) {
        guard let kind = octets.first else { return nil }
        let rest = Array(octets.dropFirst())
        switch kind {
        case 1: self = .enrolment(rest)
        case 2:
            guard let wish = PeerJSON.decode(JoinWish.self, rest) else { return nil }
            self = .join(wish)
        case 3: self = .control(rest)
        case 4 where rest.isEmpty: self = .standing
        case 5:
            guard let contacts = PeerJSON.decode([JoinReply.Contact].self, rest) else {
                return nil
            }
            self = .introduction(contacts)
        case 6:
            guard let questions = PeerJSON.decode([DigestQuestion].self, rest) else { return nil }
            self = .digests(questions)
        default: return nil
        }
    }
}

/// Who wants to join.
struct JoinWish: Codable, Hashable, Sendable {
    /// Its UUID.
    var node: String
    /// Its number in the log.
    var replica: UInt64
    /// The name of its host.
    var name: String
    /// It only votes.
    var isWitness: Bool
    /// Where it is reached, "host:port" each.
    var addresses: [String]
    /// The version of its program.
    var version: String
    /// The highest level that it can follow.
    var level: UInt32

    /// What is asked of the cluster; `nil` if fields make no sense.
    var request: ClusterState.JoinRequest? {
        guard let node = NodeID(node), replica != 0, !name.isEmpty, !addresses.isEmpty else {
            return nil
        }
        return ClusterState.JoinRequest(
            node: node, name: name, kind: isWitness ? .witness : .full, addresses: addresses,
            version: version, level: level)
    }
}

/// What became of a wish so far.
struct JoinReply: Codable, Hashable, Sendable {
    /// How it stands.
    enum Standing: String, Codable, Hashable, Sendable {
        /// It is a member.
        case member
        /// It is about to be one, or the cluster is busy: ask again.
        case joining
        /// A member has its name: a person has to decide.
        case waiting
        /// It will not be one.
        case refused
        /// Nobody leads just now.
        case leaderless
    }

    /// A member and how it is reached.
    struct Contact: Codable, Hashable, Sendable {
        /// Its number in the log.
        var replica: UInt64
        /// The SAN URI of its certificate.
        var identity: String
        /// Where it is reached.
        var addresses: [String]
    }

    /// How it stands.
    var standing: Standing
    /// Why, for people.
    var reason: String
    /// The members, for whoever is let in.
    var contacts: [Contact]

    /// All members of the state.
    static func everybody(
        _ state: borrowing ReplicatedState, in cluster: ClusterID
    ) -> [Contact] {
        state.memberList.map { member in
            Contact(
                replica: member.replica,
                identity: MemberURI(cluster: cluster, node: member.node).text,
                addresses: member.addresses)
        }
    }
}

/// How far a node's state is, and what it comes to.
struct StandingReply: Codable, Hashable, Sendable {
    /// The last entry that is applied.
    let index: UInt64
    /// What must be the same on every node at the same index.
    let digest: String

    init(_ state: borrowing ReplicatedState) {
        index = state.index
        digest = "\(state.digest)"
    }
}

/// JSON between nodes: small messages, which may grow fields.
enum PeerJSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(value))
        } catch {
            // Texts and numbers; nothing in them can fail.
            preconditionFailure("encoding \(value): \(error)")
        }
    }

    /// `nil` for what is no such value.
    static func decode<Value: Decodable>(_ type: Value.Type, _ octets: [UInt8]) -> Value? {
        // Whatever is wrong with it, it is no answer.
        try? JSONDecoder().decode(type, from: Data(octets))
    }
}
