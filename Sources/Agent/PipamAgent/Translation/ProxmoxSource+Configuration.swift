import Inventory
import Proxmox

extension ConfigurationFile.Loaded {
    /// The source that this configuration describes. It reads the certificate authorities and sends
    /// nothing yet.
    func makeSource(cluster: ClusterID) throws -> ProxmoxSource {
        let settings = try ProxmoxSettings(configuration)
        do {
            return try ProxmoxSource(settings: settings, cluster: cluster)
        } catch {
            // All else that it reads was checked with the configuration.
            guard let problem = authorityProblem else { throw error }
            throw ConfigurationError.invalid(problems: [problem])
        }
    }
}
