import HTTPClient

/// `/access/permissions`: what the token may do. Each path has the privileges in force there, and
/// for each whether it extends to the paths below.
struct Permissions: Hashable {
    /// By path, then by privilege: true where it extends.
    let byPath: [String: [String: Bool]]

    /// `nil` if the answer is no such map.
    init?(_ data: JSONValue) {
        guard let paths = data.members else { return nil }
        byPath = paths.mapValues { privileges in
            (privileges.members ?? [:]).mapValues { $0.flag ?? false }
        }
    }

    /// The privilege is in force on the path and on those below it that are not listed.
    func holds(_ privilege: String, on path: String) -> Bool {
        if let own = byPath[path] { return own[privilege] == true }
        guard path != "/", let slash = path.lastIndex(of: "/") else { return false }
        let parent = path[..<slash]
        return holds(privilege, on: parent.isEmpty ? "/" : String(parent))
    }

    /// The paths below `path` where the privilege is taken away, sorted.
    func exceptions(to privilege: String, below path: String) -> [String] {
        let prefix = path == "/" ? "/" : path + "/"
        return byPath.filter { $0.key.hasPrefix(prefix) && $0.value[privilege] == nil }
            .map(\.key).sorted()
    }

    /// "VM.Audit on /vms": a privilege that was there and is not any more; `nil` when none is.
    func firstLoss(since earlier: Permissions) -> String? {
        for (path, privileges) in earlier.byPath.sorted(by: { $0.key < $1.key }) {
            for (privilege, extends) in privileges.sorted(by: { $0.key < $1.key }) {
                let isThere = byPath[path]?[privilege] != nil || holds(privilege, on: path)
                let isWhole = !extends || holds(privilege, on: path)
                if !isThere || !isWhole { return "\(privilege) on \(path)" }
            }
        }
        return nil
    }
}
