import HTTPClient
import Inventory

/// An interface as the guest's operating system has it.
struct ObservedInterface: Hashable {
    let name: String
    /// `nil` for a tunnel.
    let mac: MACAddress?
    let addresses: [InterfaceAddress]
}

/// What came of asking a guest for its interfaces.
enum Observation: Hashable {
    /// All of them.
    case interfaces([ObservedInterface])
    /// It was not answered, for this reason.
    case unknown(reason: String)
}

extension Observation {
    /// Reads the answer of `agent/network-get-interfaces`. An agent that refuses the command
    /// answers with status 200 and an object instead of a list.
    init(agentAnswer data: JSONValue) {
        guard let items = data["result"]?.elements else {
            self = .unknown(reason: AgentRefusal.text(data) ?? "the guest agent sent no list")
            return
        }
        self.init(items)
    }

    /// Reads the answer of `lxc/{vmid}/interfaces`, which is null for a stopped container.
    init(containerAnswer data: JSONValue) {
        guard let items = data.elements else {
            self = .unknown(reason: data == .null ? "stopped" : "no list of interfaces came")
            return
        }
        self.init(items)
    }

    private init(_ items: [JSONValue]) {
        var total = 0
        var interfaces: [ObservedInterface] = []
        for item in items {
            guard let name = item["name"]?.text, name.utf8.count <= Bounds.text else { continue }
            let mac = (item["hardware-address"] ?? item["hwaddr"])?.text
            let addresses = Self.addresses(item)
            total += addresses.count
            interfaces.append(
                ObservedInterface(
                    name: name, mac: mac.flatMap { MACAddress($0) }, addresses: addresses))
        }
        guard interfaces.count <= Bounds.observedInterfaces, total <= Bounds.observedAddresses
        else {
            self = .unknown(reason: "the guest lists more interfaces or addresses than are read")
            return
        }
        self = .interfaces(interfaces)
    }

    /// `ip-addresses` where present; containers before pve-container 5.2.6 have `inet` and `inet6`,
    /// the last address of each family.
    private static func addresses(_ item: JSONValue) -> [InterfaceAddress] {
        guard let list = item["ip-addresses"]?.elements else {
            return ["inet", "inet6"].compactMap { item[$0]?.text.flatMap { InterfaceAddress($0) } }
        }
        return list.prefix(Bounds.observedAddresses + 1).compactMap { entry in
            // The prefix is a number from agents and a string from containers.
            guard let text = entry["ip-address"]?.text, let address = IPAddress(text),
                let prefix = entry["prefix"]?.integer
            else { return nil }
            return InterfaceAddress(address, prefixLength: prefix)
        }
    }
}

/// An error that an agent reports inside an answer of status 200.
enum AgentRefusal {
    /// What it says; `nil` if it is no such answer.
    static func text(_ data: JSONValue) -> String? {
        guard let error = data["result"]?["error"] else { return nil }
        let parts = [error["class"]?.text, error["desc"]?.text].compactMap { $0 }
        let detail = parts.isEmpty ? "no reason given" : parts.joined(separator: ": ")
        return "the guest agent refuses: \(detail.oneLine)"
    }
}

/// The host name that an agent reports: a tenant's input, bounded here and judged elsewhere.
enum ReportedHostName {
    /// `nil` if the answer holds none, or one that no host can have.
    static func read(_ data: JSONValue) -> String? {
        guard let name = data["result"]?["host-name"]?.text?.trimmed,
            (1...255).contains(name.utf8.count),
            name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { return nil }
        return name
    }
}
