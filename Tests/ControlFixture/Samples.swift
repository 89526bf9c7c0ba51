import Control

/// A guest of which one name and one address are published, and one of each is not.
enum SampleGuest {
    static func web1(time: UInt64) -> GuestAnswer {
        let records = [
            GuestAnswer.Record(name: "web1.example.com.", type: "A", ttl: 60, data: "10.0.0.1"),
            .init(
                name: "1.0.0.10.in-addr.arpa.", type: "PTR", ttl: 60, data: "web1.example.com."),
        ]
        return GuestAnswer(
            index: 42, vmid: 101, type: "qemu", node: "pve1", status: "running", name: "web1",
            hostName: "web1", isTemplate: false, isGone: false, pool: "infra", tags: ["a", "b"],
            virtualCPUs: 4, memoryBytes: 8 << 30, diskBytes: 34_896_609_280,
            interfaces: [
                .init(
                    key: "net0", name: "ens18", mac: "bc:24:11:00:00:01", bridge: "vmbr0", vlan: 5,
                    routingDomain: "global")
            ],
            names: [
                .init(
                    value: "web1.example.com.", origin: "proxmox", since: time - 3600,
                    ageSeconds: 3600, isPublished: true, zone: "example.com.", records: records,
                    providers: [.init(provider: "powerdns", state: .inStep)]),
                .init(
                    value: "db.example.com.", origin: "notes", since: time - 60, ageSeconds: 60,
                    isPublished: false,
                    reason: "guest 7 has the name; give this one another name"),
            ],
            addresses: [
                .init(
                    value: "10.0.0.1", origin: "agent", interface: "net0", since: time - 90_000,
                    ageSeconds: 90_000, isPublished: true, zone: "example.com.", records: records),
                .init(
                    value: "192.0.2.9", origin: "agent", interface: "net0", ageSeconds: 5,
                    isPublished: false, reason: "no mapping holds it; add one"),
            ])
    }
}

/// A plan with something of everything.
enum SamplePlan {
    static let example = ZonePlan(
        provider: "powerdns", zone: "example.com.", isApproved: false,
        groups: [
            .init(steps: [
                .init(
                    action: .create, name: "web1.example.com.", type: "A", from: [],
                    to: ["10.0.0.1"])
            ]),
            .init(steps: [
                .init(
                    action: .change, name: "web2.example.com.", type: "A", from: ["10.0.0.2"],
                    to: ["10.0.0.3", "10.0.0.4"])
            ]),
        ],
        held: [
            .init(steps: [
                .init(
                    action: .remove, name: "old.example.com.", type: "A", from: ["10.0.0.9"],
                    to: [])
            ])
        ],
        brake: "6 removals and changes of 20 within an hour, more than 5",
        conflicts: [
            .init(
                provider: "powerdns", zone: "example.com.", name: "mail.example.com.", type: "A",
                reason: "a record made by hand says the same; take it over with pipamctl adopt",
                isAdoptable: true)
        ], settled: 14)
}
