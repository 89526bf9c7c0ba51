extension StatusAnswer {
    /// For people.
    package var text: String {
        let cluster = cluster.map { "cluster \($0)" } ?? "no cluster yet"
        let publishing =
            isPublishingPaused
            ? "Publishing is paused; pipamctl publish resume goes on with it.\n" : ""
        return
            "pipam \(version) on \(host), up \(Wording.span(seconds: uptimeSeconds)), \(cluster), "
            .printable + "state \(stateIndex)\n" + publishing + "\n" + sourceTable + "\n"
            + nameServerLine + providerTables
            + (problems.isEmpty
                ? "\nNothing needs to be done.\n"
                : section("To be done", problems.map(\.line)))
    }

    /// Something needs a person.
    package var needsAttention: Bool { !problems.isEmpty }

    private var sourceTable: String {
        var table = TextTable("SOURCE", "STATE", "LAST SUCCESS", "PROBLEM")
        for source in sources {
            table.append(
                source.name, Wording.words(source.state),
                Wording.past(source.lastSuccessAt, now: time), source.problem ?? "")
        }
        return table.text
    }

    private var nameServerLine: String {
        guard let nameServer else { return "The name server is switched off.\n" }
        let endpoints = nameServer.endpoints.joined(separator: ", ")
        let place = endpoints.isEmpty ? ", not answering" : " at \(endpoints)"
        let problem = nameServer.problem.map { ": \($0)" } ?? ""
        return "Name server: \(Wording.count(nameServer.zones, "zone"))\(place)\(problem)"
            .printable + "\n"
    }

    private var providerTables: String {
        guard !providers.isEmpty else { return "" }
        var table = TextTable(
            "PROVIDER", "SERVER", "STATE", "OWED", "CONFLICTS", "LAST SUCCESS", "NEXT ATTEMPT")
        var zones = TextTable("PROVIDER", "ZONE", "APPROVED", "ENTRIES", "HELD BACK", "PROBLEM")
        for provider in providers {
            table.append(
                provider.name, provider.server.isEmpty ? Wording.nothing : provider.server,
                Wording.words(provider.state), "\(provider.owedEntries)", "\(provider.conflicts)",
                Wording.past(provider.lastSuccessAt, now: time),
                Wording.future(provider.nextAttemptAt, now: time))
            for zone in provider.zones {
                zones.append(
                    provider.name, zone.name, Wording.yesOrNo(zone.isApproved), "\(zone.entries)",
                    "\(zone.heldSteps)", zone.problem ?? "")
            }
        }
        let warnings = providers.flatMap { provider in
            provider.zones.flatMap { zone in
                zone.warnings.map { "\(provider.name) \(zone.name): \($0)" }
            }
        }
        return "\n" + table.text + (zones.isEmpty ? "" : "\n" + zones.text)
            + section("To be known", warnings)
    }
}

extension HealthAnswer {
    /// For people.
    package var text: String {
        var table = TextTable("CHECK", "HEALTHY", "STATE")
        for check in checks {
            table.append(check.name, Wording.yesOrNo(check.isHealthy), check.message)
        }
        let remedies = checks.compactMap { check in check.remedy.map { "\(check.name): \($0)" } }
        return table.text + section("To be done", remedies)
    }
}
