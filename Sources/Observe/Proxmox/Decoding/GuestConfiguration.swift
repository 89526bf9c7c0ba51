import HTTPClient
import Inventory

/// What a guest's configuration says, of either kind: `/nodes/{node}/qemu/{vmid}/config` and its
/// twin for containers, both asked with `current=1`, since they merge pending changes otherwise.
struct GuestConfiguration: Hashable {
    /// `nil` when the configuration has none. Proxmox makes up names in its lists, never here.
    let name: String?
    /// What tells this guest from an earlier one of its number; see `GuestID.incarnation`.
    let incarnation: String
    let lock: String?
    let isTemplate: Bool
    /// Sorted, no duplicates.
    let tags: [String]
    let comment: String
    /// 0 when the configuration leaves it open.
    let virtualCPUs: Int
    /// 0 when the configuration leaves it open.
    let memoryBytes: UInt64
    /// Sorted by key, with the addresses that the configuration itself gives.
    let interfaces: [GuestInterface]
    /// The guest agent is switched on. False for a container, which has none.
    let isAgentEnabled: Bool

    /// `nil` if the answer is no configuration.
    init?(_ data: JSONValue, kind: Guest.Kind) {
        guard let members = data.members, data["digest"] != nil else { return nil }
        let nameKey = kind == .qemu ? "name" : "hostname"
        name = data[nameKey]?.text.map(\.trimmed).flatMap { $0.isEmpty ? nil : $0 }?
            .bounded(to: Bounds.text)
        incarnation = Self.incarnation(data)
        lock = data["lock"]?.text?.bounded(to: Bounds.text)
        isTemplate = data["template"]?.flag ?? false
        tags = TagList.split(data["tags"]?.text ?? "")
        comment = Self.comment(data["description"]?.text ?? "")
        virtualCPUs = Self.virtualCPUs(data, kind: kind)
        memoryBytes = Self.memoryBytes(data)
        interfaces = NetworkDevices.interfaces(in: members, kind: kind)
        isAgentEnabled = kind == .qemu && Self.isAgentEnabled(data["agent"])
    }

    private static func incarnation(_ data: JSONValue) -> String {
        let candidates = [
            PropertyString(data["smbios1"]?.text ?? "")["uuid"]?.asciiLowercased,
            PropertyString(data["meta"]?.text ?? "")["ctime"],
        ]
        return candidates.compactMap { $0 }.first { (1...64).contains($0.utf8.count) } ?? ""
    }

    private static func comment(_ text: String) -> String {
        let octets = text.utf8
        let spaces = octets.reversed().prefix { $0 == 0x20 || (0x09...0x0D).contains($0) }.count
        return String(decoding: octets.dropLast(spaces), as: UTF8.self).bounded(to: Bounds.comment)
    }

    private static func virtualCPUs(_ data: JSONValue, kind: Guest.Kind) -> Int {
        switch kind {
        case .qemu:
            if let count = data["vcpus"]?.integer { return max(0, count) }
            let cores = min(max(0, data["cores"]?.integer ?? 1), 1 << 16)
            return cores * min(max(0, data["sockets"]?.integer ?? 1), 1 << 16)
        case .lxc:
            return max(0, data["cores"]?.integer ?? 0)
        }
    }

    /// Memory is in MiB: an integer, a string, or `current=2048`.
    private static func memoryBytes(_ data: JSONValue) -> UInt64 {
        guard let value = data["memory"] else { return 0 }
        let fromText = value.text.map { PropertyString($0) }.flatMap { $0["current"] ?? $0.bare }
        let mebibytes = value.integer ?? fromText.flatMap { Int($0) } ?? 0
        return UInt64(clamping: min(max(0, mebibytes), 1 << 40)) << 20
    }

    /// `1`, `enabled=1,...`, `1,...`: never the text as such, for `enabled=0` is a text too.
    private static func isAgentEnabled(_ value: JSONValue?) -> Bool {
        guard let value else { return false }
        if let flag = value.flag { return flag }
        let properties = PropertyString(value.text ?? "")
        return (properties["enabled"] ?? properties.bare).flatMap { JSONValue.flag($0) } ?? false
    }
}

/// The tags of a guest.
enum TagList {
    /// Splits at `;`, `,`, white space and NUL, as Proxmox's own readers do (PVE::Tools,
    /// split_list). Sorted, no duplicates.
    static func split(_ text: String) -> [String] {
        let parts = text.bounded(to: Bounds.tags).utf8.split { octet in
            octet <= 0x20 || octet == UInt8(ascii: ";") || octet == UInt8(ascii: ",")
        }
        return Set(parts.map { String(decoding: $0, as: UTF8.self) }).sorted()
    }
}
