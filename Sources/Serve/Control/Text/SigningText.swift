extension SigningListAnswer {
    /// For people.
    package var text: String {
        guard !zones.isEmpty else { return "No zone is signed.\n" }
        return zones.map { $0.text(now: time) }.joined(separator: "\n")
    }
}

extension SigningStanding {
    fileprivate func text(now: UInt64) -> String {
        var text =
            "\(zone) \(sentence), \(algorithm.rawValue), \(denial.rawValue), serial \(serial)"
            .printable + "\n"
        var table = TextTable("TAG", "ROLE", "ALGORITHM", "STAGE", "SINCE", "AT THE PARENT")
        for key in keys {
            table.append(
                "\(key.tag)", key.role.rawValue, key.algorithm.rawValue, key.stage.rawValue,
                Wording.past(key.since, now: now), key.parentText(now: now))
        }
        text += table.text.split(separator: "\n").map { "  \($0)\n" }.joined()
        for key in keys where key.ds != nil && key.stage != .retired && key.stage != .fading {
            text += "  \(key.ds ?? "")".printable + "\n"
        }
        if waiting > 0 { text += "  \(Wording.count(waiting, "record set")) to be signed\n" }
        if let expires {
            text += "  signatures are good until \(Wording.time(expires)), and made anew before\n"
        }
        if let nextStep { text += "  next step \(Wording.future(nextStep, now: now))\n" }
        if let task { text += "  to do: \(task)".printable + "\n" }
        if let problem { text += "  problem: \(problem)".printable + "\n" }
        return text
    }

    private var sentence: String {
        switch state {
        case .preparing: "is being signed and served unsigned"
        case .signed: "is signed"
        case .leaving: "is signed and about to be unsigned"
        }
    }
}

extension SigningKeyItem {
    fileprivate func parentText(now: UInt64) -> String {
        guard ds != nil else { return Wording.nothing }
        return parentSince.map { Wording.past($0, now: now) } ?? "not confirmed"
    }
}
