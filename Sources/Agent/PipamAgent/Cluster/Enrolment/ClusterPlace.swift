import Glibc

/// The directory that all hosts of a cluster share, and the manners of the file system it is in.
package struct ClusterPlace: Equatable, Sendable {
    /// Absolute.
    package let path: String
    /// Where Proxmox's file system is mounted if the directory is in it.
    package let proxmoxRoot: String?
    /// It is inside a data directory, and this is whose that is; `nil` anywhere else.
    private let owner: GuardedDirectory.Owner?

    /// A directory in a file system of the usual kind, or in Proxmox's, mounted at `proxmoxRoot`.
    package init(path: String, proxmoxRoot: String? = nil) {
        self.path = path
        self.proxmoxRoot = proxmoxRoot
        owner = nil
    }

    private init(own path: String, owner: GuardedDirectory.Owner) {
        self.path = path
        proxmoxRoot = nil
        self.owner = owner
    }

    /// The folder of the data directory in which a node outside Proxmox keeps a cluster that it
    /// founded, or whose authority was handed to it.
    static let ownFolder = "cluster"

    /// That folder.
    package static func own(in data: GuardedDirectory) throws(EnrolmentError) -> Self {
        ClusterPlace(own: "\(data.path)/\(ownFolder)", owner: try data.standing().owner)
    }

    /// It is the folder of a data directory.
    package var isOwn: Bool { owner != nil }

    /// Where the cluster's directory is; `nil`: none, so that the node founds a cluster in its data
    /// directory or joins by token.
    ///
    /// `proxmoxRoot` is where Proxmox's file system is mounted on a Proxmox host.
    package static func configured(
        _ directory: Configuration.Cluster.Directory,
        proxmoxRoot: String = Configuration.Cluster.proxmoxRoot
    ) -> ClusterPlace? {
        switch directory {
        case .none: nil
        case .automatic:
            FileContent.exists(proxmoxRoot)
                ? ClusterPlace(path: "\(proxmoxRoot)/priv/pipam", proxmoxRoot: proxmoxRoot) : nil
        case .path(let path):
            ClusterPlace(
                path: path, proxmoxRoot: path.hasPrefix("\(proxmoxRoot)/") ? proxmoxRoot : nil)
        }
    }

    /// How files are written there.
    func manner(step: @escaping Step) -> GuardedDirectory.Manner {
        var manner = GuardedDirectory.Manner()
        manner.isReplicated = proxmoxRoot != nil
        manner.followsLink = !isOwn
        manner.owner = geteuid() == 0 ? owner : nil
        manner.step = step
        return manner
    }

    /// The directory whose making takes the lock. Proxmox's file system gives names below
    /// `priv/lock` to one host only and takes them back after two minutes.
    var lockPath: String { proxmoxRoot.map { "\($0)/priv/lock/pipam" } ?? "\(path)/lock" }

    /// What is called before a change.
    package typealias Step = @Sendable (String) throws(EnrolmentError) -> Void

    /// Opens the directory to read; `nil` if there is none yet.
    func open() throws(EnrolmentError) -> GuardedDirectory? {
        try checkMount()
        guard let directory = try GuardedDirectory(path: path, manner: manner { _ in }) else {
            return nil
        }
        try check(directory)
        return directory
    }

    /// Opens the directory to write, making it if there is none.
    func make(step: @escaping Step) throws(EnrolmentError) -> GuardedDirectory {
        try checkMount()
        let directory = try GuardedDirectory.make(path: path, manner: manner(step: step))
        try check(directory)
        return directory
    }

    /// Throws while Proxmox's file system is not there.
    private func checkMount() throws(EnrolmentError) {
        guard let proxmoxRoot else { return }
        _ = try ProxmoxFileSystem(root: proxmoxRoot).members()
    }

    /// Throws without quorum, so that nothing is begun that could not be ended.
    func checkQuorum() throws(EnrolmentError) {
        guard let proxmoxRoot else { return }
        guard try ProxmoxFileSystem(root: proxmoxRoot).members().isQuorate else {
            throw .unwritable(path: path, reason: "the Proxmox cluster has no quorum")
        }
    }

    /// Whoever could write here could have certificates for whatever it likes.
    private func check(_ directory: GuardedDirectory) throws(EnrolmentError) {
        guard proxmoxRoot == nil else { return }
        let standing = try directory.standing()
        guard standing.mode & 0o022 == 0 else {
            throw .refused(
                reason: "\(path) can be written by others than its owner",
                remedy: "chmod 0700 \(path), and look for files in it that you did not expect")
        }
        guard standing.owner.user == geteuid() || geteuid() == 0 else {
            throw .refused(
                reason: "\(path) is another user's",
                remedy: "run this as its owner or as root")
        }
    }
}
