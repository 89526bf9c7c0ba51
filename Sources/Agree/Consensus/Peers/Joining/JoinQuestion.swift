import OpenSSL

/// What a node without certificate asks a cluster that it has a token for: a certificate and a
/// place. The proof shows that it knows the token's secret, without saying it, and is made over
/// this very connection: whoever hears it can use it nowhere else.
package struct JoinQuestion: Hashable, Sendable {
    /// Which token.
    package let token: String
    /// A request for a certificate (`CertificateRequest`), in DER form.
    package let certificateRequest: [UInt8]
    /// What else there is to say; understood by whoever answers.
    package let details: [UInt8]
    private let proof: [UInt8]

    private static let maximumTokenOctets = 64

    /// Says all of it, with a proof for the connection with this binding.
    package init(
        token: String, certificateRequest: [UInt8], details: [UInt8], secret: [UInt8],
        channelBinding: [UInt8]
    ) {
        self.token = token
        self.certificateRequest = certificateRequest
        self.details = details
        let message = Self.message(token, certificateRequest, details, channelBinding)
        proof = MessageCode.make(over: message, secret: secret)
    }

    /// As it travels: at most 16 KiB.
    package func encoded() -> [UInt8] {
        var writer = OctetWriter()
        writer.put(token)
        writer.put(certificateRequest)
        writer.put(details)
        writer.put(proof)
        return writer.octets
    }

    /// `nil` if it cannot be understood. Proves nothing yet.
    package init?(_ octets: [UInt8]) {
        var reader = OctetReader(octets)
        guard let token = try? reader.blob(), token.count <= Self.maximumTokenOctets,
            token.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let request = try? reader.blob(),
            let details = try? reader.blob(), let proof = try? reader.blob()
        else { return nil }
        self.token = String(decoding: token, as: UTF8.self)
        certificateRequest = request
        self.details = details
        self.proof = proof
    }

    /// It was made on the connection with this binding by somebody who knows the secret.
    package func isProven(by secret: [UInt8], channelBinding: [UInt8]) -> Bool {
        let message = Self.message(token, certificateRequest, details, channelBinding)
        return MessageCode.isValid(proof, over: message, secret: secret)
    }

    private static func message(
        _ token: String, _ request: [UInt8], _ details: [UInt8], _ binding: [UInt8]
    ) -> [UInt8] {
        var writer = OctetWriter()
        writer.put("pipam join 1")
        writer.put(binding)
        writer.put(token)
        writer.put(request)
        writer.put(details)
        return writer.octets
    }
}
