import ClusterState
import Control
import Inventory
package import OpenSSL

/// What a host that holds a token asks for. Sent by somebody who has shown no certificate, so every
/// length is bounded, and nothing is believed before the seal was checked.
package struct AdmissionRequest: Equatable, Sendable {
    /// The longest one, in octets.
    package static let maximumOctets = 12_288

    /// Of the token.
    package let tokenIdentifier: [UInt8]
    /// The number that the new replica has drawn.
    package let replica: ReplicaNumber
    /// The name of the host.
    package let name: String
    /// What it wants to do.
    package let role: Configuration.Cluster.Role
    /// Where it is reached; 1...8.
    package let addresses: [MemberAddress]
    /// The version of its program.
    package let program: String
    /// Names the node and proves that it holds its key.
    package let request: CertificateRequest
    /// The node and the cluster that the request names.
    package let uri: MemberURI
    private let seal: [UInt8]

    private static let version: UInt8 = 1
    private static let sealOctets = 32

    /// Asks, and seals that with the token.
    package init(
        token: JoinToken, identity: NodeIdentity, key: PrivateKey, name: String,
        role: Configuration.Cluster.Role, addresses: [MemberAddress],
        program: String = PipamVersion.text
    ) throws(EnrolmentError) {
        tokenIdentifier = token.identifier
        replica = identity.replica
        self.name = name
        self.role = role
        self.addresses = addresses
        self.program = program
        uri = MemberURI(cluster: token.cluster, node: identity.node)
        do {
            request = try CertificateRequest(key: key, uri: uri.text)
        } catch {
            throw .cryptography(error)
        }
        seal = MessageCode.make(
            over: Self.content(
                token.identifier, identity.replica, name, role, addresses, program, request),
            secret: token.sealingKey)
    }

    /// Whoever made the request holds the token.
    func isSealed(by key: [UInt8]) -> Bool {
        let content = Self.content(
            tokenIdentifier, replica, name, role, addresses, program, request)
        return MessageCode.isValid(seal, over: content, secret: key)
    }

    /// The bytes to send.
    package var octets: [UInt8] {
        Self.content(tokenIdentifier, replica, name, role, addresses, program, request) + seal
    }

    /// Reads what somebody sent; `nil` unless every field is in its bounds and nothing follows.
    package init?(octets: [UInt8]) {
        guard octets.count <= Self.maximumOctets else { return nil }
        var reader = FieldReader(octets)
        guard reader.number(UInt8.self) == Self.version,
            let identifier = reader.octets(JoinToken.identifierOctets),
            let replica = reader.number(UInt64.self).flatMap(ReplicaNumber.init),
            let name = reader.text(maximumOctets: 63), NodeName.isValid(name),
            let role = reader.text(maximumOctets: 16).flatMap(
                Configuration.Cluster.Role.init(rawValue:)),
            let count = reader.number(UInt8.self),
            (1...MemberAddress.maximumCount).contains(Int(count))
        else { return nil }
        var addresses: [MemberAddress] = []
        for _ in 0..<count {
            guard let text = reader.text(maximumOctets: 261), let address = MemberAddress(text),
                address.text == text
            else { return nil }
            addresses.append(address)
        }
        guard let program = reader.text(maximumOctets: 64),
            let der = reader.field(maximumOctets: CertificateRequest.maximumOctets),
            let seal = reader.octets(Self.sealOctets), reader.isAtEnd,
            let request = try? CertificateRequest(der: der), let uri = MemberURI(request.uri)
        else { return nil }
        tokenIdentifier = identifier
        self.replica = replica
        self.name = name
        self.role = role
        self.addresses = addresses
        self.program = program
        self.request = request
        self.uri = uri
        self.seal = seal
    }

    private static func content(
        _ identifier: [UInt8], _ replica: ReplicaNumber, _ name: String,
        _ role: Configuration.Cluster.Role, _ addresses: [MemberAddress], _ program: String,
        _ request: CertificateRequest
    ) -> [UInt8] {
        var writer = FieldWriter()
        writer.number(replica.number)
        writer.field(name.utf8)
        writer.field(role.rawValue.utf8)
        writer.number(UInt8(addresses.count))
        addresses.forEach { writer.field($0.text.utf8) }
        writer.field(program.utf8)
        writer.field(request.der)
        return [version] + identifier + writer.octets
    }
}
