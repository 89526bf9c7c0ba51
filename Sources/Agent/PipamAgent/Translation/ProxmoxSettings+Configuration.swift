import Glibc
import HTTPClient
package import Proxmox

extension ProxmoxSettings {
    /// The CA that every Proxmox host keeps; used when nothing else is configured.
    private static let clusterAuthority = "/etc/pve/pve-root-ca.pem"

    /// The part of the configuration that says how the cluster is read.
    ///
    /// Throws `unusableSettings` for a token that Proxmox could not have given.
    package init(_ configuration: Configuration) throws(ProxmoxError) {
        let proxmox = configuration.proxmox
        guard let secret = proxmox.tokenSecret?.exposed,
            let token = APIToken(id: proxmox.tokenID, secret: secret)
        else {
            throw .unusableSettings(
                reason: "\"\(proxmox.tokenID)\" and its secret are no API token; set "
                    + "proxmox.user, realm and token_id as Proxmox shows them")
        }
        self.init(baseURLs: proxmox.urls, token: token)
        trust = Self.trust(proxmox)
        quickPoll = configuration.quickInterval
        collectInterval = configuration.collectInterval
        agentInterval = configuration.agentInterval
        callTimeout = proxmox.timeout
        maximumCalls = proxmox.concurrency
        routingDomains = proxmox.routingDomains
    }

    private static func trust(_ proxmox: Configuration.Proxmox) -> HTTPTrust {
        if proxmox.isInsecure { return HTTPTrust(acceptsAnyServer: true) }
        if let fingerprint = proxmox.fingerprint {
            return HTTPTrust(
                authorityFile: proxmox.certificateAuthorityFile, includesSystemRoots: false,
                fingerprints: [fingerprint.hexadecimal])
        }
        if let file = proxmox.certificateAuthorityFile {
            return HTTPTrust(authorityFile: file, includesSystemRoots: false)
        }
        let isOnCluster = access(clusterAuthority, R_OK) == 0
        return HTTPTrust(authorityFile: isOnCluster ? clusterAuthority : nil)
    }
}

extension [UInt8] {
    /// Two lower-case digits for each octet.
    var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
