import CSystemCalls
import Glibc

/// The process at the other end of a unix socket, as the kernel noted it when it connected.
struct SocketPeer: Hashable, Sendable {
    /// As many groups as Linux allows a process.
    private static let maximumGroups = 65_536
    /// Enough for nearly everybody.
    private static let usualGroups = 64

    let process: Int32
    let user: UInt32
    /// The primary one and the supplementary ones.
    let groups: Set<UInt32>

    init(process: Int32, user: UInt32, groups: Set<UInt32>) {
        self.process = process
        self.user = user
        self.groups = groups
    }

    /// `nil` if the kernel does not tell: then nobody knows who it is.
    init?(socket: Int32) {
        var peer = pipam_unix_peer()
        guard pipam_unix_peer(socket, &peer) == 0,
            let supplementary = Self.supplementaryGroups(socket)
        else { return nil }
        self.init(
            process: peer.process, user: peer.user, groups: supplementary.union([peer.group]))
    }

    private static func supplementaryGroups(_ socket: Int32) -> Set<UInt32>? {
        for capacity in [usualGroups, maximumGroups] {
            var groups = [UInt32](repeating: 0, count: capacity)
            let count = pipam_unix_peer_groups(socket, &groups, UInt32(capacity))
            if count >= 0 { return Set(groups.prefix(Int(count))) }
            guard count == -ERANGE else { return nil }
        }
        return nil
    }
}

/// Who may use the control socket: root, the agent's own user, and the members of a group.
struct SocketAccess: Hashable, Sendable {
    let ownUser: UInt32
    /// The group's number; `nil` for no group.
    let group: UInt32?
    /// The group's name, for remedies.
    let groupName: String?

    func admits(_ peer: SocketPeer) -> Bool {
        peer.user == 0 || peer.user == ownUser || group.map(peer.groups.contains) == true
    }

    /// What a user can do who is not admitted.
    var remedy: String {
        groupName.map {
            "have the user added to the group \($0) (usermod -aG \($0) USER) and log in anew"
        } ?? "run this as root"
    }
}

extension SocketAccess {
    /// The longest entry of the group database that is read.
    private static let maximumGroupEntryOctets = 1 << 20

    /// Looks the group up.
    init(groupName: String?) throws(ControlError) {
        ownUser = geteuid()
        self.groupName = groupName
        group = try groupName.map { name throws(ControlError) in
            guard let number = Self.groupNumber(name) else {
                throw .cannotListen(
                    "there is no group \(name)",
                    remedy: "make it with groupadd --system \(name)")
            }
            return number
        }
    }

    /// `nil` if there is no such group.
    static func groupNumber(_ name: String) -> UInt32? {
        var octets = 1024
        while octets <= maximumGroupEntryOctets {
            var entry = GroupEntry()
            var found: UnsafeMutablePointer<GroupEntry>?
            var room = [CChar](repeating: 0, count: octets)
            let status = getgrnam_r(name, &entry, &room, room.count, &found)
            if status == 0 { return found == nil ? nil : entry.gr_gid }
            guard status == ERANGE else { return nil }
            octets *= 2
        }
        return nil
    }
}

/// The C library's `struct group`, whose name is that of a property here.
private typealias GroupEntry = Glibc.group
