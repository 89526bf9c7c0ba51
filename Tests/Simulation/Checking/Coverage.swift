/// What happened in runs, counted: a simulation in which nothing goes wrong shows nothing.
package struct Coverage: Hashable, Sendable {
    /// What is counted.
    package enum Item: String, CaseIterable, Sendable {
        case runs, virtualSeconds, messages, lostMessages, duplicatedMessages, cutMessages
        case refusedMessages, forgedMessages
        case elections, transfers, commits, applies
        case kills, crashesInElections, powerLosses, lossesOfRecords, tornRecords
        case reorderedSectors, syncFailures
        case diskFull, pauses, partitions, oneWayPartitions, clockJumps, badLinks
        case snapshotsTaken, snapshotsInstalled, snapshotTransfersFailed
        case learnersAdded, promotions, demotions, removals, replacements
        case proposals, acknowledged, repeats, unknown, expired, refusedProposals
        case claims, conflicts, expiries, settlements, reads, staleReads
        case reports, droppedReports, settingsChanges, zoneVersions, undecided
    }

    private var counts: [Item: Int] = [:]

    /// Nothing happened.
    package init() {}

    /// How often something happened.
    package subscript(_ item: Item) -> Int {
        get { counts[item] ?? 0 }
        set { counts[item] = newValue }
    }

    /// Adds what happened in other runs.
    package mutating func add(_ other: Coverage) {
        for (item, count) in other.counts { self[item] += count }
    }

    /// One word and number for each, in the order of the list.
    package var text: String {
        Item.allCases.map { "\($0.rawValue)=\(self[$0])" }.joined(separator: " ")
    }

    /// Reads what `text` wrote; unknown words are left out.
    package init(text: some StringProtocol) {
        for word in text.split(separator: " ") {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let item = Item(rawValue: String(parts[0])),
                let count = Int(parts[1])
            else { continue }
            self[item] += count
        }
    }
}
