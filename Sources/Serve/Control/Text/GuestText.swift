extension GuestListAnswer {
    /// For people: a guest with several names or addresses takes several lines.
    package var text: String {
        var table = TextTable(
            "VMID", "TYPE", "NODE", "STATUS", "NAME", "PUBLISHED NAME", "ADDRESS", "UNPUBLISHED")
        for guest in guests {
            for line in 0..<max(1, guest.names.count, guest.addresses.count) {
                let isFirst = line == 0
                let name = line < guest.names.count ? guest.names[line] : ""
                let address = line < guest.addresses.count ? guest.addresses[line] : ""
                table.append(
                    isFirst ? "\(guest.vmid)" : "", isFirst ? guest.type : "",
                    isFirst ? guest.node : "",
                    isFirst ? (guest.isGone ? "destroyed" : guest.status) : "",
                    isFirst ? guest.name ?? Wording.nothing : "",
                    name.isEmpty && isFirst ? Wording.nothing : name,
                    address.isEmpty && isFirst ? Wording.nothing : address,
                    isFirst ? "\(guest.unpublished)" : "")
            }
        }
        return table.text
    }
}

extension GuestAnswer {
    /// For people: where each name and address came from, how old it is, and what became of it.
    package var text: String {
        head.printable + "\n\n" + interfaceTable + "\n"
            + items("NAME", names, withInterface: false) + "\n"
            + items("ADDRESS", addresses, withInterface: true)
            + recordTable
            + section(
                "Not published",
                (names + addresses).filter { !$0.isPublished }.map {
                    "\($0.value): \($0.reason ?? "no reason is known")"
                })
    }

    private var head: String {
        var parts = ["\(type) guest \(vmid)", name.map { "named \($0)" } ?? "without name"]
        if let hostName { parts.append("calls itself \(hostName)") }
        parts.append(isGone ? "destroyed" : "\(status) on \(node)")
        if isTemplate { parts.append("a template") }
        if let pool { parts.append("pool \(pool)") }
        if !tags.isEmpty { parts.append("tags \(tags.joined(separator: " "))") }
        parts.append(Wording.count(virtualCPUs, "processor"))
        parts.append("\(Wording.size(memoryBytes)) memory")
        parts.append("\(Wording.size(diskBytes)) disk")
        return parts.joined(separator: ", ")
    }

    private var interfaceTable: String {
        var table = TextTable("INTERFACE", "NAME", "MAC", "BRIDGE", "VLAN", "ROUTING DOMAIN")
        for interface in interfaces {
            table.append(
                interface.key, interface.name ?? Wording.nothing, interface.mac ?? Wording.nothing,
                interface.bridge ?? Wording.nothing,
                interface.vlan.map(String.init) ?? Wording.nothing,
                interface.routingDomain)
        }
        return table.text
    }

    private func items(_ title: String, _ items: [Item], withInterface: Bool) -> String {
        let place = withInterface ? ["INTERFACE"] : []
        var table = TextTable(
            [title, "FROM"] + place + ["AGE", "PUBLISHED", "ZONE", "PROVIDERS"])
        for item in items {
            table.append(
                [item.value, item.origin]
                    + (withInterface ? [item.interface ?? Wording.nothing] : [])
                    + [
                        item.ageSeconds.map(Wording.span) ?? Wording.nothing,
                        Wording.yesOrNo(item.isPublished), item.zone ?? Wording.nothing,
                        Wording.states(item.providers),
                    ])
        }
        return table.text
    }

    private var recordTable: String {
        var seen: Set<Record> = []
        var table = TextTable("RECORD", "TTL", "TYPE", "DATA")
        for record in (names + addresses).flatMap(\.records) where seen.insert(record).inserted {
            table.append(record.name, "\(record.ttl)", record.type, record.data)
        }
        return table.isEmpty ? "" : "\n" + table.text
    }
}
