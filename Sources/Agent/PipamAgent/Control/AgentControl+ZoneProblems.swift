import Control

extension AgentControl {
    /// A secret is handed over by the other hosts within seconds.
    private static let secretPatienceSeconds: UInt64 = 60
    /// How long whoever signs has to tell what is wrong.
    private static let patience = Duration.seconds(2)

    /// What is amiss with zones: what this node knows by itself, and what whoever signs says.
    func zoneProblems(nowSeconds now: UInt64) async -> ZoneProblems {
        let outlook = await keeper.read { SigningOutlook($0, nowSeconds: now) }
        let isYoung = now < board.current.startedSeconds + Self.secretPatienceSeconds
        let knowsAll = isWitness || isYoung
        let secrets = office.keys.secrets
        return ZoneProblems(
            outlook, told: outlook.zones.isEmpty ? [:] : await signersProblems(),
            comparison: comparison.current, knows: { knowsAll || secrets.knows($0) },
            nowSeconds: now)
    }

    /// Why zones are not signed as they should be, by zone. Where the one that signs does not
    /// answer, nothing is said: what follows from that is seen without it.
    private func signersProblems() async -> [String: String] {
        guard let cluster, cluster.current != nil, await !keeper.lead.isOurs else {
            let own = office.board.current.compactMap { apex, standing in
                standing.problem.map { ("\(apex)", $0) }
            }
            return Dictionary(uniqueKeysWithValues: own)
        }
        let told = try? await onLeader(.signing(of: nil), within: Self.patience) {
            () throws(ControlError) in
            throw .unavailable("nobody leads", remedy: "")
        }
        let problems = (told?.zones ?? []).compactMap { zone in
            zone.problem.map { (zone.zone, $0) }
        }
        return Dictionary(problems, uniquingKeysWith: { first, _ in first })
    }
}
