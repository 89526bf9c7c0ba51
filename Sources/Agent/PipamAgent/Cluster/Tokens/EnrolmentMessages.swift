package import ClusterState
import FoundationEssentials
package import Inventory
import OpenSSL

/// What a node asks another one for, about its membership.
package enum EnrolmentQuestion: Equatable, Sendable {
    /// To be let in, with a token. Asked by somebody without a certificate.
    case admission(AdmissionRequest)
    /// A new certificate, for a key that the request proves to hold. Asked by a member.
    case renewal(request: [UInt8])
    /// The authority and its key, so that the cluster survives the loss of the host that founded
    /// it. Asked by a full member, over mutual TLS only.
    case authority

    /// The longest one, in octets.
    package static let maximumOctets = AdmissionRequest.maximumOctets + 1

    /// The bytes to send.
    package var octets: [UInt8] {
        switch self {
        case .admission(let request): [1] + request.octets
        case .renewal(let request): [2] + request
        case .authority: [3]
        }
    }

    /// Reads what somebody sent; `nil` for what is no question.
    package init?(octets: [UInt8]) {
        guard let kind = octets.first, octets.count <= Self.maximumOctets else { return nil }
        let rest = Array(octets.dropFirst())
        switch kind {
        case 1:
            guard let request = AdmissionRequest(octets: rest) else { return nil }
            self = .admission(request)
        case 2 where !rest.isEmpty:
            self = .renewal(request: rest)
        case 3 where rest.isEmpty:
            self = .authority
        default:
            return nil
        }
    }
}

/// What it is told.
package enum EnrolmentAnswer: Equatable, Sendable {
    /// A certificate, and whom to trust.
    case granted(Grant)
    /// The authority.
    case authority(Handover)
    /// No, and why. Asking again helps only if it `isTransient`.
    case refused(reason: String, isTransient: Bool)

    /// A certificate, and what else a member needs.
    package struct Grant: Codable, Equatable, Sendable {
        /// Who the cluster is.
        package let cluster: ClusterID
        /// What people call it.
        package let name: String
        /// The node that founded the log.
        package let bootstrapNode: NodeID
        /// The member's certificate, in PEM form.
        package let certificate: String
        /// The authorities, in PEM form.
        package let bundle: String
        /// The nodes that were published; the new one and dead ones may be among them.
        package let nodes: [PublishedNode]
    }

    /// The authority, with its secret: only ever sent to a full member that has shown its own
    /// certificate, and never put into the log.
    package struct Handover: Codable, Equatable, Sendable {
        let document: ClusterDocument
        let key: String
        let nodes: [PublishedNode]
    }

    /// The longest one, in octets.
    package static let maximumOctets = 1 << 20

    private struct Wire: Codable {
        var granted: Grant?
        var authority: Handover?
        var refused: String?
        var isTransient: Bool?
    }

    /// The bytes to send.
    package var octets: [UInt8] {
        let wire =
            switch self {
            case .granted(let grant): Wire(granted: grant)
            case .authority(let handover): Wire(authority: handover)
            case .refused(let reason, let isTransient):
                Wire(refused: reason, isTransient: isTransient)
            }
        do {
            return Array(try JSONEncoder().encode(wire))
        } catch {
            preconditionFailure("texts and whole numbers always have a JSON form: \(error)")
        }
    }

    /// Reads what a member answered; `nil` for what is no answer.
    package init?(octets: [UInt8]) {
        guard octets.count <= Self.maximumOctets,
            let wire = try? JSONDecoder().decode(Wire.self, from: Data(octets))
        else { return nil }
        switch (wire.granted, wire.authority, wire.refused) {
        case (let grant?, nil, nil): self = .granted(grant)
        case (nil, let handover?, nil): self = .authority(handover)
        case (nil, nil, let reason?):
            // It is shown to a person.
            self = .refused(
                reason: String(reason.prefix(500)), isTransient: wire.isTransient ?? false)
        default: return nil
        }
    }
}

extension EnrolmentAnswer: CustomReflectable {
    /// Hides the secret from dumps.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension EnrolmentAnswer.Handover: CustomReflectable {
    /// Hides the secret from dumps.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension EnrolmentAnswer.Handover: CustomStringConvertible {
    /// Tells nothing of the secret.
    package var description: String { "authority of \(document.cluster)" }
}
