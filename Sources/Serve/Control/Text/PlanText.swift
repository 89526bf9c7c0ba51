extension PlanAnswer {
    /// For people.
    package var text: String {
        guard let settings else { return ZonePlan.text(plans) }
        return settings.text + (plans.isEmpty ? "" : "\n" + ZonePlan.text(plans))
    }

    /// There is something to approve, to let through the brake, or to resolve by hand.
    package var needsAttention: Bool {
        settings != nil || plans.contains(where: \.needsAttention)
    }
}

extension ZonePlan {
    /// Nothing to do and nothing in the way.
    fileprivate var isEmpty: Bool {
        groups.isEmpty && held.isEmpty && conflicts.isEmpty && problem == nil && warnings.isEmpty
    }

    fileprivate var needsAttention: Bool {
        !isApproved && !groups.isEmpty || !held.isEmpty || !conflicts.isEmpty || problem != nil
    }

    fileprivate static func text(_ plans: [ZonePlan]) -> String {
        let wanted = plans.filter { !$0.isEmpty }
        return wanted.isEmpty
            ? "Nothing to do.\n" : wanted.map(\.text).joined(separator: "\n")
    }

    private var text: String {
        let steps = groups.flatMap(\.steps)
        let heldSteps = held.flatMap(\.steps)
        let counts = [
            Wording.count(steps.count, "step"), "\(heldSteps.count) held back",
            Wording.count(conflicts.count, "conflict"), "\(settled) in step",
        ]
        var text = "\(provider) \(zone): \(counts.joined(separator: ", "))".printable + "\n"
        text += note("problem", problem)
        for warning in warnings { text += note("warning", warning) }
        text += Self.table(steps)
        if let brake {
            text += note(
                "held back", "\(brake); pipamctl plan apply --force lets it through once")
        }
        text += Self.table(heldSteps)
        for conflict in conflicts {
            text += note(
                "conflict",
                "\(conflict.name) \(conflict.type): \(conflict.reason)\(conflict.difference)")
        }
        if !isApproved, !steps.isEmpty {
            text += note("not approved", "nothing is written before pipamctl plan apply")
        }
        return text
    }

    private func note(_ word: String, _ message: String?) -> String {
        message.map { "  \(word): \($0)".printable + "\n" } ?? ""
    }

    private static func table(_ steps: [Step]) -> String {
        guard !steps.isEmpty else { return "" }
        var table = TextTable("  STEP", "NAME", "TYPE", "FROM", "TO")
        for step in steps {
            table.append(
                "  \(step.action.rawValue)", step.name, step.type, line(step.from), line(step.to))
        }
        return table.text
    }

    fileprivate static func line(_ contents: [String]) -> String {
        contents.isEmpty ? Wording.nothing : contents.joined(separator: ", ")
    }
}

extension ConflictListAnswer {
    /// For people.
    package var text: String {
        conflicts.isEmpty ? "No conflicts.\n" : Conflict.table(conflicts)
    }

    /// There are conflicts.
    package var needsAttention: Bool { !conflicts.isEmpty }
}

extension Conflict {
    /// What stands there against what is wanted, where that is known.
    fileprivate var difference: String {
        guard !standing.isEmpty || !wanted.isEmpty else { return "" }
        return " (there: \(ZonePlan.line(standing)), wanted: \(ZonePlan.line(wanted)))"
    }

    static func table(_ conflicts: [Conflict]) -> String {
        var table = TextTable(
            "PROVIDER", "ZONE", "NAME", "TYPE", "THERE", "WANTED", "CONFLICT")
        for conflict in conflicts {
            table.append(
                conflict.provider, conflict.zone, conflict.name, conflict.type,
                ZonePlan.line(conflict.standing), ZonePlan.line(conflict.wanted), conflict.reason)
        }
        return table.text
    }
}

extension ReconcileAnswer {
    /// For people.
    package var text: String {
        (isDryRun
            ? "Nothing was written.\n\n"
            : "\(Wording.count(written, "entry", "entries")) written or removed\n\n")
            + ZonePlan.text(plans)
            + section("To be done", problems.map(\.line))
    }

    /// Something needs a person.
    package var needsAttention: Bool {
        !problems.isEmpty || plans.contains(where: \.needsAttention)
    }
}
