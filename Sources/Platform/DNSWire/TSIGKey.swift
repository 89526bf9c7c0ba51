package import OpenSSL

/// How a signature is made (RFC 8945 section 6). What is weaker than SHA-256 is left out.
package enum TSIGAlgorithm: String, CaseIterable, Sendable {
    case sha256 = "hmac-sha256"
    case sha384 = "hmac-sha384"
    case sha512 = "hmac-sha512"

    /// The name in wire form.
    package var wire: [UInt8] { [UInt8(rawValue.utf8.count)] + Array(rawValue.utf8) + [0] }

    /// The hash that it stands for.
    package var hash: MessageCode.Hash {
        switch self {
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }
}

/// A secret that two servers share, under a name.
package struct TSIGKey: Hashable, Sendable {
    /// The name in wire form, letters in lower case: 1...255 octets.
    package let name: [UInt8]
    /// The only algorithm that the key is good for.
    package let algorithm: TSIGAlgorithm
    let secret: [UInt8]

    /// Joins the three. The secret has at least one octet.
    package init(name: [UInt8], algorithm: TSIGAlgorithm, secret: [UInt8]) {
        precondition(!secret.isEmpty, "a key without a secret")
        self.name = name
        self.algorithm = algorithm
        self.secret = secret
    }

    /// The most octets that a record signed with this key takes, the time of a BADTIME included.
    package var recordOctets: Int {
        name.count + 10 + algorithm.wire.count + 16 + algorithm.hash.octets
            + TSIGRecord.timeOctets
    }

    /// The octets of a record signed with this key, where it does not say that clocks differ.
    package var answerRecordOctets: Int { recordOctets - TSIGRecord.timeOctets }
}

extension TSIGKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says nothing of the secret.
    package var description: String { "(key, \(algorithm.rawValue))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why a signature is not accepted (RFC 8945 section 3), as it stands in the answer.
package enum TSIGError: UInt16, Sendable {
    /// BADSIG: made with another secret, or over another message.
    case badSignature = 16
    /// BADKEY: a key, or an algorithm of it, that is not known here.
    case badKey = 17
    /// BADTIME: made too long ago, or too far ahead.
    case badTime = 18
    /// BADTRUNC: shortened.
    case badTruncation = 22
}
