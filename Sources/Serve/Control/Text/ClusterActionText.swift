extension ClusterTokenAnswer {
    /// For people, the token alone on the first line: `pipamctl cluster join -` reads that one.
    package var text: String {
        let witness = isWitness ? " as a witness" : ""
        return token.printable + "\n\n"
            + "One host can join by it\(witness), once, until \(Wording.time(expiresAt)).\n"
            + "It is a secret and is not shown again. On that host:\n"
            + "  pipamctl cluster join -\n"
    }
}

extension ClusterJoinAnswer {
    /// For people.
    package var text: String {
        let title = name.map { "\($0) (\(id))" } ?? id
        let head = "\(node.name) (\(node.id)): cluster \(title)".printable + "\n"
        switch standing {
        case .member: return head + "It is a member.\n"
        case .awaitingReplace:
            return head
                + "A member has its name; on a member, pipamctl cluster replace \(node.name) lets "
                .printable + "it in.\n"
        case .joining, .unjoined, .removed:
            return head + "It is being let in; pipamctl cluster status tells how far it is.\n"
        }
    }

    /// A person has to go on.
    package var needsAttention: Bool { standing == .awaitingReplace }
}

extension MembershipAnswer {
    /// For people.
    package var text: String {
        let gone = "\(node.name) (\(node.id)) is no member any more.".printable + "\n"
        guard voters > 0 else { return gone + "It was the last one; the cluster has ended.\n" }
        let leader = leader.map { "\($0.name) leads" } ?? "nobody leads yet"
        return gone + "\(leader); \(Wording.count(voters, "voter")), ".printable
            + "\(Wording.count(learners, "learner"))\n"
    }
}

extension ClusterReplaceAnswer {
    /// For people.
    package var text: String {
        "\(new.name) (\(new.id)) takes the place of \(old.id).".printable + "\n"
    }
}

extension ClusterTransferAnswer {
    /// For people.
    package var text: String {
        "\(leader.name) leads in term \(term); before it was \(previous.name).".printable + "\n"
    }
}

extension ClusterRecoverAnswer {
    /// What recovering does, for whoever is about to do it.
    package static let explanation = """
        This is for a cluster that lost the majority of its voters for good. It makes this node a
        cluster of one that goes on with all that it has. What the others agreed and this node
        never heard of is lost. The other members must never come back as they are: each has to be
        reinstalled, or its /var/lib/pipam emptied, and to join anew. Run it on one node only, the
        one with the highest applied index in pipamctl cluster status.
        """

    /// For people.
    package var text: String {
        "\(node.name) (\(node.id)) goes on alone as cluster \(id), from index \(index).".printable
            + "\n" + section("Has to join anew", lost.map { "\($0.name) (\($0.id))" })
    }
}
