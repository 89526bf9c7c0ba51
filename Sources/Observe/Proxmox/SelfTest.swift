/// What the token may see, compared with what is needed.
package struct SelfTest: Hashable, Sendable {
    /// A privilege that the token lacks, and what goes unseen without it.
    package struct Gap: Hashable, Sendable {
        /// The path on which it is needed ("/vms").
        package let path: String
        /// Any one of these is enough.
        package let privileges: [String]
        /// What goes unseen.
        package let unseen: String
    }

    /// "9.2.11".
    package let version: String
    /// `nil` for a host on its own, and where it may not be seen.
    package let clusterName: String?
    /// Sorted; empty where they may not be seen.
    package let nodes: [String]
    /// In the order of their paths.
    package let gaps: [Gap]

    /// Nothing that is needed is missing.
    package var isComplete: Bool { gaps.isEmpty }

    /// The gaps as problems.
    package var problems: [Problem] {
        gaps.map { gap in
            let privileges = gap.privileges.joined(separator: " or ")
            return Problem(
                scope: .api,
                message: "the token lacks \(privileges) on \(gap.path): \(gap.unseen)",
                remedy: "grant \(gap.privileges[0]) on \(gap.path) to the token and to its user, "
                    + "with propagation")
        }.sorted()
    }
}

/// What pipam needs to be allowed.
enum RequiredPrivileges {
    private typealias Need = (path: String, privileges: [String], unseen: String)

    /// What is missing. `version` is that of `/version`: guest agents are read with VM.Monitor
    /// before Proxmox VE 9, and with privileges of their own since.
    static func gaps(_ permissions: Permissions, version: String) -> [SelfTest.Gap] {
        needs(major: majorNumber(version)).flatMap { need in
            gaps(permissions, need)
        }
    }

    private static func needs(major: Int) -> [Need] {
        let agent =
            major >= 9 ? ["VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"] : ["VM.Monitor"]
        return [
            (
                "/", ["Sys.Audit"],
                "the hosts and the cluster's state are not seen, so no guest is taken for gone"
            ),
            (
                "/sdn/zones", ["SDN.Audit"],
                "bridges and vnets are not seen, nor the VLANs and zones they are in"
            ),
            ("/vms", ["VM.Audit"], "guests are not seen"),
            (
                "/vms", agent,
                "the addresses and host names inside virtual machines are not seen"
            ),
        ]
    }

    private static func gaps(_ permissions: Permissions, _ need: Need) -> [SelfTest.Gap] {
        let (path, privileges, unseen) = need
        guard privileges.contains(where: { permissions.holds($0, on: path) }) else {
            return [SelfTest.Gap(path: path, privileges: privileges, unseen: unseen)]
        }
        // Below "/" stand the paths of the other needs, and many that concern nobody here.
        guard path != "/" else { return [] }
        let exceptions = privileges.map { Set(permissions.exceptions(to: $0, below: path)) }
        let common = exceptions.dropFirst().reduce(exceptions[0]) { $0.intersection($1) }
        return common.sorted().map { exception in
            SelfTest.Gap(path: exception, privileges: privileges, unseen: "\(unseen) there")
        }
    }

    /// 9 for "9.2.11"; a text that is no version counts as the newest known.
    private static func majorNumber(_ version: String) -> Int {
        version.split(separator: ".").first.flatMap { Int($0) } ?? 9
    }
}
