import FoundationEssentials
import Glibc

/// Proxmox's replicated file system (pmxcfs(8)), as far as it has to be known before anything is
/// written there.
struct ProxmoxFileSystem {
    /// Where it is mounted.
    let root: String

    /// What it says of this host.
    struct Members: Equatable {
        /// The name of this host as a node.
        let node: String
        /// The name of the cluster; `nil` on a host that stands alone.
        let cluster: String?
        /// Enough hosts see each other that it may be written.
        let isQuorate: Bool
    }

    private static let maximumOctets = 1 << 20

    /// Reads `.members`, which exists as long as the file system is mounted. While it is not, the
    /// mount point is an empty directory, which must not be taken for a host without a cluster.
    func members() throws(EnrolmentError) -> Members {
        let file: FileContent
        do {
            file = try FileContent(path: "\(root)/.members", maximumOctets: Self.maximumOctets)
        } catch {
            throw .unwritable(
                path: root,
                reason: "Proxmox's file system is not mounted (.members: \(error.reason)); look at "
                    + "systemctl status pve-cluster")
        }
        struct Document: Decodable {
            struct Cluster: Decodable {
                let name: String?
                let quorate: Int?
            }
            let nodename: String
            let cluster: Cluster?
        }
        let data = Data(file.octets)
        guard let document = try? JSONDecoder().decode(Document.self, from: data) else {
            throw .unwritable(path: "\(root)/.members", reason: "it cannot be understood")
        }
        return Members(
            node: document.nodename, cluster: document.cluster?.name,
            isQuorate: document.cluster.map { $0.quorate == 1 } ?? true)
    }
}
