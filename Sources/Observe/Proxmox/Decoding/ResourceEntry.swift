import HTTPClient
import Inventory

/// One guest in `/cluster/resources?type=vm`, which each node tells the others every ten seconds:
/// stale by design, without name when the node has been silent.
struct ResourceEntry: Hashable {
    /// Where the guest is.
    let place: GuestPlace
    /// `unknown` when the node has been silent.
    let runState: Guest.RunState
    /// As listed, synthetic names included: it only serves to see a change.
    private(set) var name: String
    /// As listed, not split.
    private(set) var tags: String
    /// `nil` when the guest is not locked.
    private(set) var lock: String?
    private(set) var isTemplate: Bool
    /// `nil` when the guest is in no pool.
    private(set) var pool: String?
    /// 0 when not listed.
    private(set) var virtualCPUs: Int
    /// 0 when not listed.
    private(set) var memoryBytes: UInt64
    /// 0 when not listed.
    private(set) var diskBytes: UInt64

    /// `nil` for what is no guest; nothing but place is needed.
    init?(_ item: JSONValue) {
        guard let number = item["vmid"]?.integer, (100...999_999_999).contains(number),
            let kind = item["type"]?.text.flatMap(Guest.Kind.init(rawValue:)),
            let node = item["node"]?.text, NodeName.isLegal(node)
        else { return nil }
        place = GuestPlace(vmid: UInt32(number), kind: kind, node: node)
        runState = Self.runState(item["status"]?.text)
        name = item["name"]?.text?.bounded(to: Bounds.text) ?? ""
        tags = item["tags"]?.text?.bounded(to: Bounds.tags) ?? ""
        lock = item["lock"]?.text?.bounded(to: Bounds.text)
        isTemplate = item["template"]?.flag ?? false
        pool = item["pool"]?.text?.bounded(to: Bounds.text)
        virtualCPUs = max(0, item["maxcpu"]?.integer ?? 0)
        memoryBytes = UInt64(clamping: item["maxmem"]?.integer ?? 0)
        diskBytes = UInt64(clamping: item["maxdisk"]?.integer ?? 0)
    }

    /// The entry of a guest whose node has been silent lists hardly more than its place: what is
    /// missing is as it was.
    func completed(from earlier: ResourceEntry) -> ResourceEntry {
        guard runState == .unknown else { return self }
        var entry = self
        if name.isEmpty { entry.name = earlier.name }
        if tags.isEmpty { entry.tags = earlier.tags }
        entry.lock = lock ?? earlier.lock
        entry.isTemplate = isTemplate || earlier.isTemplate
        entry.pool = pool ?? earlier.pool
        if virtualCPUs == 0 { entry.virtualCPUs = earlier.virtualCPUs }
        if memoryBytes == 0 { entry.memoryBytes = earlier.memoryBytes }
        if diskBytes == 0 { entry.diskBytes = earlier.diskBytes }
        return entry
    }

    private static func runState(_ status: String?) -> Guest.RunState {
        switch status {
        case "running": .running
        case "stopped": .stopped
        case "paused", "suspended", "prelaunch": .paused
        default: .unknown
        }
    }
}

/// The guests of a cluster as its list shows them.
struct ResourceList {
    /// By number, which is unique in a cluster.
    var entries: [UInt32: ResourceEntry] = [:]
    /// Seconds since each guest's start, by number.
    var uptimes: [UInt32: Int] = [:]
    /// Every item was understood: a guest that is not listed was not listed.
    var isComplete = true

    /// `nil` if the answer is no list at all, which says nothing about any guest.
    init?(_ data: JSONValue) {
        guard let items = data.elements, items.count <= Bounds.guests else { return nil }
        for item in items { take(item) }
    }

    /// Reads a whole answer one guest after the other, which takes a tenth of the memory. `nil` if
    /// that is not possible, for whatever reason: then it has to be read as a whole.
    init?(document: [UInt8]) {
        guard let ranges = try? JSONElements.ranges(of: "data", in: document),
            ranges.count <= Bounds.guests
        else { return nil }
        for range in ranges {
            guard let item = try? JSONValue(parsing: Array(document[range])) else { return nil }
            take(item)
        }
    }

    private mutating func take(_ item: JSONValue) {
        guard item["type"]?.text == "qemu" || item["type"]?.text == "lxc" else { return }
        guard let entry = ResourceEntry(item) else {
            isComplete = false
            return
        }
        entries[entry.place.vmid] = entry
        uptimes[entry.place.vmid] = item["uptime"]?.integer ?? 0
    }
}

/// The names of nodes, which become part of URLs.
enum NodeName {
    /// 1...63 letters, digits, '-' and '.'.
    static func isLegal(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                $0.isLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            } && name != "." && name != ".."
    }
}

/// How much of each thing is read. What comes from guests may be of any size.
enum Bounds {
    /// Octets of a name, a lock, a pool.
    static let text = 256
    /// Octets of the list of tags.
    static let tags = 8 << 10
    /// Octets of the notes.
    static let comment = 64 << 10
    /// Octets of a reason or message.
    static let message = 500
    /// Guests of one cluster.
    static let guests = 100_000
    /// Interfaces in one agent's answer.
    static let observedInterfaces = 4096
    /// Addresses in one agent's answer.
    static let observedAddresses = 16384
}

extension StringProtocol {
    /// At most `limit` octets, cut between two characters.
    func bounded(to limit: Int) -> String {
        guard utf8.count > limit else { return String(self) }
        var end = startIndex
        var octets = 0
        while end < endIndex {
            octets += self[end].utf8.count
            guard octets <= limit else { break }
            end = index(after: end)
        }
        return String(self[..<end])
    }

    /// Without white space and NULs at either end.
    var trimmed: String {
        let isSpace = { (octet: UInt8) in octet <= 0x20 }
        let tail = utf8.drop(while: isSpace)
        let spaces = tail.reversed().prefix(while: isSpace).count
        return String(decoding: tail.dropLast(spaces), as: UTF8.self)
    }

    /// One line that is safe to print: control characters are spaces, at most `Bounds.message`
    /// octets.
    var oneLine: String {
        let octets = utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }
        return String(decoding: octets, as: UTF8.self).bounded(to: Bounds.message).trimmed
    }
}
