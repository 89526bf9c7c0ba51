import Inventory
import Planning
import TestSupport
import Zones

/// A provider in a few lines: entries with marks, transactions, and nothing else. It refuses what a
/// real server would refuse, and notes what no plan of ours may ask for.
struct ModelProvider {
    typealias ZonePlan = Plan<RecordSetKey, RecordSet>

    /// Who wrote an entry, and what the writer's mark says was written.
    struct Mark: Hashable {
        let cluster: String
        let written: RecordSet
    }

    struct Entry: Hashable {
        var content: RecordSet
        var mark: Mark?
    }

    private(set) var entries: [RecordSetKey: Entry] = [:]
    /// What was asked for and must never be.
    private(set) var breaches: [String] = []

    /// An entry of whatever kind.
    mutating func put(_ content: RecordSet, mark: Mark?) {
        guard !entries.keys.contains(where: content.key.excludes) else { return }
        entries[content.key] = Entry(content: content, mark: mark)
    }

    func read() -> [RecordSetKey: FoundEntry<RecordSet>] {
        entries.mapValues { entry in
            let ownership: Ownership =
                switch entry.mark {
                case nil: .unmarked
                case let mark? where mark.cluster == "ours":
                    .ours(isIntact: mark.written == entry.content)
                case let mark?: .another(mark.cluster)
                }
            return FoundEntry(entry.content, ownership)
        }
    }

    /// One transaction: all of it or nothing.
    mutating func apply(_ chunk: [ZonePlan.Group]) {
        let before = entries
        for group in chunk {
            let removals = group.steps.filter { if case .remove = $0 { true } else { false } }
            let others = group.steps.filter { if case .remove = $0 { false } else { true } }
            for step in removals + others {
                apply(step)
            }
        }
        for key in entries.keys where entries.keys.contains(where: key.excludes) {
            breaches.append("\(key) stands beside what it excludes")
            entries = before
            return
        }
    }

    private mutating func apply(_ step: ZonePlan.Step) {
        let entry = entries[step.key]
        let isOurs = entry?.mark.map { $0.cluster == "ours" && $0.written == entry?.content }
        switch step {
        case .create(let key, let content):
            if entry != nil { breaches.append("\(key) is there already") }
            write(content)
        case .change(let key, let from, let to):
            if isOurs != true || entry?.content != from { breaches.append("\(key) is not ours") }
            write(to)
        case .remove(let key, let content):
            if isOurs != true || entry?.content != content { breaches.append("\(key) is not ours") }
            entries[key] = nil
        case .adopt(let key, let content):
            if entry?.mark != nil || entry?.content != content {
                breaches.append("\(key) is not to be adopted")
            }
            write(content)
        }
    }

    private mutating func write(_ content: RecordSet) {
        entries[content.key] = Entry(
            content: content, mark: Mark(cluster: "ours", written: content))
    }

    /// The names that something can be asked about.
    var owners: Set<DomainName> { Set(entries.keys.map(\.owner)) }
}

extension ModelProvider {
    /// A server that was there before: what we would have written at another time, what others
    /// have, and what people did to it.
    ///
    /// - `past`: what we wanted then.
    /// - `present`: what we want now; people may have written that already.
    init(
        random: inout RandomInventory, past: some Sequence<RecordSet>,
        present: some Sequence<RecordSet>
    ) {
        self.init()
        for set in past {
            switch random.number(in: 0...9) {
            case 0: put(set, mark: nil)
            case 1: put(set, mark: Mark(cluster: "other", written: set))
            case 2: put(set.with(ttlSeconds: 7), mark: Mark(cluster: "ours", written: set))
            case 3: break
            default: put(set, mark: Mark(cluster: "ours", written: set))
            }
        }
        for set in present where random.oneIn(4) && entries[set.key] == nil {
            switch random.number(in: 0...3) {
            case 0: put(set, mark: nil)
            case 1: put(set.with(ttlSeconds: 7), mark: nil)
            case 2: put(set, mark: Mark(cluster: "other", written: set))
            default: put(set.aliased, mark: nil)
            }
        }
    }
}

extension RecordSet {
    fileprivate func with(ttlSeconds: UInt32) -> RecordSet {
        RecordSet(owner: key.owner, type: key.type, ttlSeconds: ttlSeconds, data: data)
    }

    /// A CNAME made by hand, where ours would stand.
    fileprivate var aliased: RecordSet {
        RecordSet(owner: key.owner, type: .cname, ttlSeconds: 60, data: [DomainName.root.wire])
    }
}
