extension ClusterStatusAnswer {
    /// For people.
    package var text: String {
        guard let id else {
            return "\(node.name) belongs to no cluster yet: \(standingLine)".printable + "\n"
                + section("Not settled", pending.map { $0.line(now: time) })
        }
        let title = name.map { "cluster \($0) (\(id))" } ?? "cluster \(id)"
        let lines = [
            title, "node \(node.name) (\(node.id)): \(standingLine)", leaderLine, quorumLine,
            "level \(level)" + levelNote, logLine, digestLine,
        ]
        return lines.map { $0.printable + "\n" }.joined() + digestTable
            + section("Not settled", pending.map { $0.line(now: time) })
            + (pending.isEmpty && !needsAttention ? "\nEverything is settled.\n" : "")
    }

    /// Something needs a person.
    package var needsAttention: Bool {
        standing != .member || !quorum.isHeld || digests?.isEqual == false
            || pending.contains { $0.remedy != nil }
    }

    private var standingLine: String {
        switch standing {
        case .unjoined: "it waits for pipamctl cluster join"
        case .joining: "it is being let in"
        case .awaitingReplace:
            "a member has its name; pipamctl cluster replace \(node.name) on a member lets this "
                + "host take its place"
        case .member: role.map(Wording.words) ?? "member"
        case .removed: "it was removed; it has to join anew"
        }
    }

    private var leaderLine: String {
        "\(leader.map { "leader \($0.name)" } ?? "no leader"), term \(term), agreed "
            + "\(commitIndex), applied \(appliedIndex)"
    }

    private var quorumLine: String {
        let voters = Wording.count(quorum.voters, "voter")
        let reachable = quorum.reachable.map { ", \($0) reachable" } ?? ""
        guard quorum.isHeld else {
            return "\(voters)\(reachable): no quorum, nothing can be changed, DNS goes on"
        }
        let spare = quorum.spare.map { $0 == 0 ? "can lose none" : "can lose \($0) more" }
        return "\(voters)\(reachable): \(spare ?? "quorum is held")"
    }

    private var levelNote: String {
        highestLevel > level ? ", all can follow \(highestLevel)" : ""
    }

    private var logLine: String {
        let snapshot =
            snapshot.map { snapshot in
                let age = snapshot.takenAt.map { ", \(Wording.past($0, now: time))" } ?? ""
                let size = Wording.size(snapshot.sizeOctets)
                return "snapshot at \(snapshot.index) of \(size)\(age)"
            } ?? "no snapshot yet"
        return
            "log \(log.firstIndex) to \(log.lastIndex), \(Wording.size(log.sizeOctets)); "
            + snapshot
    }

    private var digestLine: String {
        guard let digests else { return "zones were not compared yet" }
        guard digests.nodes.count(where: { $0.digest != nil }) > 1 else {
            return "zones could not be compared at \(digests.index): no other node told"
        }
        return digests.isEqual
            ? "zones are equal on all nodes that told, at \(digests.index)"
            : "ZONES DIFFER between nodes at \(digests.index); report this with the logs of all"
    }

    private var digestTable: String {
        guard let digests, !digests.isEqual else { return "" }
        var table = TextTable("  NODE", "DIGEST")
        for node in digests.nodes {
            table.append("  \(node.node.name)", node.digest ?? Wording.nothing)
        }
        return table.text
    }
}

extension ClusterStatusAnswer.Pending {
    fileprivate func line(now: UInt64) -> String {
        let subject = node.map { " \($0.name)" } ?? ""
        let age = since.map { " since \(Wording.span(seconds: now - min($0, now)))" } ?? ""
        let remedy = remedy.map { "; \($0)" } ?? ""
        return "\(Wording.words(kind))\(subject)\(age): \(message)\(remedy)"
    }
}

extension ClusterMembersAnswer {
    /// For people.
    package var text: String {
        var table = TextTable(
            "NAME", "NODE", "KIND", "VOTE", "STATE", "ADDRESSES", "VERSION", "LEVEL", "MATCH",
            "LAG")
        for member in members {
            table.append(
                member.name, String(member.id.prefix(Self.shortID)), Wording.words(member.kind),
                member.isVoter ? "voter" : "learner", member.stateText(now: time),
                member.addresses.isEmpty
                    ? Wording.nothing : member.addresses.joined(separator: ", "),
                member.version.isEmpty ? Wording.nothing : member.version, "\(member.level)",
                member.matchIndex.map(String.init) ?? Wording.nothing,
                member.lag.map(String.init) ?? Wording.nothing)
        }
        return table.text + "\nThis stands for index \(index).\n"
    }

    /// As much of a UUID as tells a few nodes apart.
    private static let shortID = 8
}

extension ClusterMember {
    fileprivate func stateText(now: UInt64) -> String {
        let age = since.map { " since \(Wording.span(seconds: now - min($0, now)))" } ?? ""
        return Wording.words(state) + age
    }
}
