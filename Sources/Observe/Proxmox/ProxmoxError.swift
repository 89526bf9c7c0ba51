/// Why Proxmox did not answer a question. `call` is the API path asked.
package enum ProxmoxError: Error, Hashable, Sendable {
    /// The settings cannot be used as they stand.
    case unusableSettings(reason: String)
    /// None of the API's hosts can be reached.
    case unreachable(reason: String)
    /// The API's host shows a certificate that is not trusted; `fingerprint` is what it showed.
    case untrusted(reason: String, fingerprint: String?)
    /// The token is unknown, expired or revoked.
    case tokenRefused(token: String)
    /// The token lacks a privilege; `message` names it.
    case forbidden(call: String, message: String)
    /// The node that the call is about does not answer the API's host: its state is unknown.
    case nodeUnreachable(node: String, message: String)
    /// The guest has no configuration on the node that was asked.
    case missing(call: String, message: String)
    /// Any other error that the API reports.
    case refused(call: String, status: Int, message: String)
    /// No answer within the deadline.
    case timedOut(call: String, after: Duration)
    /// The answer is not what the API documents.
    case malformed(call: String, reason: String)
    /// A collection is under way already.
    case busy
    /// The task was cancelled.
    case cancelled

    /// The same question may be answered when it is asked again, without anybody's doing.
    package var isTransient: Bool {
        switch self {
        case .unreachable, .nodeUnreachable, .refused, .timedOut, .busy: true
        case .unusableSettings, .untrusted, .tokenRefused, .forbidden, .missing, .malformed,
            .cancelled:
            false
        }
    }
}

extension ProxmoxError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unusableSettings(let reason): "the settings for Proxmox cannot be used: \(reason)"
        case .unreachable(let reason): "the Proxmox API cannot be reached: \(reason)"
        case .untrusted(let reason, let fingerprint?):
            "the Proxmox API's certificate is refused: \(reason); its fingerprint is \(fingerprint)"
        case .untrusted(let reason, nil): "the Proxmox API's certificate is refused: \(reason)"
        case .tokenRefused(let token): "Proxmox refuses the token \(token)"
        case .forbidden(let call, let message): "\(call): \(message)"
        case .nodeUnreachable(let node, let message): "node \(node) does not answer: \(message)"
        case .missing(let call, let message): "\(call): \(message)"
        case .refused(let call, let status, let message): "\(call): \(status) \(message)"
        case .timedOut(let call, let deadline): "\(call): no answer within \(deadline)"
        case .malformed(let call, let reason): "\(call): not understood: \(reason)"
        case .busy: "a collection is under way already"
        case .cancelled: "cancelled"
        }
    }

    /// What an operator can do about it; empty when nothing but wait.
    package var remedy: String {
        switch self {
        case .unusableSettings: "correct the setting named"
        case .unreachable: "check the API's URLs, the network and pveproxy on these hosts"
        case .untrusted(_, let fingerprint?):
            "name the cluster's pve-root-ca.pem as authority, or pin \(fingerprint) if it is the "
                + "node's"
        case .untrusted(_, nil): "name the cluster's pve-root-ca.pem as authority"
        case .tokenRefused(let token):
            "check that \(token) exists, has not expired, and has the secret configured here"
        case .forbidden: "grant the privilege named to the token and to its user"
        case .nodeUnreachable(let node, _): "check that \(node) is up and pveproxy runs there"
        case .missing, .refused, .timedOut, .malformed, .busy, .cancelled: ""
        }
    }
}
