package import Inventory
package import Zones

// MARK: - What people ask

extension ReplicatedState {
    /// The index of the last command that changed static records.
    package var staticVersion: UInt64 { staticBook.version }

    /// Who gave a static set, when and why; `nil` where the operator gives none.
    package func staticNote(of key: RecordSetKey) -> StaticNote? { staticBook.notes[key] }

    /// What the operator gives in one zone, in no particular order.
    package func staticSets(in apex: DomainName) -> [RecordSet] {
        zones.statics.sets.values.filter { zones.apex(of: $0.key.owner) == apex }
    }

    /// The guests that would lose a name if these sets changed, sorted.
    package func displaced(by changes: ZoneAudit.Changes) -> [GuestID] {
        var guests: Set<GuestID> = []
        var divisions: Set<DomainName> = []
        for (key, set) in changes where set != nil {
            guests.formUnion(zones.occupants(of: key.owner))
            let isApex = zones.zones[key.owner] != nil
            if key.type == .dname || key.type == .ns && !isApex,
                zones.statics.sets[key] == nil
            {
                divisions.insert(key.owner)
            }
        }
        return guests.union(zones.occupants(below: divisions)).sorted()
    }

    /// The guests that would lose a name to a zone of the operator's, sorted.
    package func displaced(byZone apex: DomainName) -> [GuestID] {
        guard zones.zones[apex] == nil else { return [] }
        return zones.occupants(of: apex).union(zones.occupants(below: [apex])).sorted()
    }

    /// What an import comes to: the sets that differ.
    ///
    /// - `sets`: all that the operator would give in the zone.
    package func difference(of sets: [RecordSet], in apex: DomainName) -> ZoneAudit.Changes {
        var changes: ZoneAudit.Changes = [:]
        for set in staticSets(in: apex) { changes[set.key] = .some(nil) }
        // In a zone that is still to come, what lies there now lies around it.
        if zones.zones[apex] == nil {
            for (key, _) in zones.statics.sets where key.owner.isAtOrBelow(apex) {
                changes[key] = .some(nil)
            }
        }
        for set in sets {
            if zones.statics.sets[set.key] == set {
                changes[set.key] = nil
            } else {
                changes[set.key] = .some(set)
            }
        }
        return changes
    }
}

// MARK: - Commands

extension ReplicatedState {
    /// Puts or takes away static sets.
    mutating func take(_ edit: RecordEdit, by node: NodeID?) -> Outcome {
        for change in edit.changes {
            if let refusal = objection(to: change) { return .refused(refusal) }
        }
        let changes = Dictionary(
            edit.changes.map { ($0.key, $0.set) }, uniquingKeysWith: { $1 })
        guard changes.count == edit.changes.count else {
            return .refused(Refusal(.unusableRecord, "a record set stands twice"))
        }
        if let refusal = objection(to: changes, takesNames: edit.takesNames) {
            return .refused(refusal)
        }
        for change in edit.changes {
            put(change.set, at: change.key, comment: change.comment, by: node)
        }
        return .done
    }

    private func objection(to change: RecordEdit.Change) -> Refusal? {
        let version = staticBook.notes[change.key]?.version
        switch change.expectation {
        case .any: break
        case .absent where version != nil: return Refusal(.recordsExist, "\(change.key)")
        case .absent: break
        case .version(let expected) where version != expected:
            return Refusal(.recordsChanged, "\(version ?? 0)")
        case .version: break
        }
        guard change.comment.utf8.count <= StaticNote.commentLimitOctets else {
            return Refusal(.unusableRecord, "the comment is too long")
        }
        return nil
    }

    /// Why changes cannot be made.
    private func objection(
        to changes: ZoneAudit.Changes, newApex: DomainName? = nil, takesNames: Bool
    ) -> Refusal? {
        let audit = ZoneAudit(changes, in: zones, newApex: newApex)
        if let error = audit.errors().first {
            return Refusal(.unusableRecord, error.description)
        }
        let added = changes.count { $0.value != nil && zones.statics.sets[$0.key] == nil }
        let removed = changes.count { $0.value == nil && zones.statics.sets[$0.key] != nil }
        guard zones.statics.sets.count + added - removed <= StaticBook.setLimit else {
            return Refusal(.recordsFull, "\(StaticBook.setLimit)")
        }
        guard !takesNames else { return nil }
        var guests = displaced(by: changes)
        if let newApex { guests += displaced(byZone: newApex) }
        return guests.isEmpty ? nil : Refusal(.nameOfGuest, Self.list(guests))
    }

    /// "101, 102 and 3 more"
    private static func list(_ guests: [GuestID]) -> String {
        let shown = 5
        let names = Set(guests).sorted().map { "\($0.vmid)" }
        let rest = names.count - shown
        return names.prefix(shown).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private mutating func put(
        _ set: RecordSet?, at key: RecordSetKey, comment: String = "", by node: NodeID?
    ) {
        let former = zones.statics.sets[key]
        guard former != set || staticBook.notes[key]?.comment ?? "" != comment else { return }
        let note = StaticNote(
            comment: comment, node: node, seconds: clockSeconds, version: index)
        staticBook.put(note, set, over: former)
        staticBook.version = index
        zones.setStatic(set, at: key)
    }

    /// Takes in a part of an import.
    mutating func stage(_ sets: [RecordSet], as number: UInt64) -> Outcome {
        var stage = staticBook.stages.removeValue(forKey: number)
        if stage == nil {
            while staticBook.stages.count >= RecordStage.countLimit {
                let oldest = staticBook.stages.min {
                    ($0.value.sinceSeconds, $0.key) < ($1.value.sinceSeconds, $1.key)
                }
                if let oldest { staticBook.stages[oldest.key] = nil }
            }
            stage = RecordStage(sinceSeconds: clockSeconds)
        }
        guard var stage else { return .done }
        stage.octets += sets.reduce(0) { sum, set in
            sum + set.key.owner.wire.count + set.data.reduce(0) { $0 + $1.count + 8 }
        }
        guard stage.octets <= RecordStage.octetsLimit,
            stage.sets.count + sets.count <= StaticBook.setLimit
        else { return .refused(Refusal(.recordsFull, "\(StaticBook.setLimit)")) }
        stage.sets += sets
        staticBook.stages[number] = stage
        return .done
    }

    /// Makes what the operator gives in a zone what an import says.
    mutating func take(
        _ zoneImport: ZoneImport, by node: NodeID?
    ) -> (outcome: Outcome, changes: [ZoneChange]) {
        var sets = zoneImport.sets
        if let number = zoneImport.stage {
            guard let stage = staticBook.stages.removeValue(forKey: number) else {
                return (.refused(Refusal(.importLost)), [])
            }
            sets = stage.sets + sets
        }
        if let base = zoneImport.base, base < staticBook.version {
            return (.refused(Refusal(.recordsChanged, "\(staticBook.version)")), [])
        }
        let apex = zoneImport.apex
        let isNew = zones.zones[apex] == nil
        guard !isNew || zoneImport.zone != nil else {
            return (.refused(Refusal(.unknownZone, "\(apex)")), [])
        }
        guard sets.allSatisfy({ $0.key.owner.isAtOrBelow(apex) }),
            Set(sets.map(\.key)).count == sets.count
        else { return (.refused(Refusal(.unusableRecord, "sets that are no part of \(apex)")), []) }
        let changes = difference(of: sets, in: apex)
        if let refusal = objection(
            to: changes, newApex: isNew ? apex : nil, takesNames: zoneImport.takesNames)
        {
            return (.refused(refusal), [])
        }
        return (.done, carryOut(zoneImport, changes, by: node))
    }

    private mutating func carryOut(
        _ zoneImport: ZoneImport, _ changes: ZoneAudit.Changes, by node: NodeID?
    ) -> [ZoneChange] {
        for (key, set) in changes {
            let comment = set == nil ? "" : staticBook.notes[key]?.comment ?? ""
            put(set, at: key, comment: comment, by: node)
        }
        let former = zones.statics.zones[zoneImport.apex]
        guard let zone = zoneImport.zone, zone != former else { return commitStatics() }
        staticBook.version = index
        zones.setStaticZone(zone, at: zoneImport.apex, serial: zoneImport.serial)
        return reshape()
    }

    /// Takes what the operator gives in a zone away.
    mutating func take(
        _ removal: ZoneRemoval, by node: NodeID?
    ) -> (outcome: Outcome, changes: [ZoneChange]) {
        if let base = removal.base, base < staticBook.version {
            return (.refused(Refusal(.recordsChanged, "\(staticBook.version)")), [])
        }
        let sets = staticSets(in: removal.apex)
        let isOurs = zones.statics.zones[removal.apex] != nil
        guard isOurs || !sets.isEmpty else {
            return (.refused(Refusal(.unknownZone, "\(removal.apex)")), [])
        }
        guard removal.withRecords || sets.isEmpty else {
            return (.refused(Refusal(.recordsExist, "\(sets.count) in \(removal.apex)")), [])
        }
        for set in sets { put(nil, at: set.key, by: node) }
        guard isOurs else { return (.done, commitStatics()) }
        staticBook.version = index
        zones.setStaticZone(nil, at: removal.apex)
        return (.done, reshape())
    }

    private mutating func commitStatics() -> [ZoneChange] {
        let changes = zones.commit(atSeconds: clockSeconds)
        owe(changes)
        return changes
    }

    /// Makes the zones anew, since one came or went.
    private mutating func reshape() -> [ZoneChange] {
        guard case .zones(let resolved) = Self.resolve(settings) else {
            preconditionFailure("settings in force make zones")
        }
        let before = zones.zones
        let changes = zones.configure(
            resolved, hosts: hostNames(under: settings.naming), isOperators: true,
            atSeconds: clockSeconds)
        owe(changes, since: before)
        return changes
    }
}

// MARK: - Snapshots

extension ReplicatedState {
    /// Takes over static records as a snapshot has them.
    mutating func restore(
        _ entries: [(set: RecordSet, note: StaticNote)], zones: [DomainName: StaticZone]
    ) {
        var statics = StaticRecords()
        statics.zones = zones
        for (set, note) in entries {
            staticBook.put(note, set, over: nil)
            statics.replace(set.key, with: set)
        }
        self.zones.adopt(statics)
    }
}
