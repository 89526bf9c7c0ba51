import Foundation

/// A container in the words of fakepve_cluster.py, with what tests need of it.
struct SampleGuest {
    /// Its number; also where its MAC addresses come from.
    let vmid: Int
    /// What it is called.
    var name: String
    /// Its addresses with their prefix lengths, one interface for each of IPv4, in the form of
    /// Proxmox: "10.0.0.1/16".
    var addresses: [String]
    /// The IPv6 address of the first interface; empty for none.
    var address6 = ""
    /// The block in its notes.
    var notes = ""

    /// A container with the name vm<number> and an address of 10.0.0.0/16.
    init(_ vmid: Int, address: String? = nil) {
        self.vmid = vmid
        name = "vm\(vmid)"
        addresses = [address ?? Self.address(of: vmid)]
    }

    /// The address that goes with a number unless told otherwise.
    static func address(of vmid: Int) -> String { "10.0.\(vmid >> 8).\(vmid & 255)/16" }

    /// Some with numbers from 101 on.
    static func several(_ count: Int) -> [SampleGuest] { (101..<101 + count).map { .init($0) } }

    /// Its interfaces as its configuration has them.
    var interfaces: [String: String] {
        var lines: [String: String] = [:]
        for (index, address) in addresses.enumerated() {
            let mac = String(format: "BC:24:11:%02X:%02X:%02X", index, vmid >> 8, vmid & 255)
            let address6 = index == 0 && !address6.isEmpty ? ",ip6=\(address6)" : ""
            lines["net\(index)"] =
                "name=eth\(index),bridge=vmbr0,hwaddr=\(mac),ip=\(address)\(address6)"
        }
        return lines
    }

    private var description: [String: Any] {
        var configuration = interfaces
        if !notes.isEmpty { configuration["description"] = "```pipam\n\(notes)\n```\n" }
        return [
            "vmid": vmid, "type": "lxc", "name": name, "node": "pve\(vmid % 3 + 1)",
            "config": configuration,
        ]
    }

    /// The command that adds it to a cluster.
    var addition: String {
        get throws { try Self.json(["do": "add", "guest": description]) }
    }

    /// The command that gives it the addresses it has now.
    var readdressing: String {
        get throws { try Self.json(["do": "set", "vmid": vmid, "config": interfaces]) }
    }

    /// The guests file of a cluster.
    static func file(_ guests: [SampleGuest]) throws -> String {
        try json(["guests": guests.map(\.description)])
    }

    private static func json(_ object: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }
}
