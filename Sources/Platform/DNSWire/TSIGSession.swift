import OpenSSL

/// Signatures of one exchange: a request, and the message or messages that answer it, each signed
/// over the one before (RFC 8945 sections 5.3 and 5.3.1).
package struct TSIGSession: Sendable {
    /// How far clocks may differ, as RFC 8945 section 10 recommends.
    package static let fudgeSeconds: UInt16 = 300

    /// The key of the exchange.
    package let key: TSIGKey
    /// The signature before this one; empty before a request.
    private(set) var lastCode: [UInt8]
    private var isFirst: Bool

    /// Goes on behind a message with this signature; `isFirst` behind a request.
    init(key: TSIGKey, after code: [UInt8], isFirst: Bool = true) {
        self.key = key
        lastCode = code
        self.isFirst = isFirst
    }

    /// What a request without an answer so far begins with.
    package init(key: TSIGKey) {
        self.init(key: key, after: [])
    }

    /// Signs the next message. A request is signed alike: there is nothing before it.
    package mutating func sign(_ message: inout [UInt8], atSeconds seconds: UInt64) {
        sign(&message, timeSeconds: seconds, error: 0, other: [])
    }

    /// Signs an answer that says that the clocks differ: it bears the client's time, for the client
    /// to verify it, and ours beside it.
    mutating func signBadTime(
        _ message: inout [UInt8], request: TSIGRecord, atSeconds seconds: UInt64
    ) {
        sign(
            &message, timeSeconds: request.timeSeconds, error: TSIGError.badTime.rawValue,
            other: TSIGRecord.time(seconds))
    }

    mutating func sign(
        _ message: inout [UInt8], timeSeconds: UInt64, error: UInt16, other: [UInt8]
    ) {
        let id = UInt16(message[0]) << 8 | UInt16(message[1])
        let unsigned = TSIGRecord(
            keyName: key.name, algorithmName: key.algorithm.wire, timeSeconds: timeSeconds,
            fudgeSeconds: Self.fudgeSeconds, code: [], originalID: id, error: error, other: other)
        let code = code(over: message, unsigned)
        TSIGRecord(
            keyName: unsigned.keyName, algorithmName: unsigned.algorithmName,
            timeSeconds: timeSeconds, fudgeSeconds: Self.fudgeSeconds, code: code,
            originalID: id, error: error, other: other
        ).append(to: &message)
        lastCode = code
        isFirst = false
    }

    /// The signature of a message without the record, which does not count it.
    func code(over message: [UInt8], _ record: TSIGRecord) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(message.count + 512)
        if !lastCode.isEmpty { octets += TSIGRecord.octets(UInt16(lastCode.count)) + lastCode }
        octets += message
        if isFirst {
            octets += record.keyName + [0, 255, 0, 0, 0, 0] + record.algorithmName
        }
        octets += record.time + TSIGRecord.octets(record.fudgeSeconds)
        if isFirst {
            octets +=
                TSIGRecord.octets(record.error) + TSIGRecord.octets(UInt16(record.other.count))
                + record.other
        }
        return MessageCode.make(over: octets, secret: key.secret, hash: key.algorithm.hash)
    }
}

/// What a request's signature comes to.
package enum TSIGVerdict: Sendable {
    /// It holds; answers are signed with the session.
    case verified(TSIGSession)
    /// The record breaks the format: FORMERR.
    case malformed
    /// It does not hold: NOTAUTH, with the record that `TSIGVerifier.refuse` adds.
    case refused(TSIGRefusal)
}

/// Why a request is refused, and what its answer is signed with.
package struct TSIGRefusal: Sendable {
    /// What is wrong.
    package let error: TSIGError
    let record: TSIGRecord
    /// `nil` where the client does not prove that it has the key: then the answer is not signed.
    fileprivate let session: TSIGSession?

    /// Completes the answer to the refused request (RFC 8945 section 5.2).
    package func sign(_ answer: inout [UInt8], atSeconds seconds: UInt64) {
        guard var session else {
            let id = UInt16(answer[0]) << 8 | UInt16(answer[1])
            TSIGRecord(
                keyName: record.keyName, algorithmName: record.algorithmName,
                timeSeconds: seconds, fudgeSeconds: TSIGSession.fudgeSeconds, code: [],
                originalID: id, error: error.rawValue, other: []
            ).append(to: &answer)
            return
        }
        switch error {
        case .badTime: session.signBadTime(&answer, request: record, atSeconds: seconds)
        case .badKey, .badSignature, .badTruncation:
            session.sign(&answer, timeSeconds: seconds, error: error.rawValue, other: [])
        }
    }
}

/// Verifies the signatures of requests (RFC 8945 section 5.2).
package enum TSIGVerifier {
    /// The least octets of a shortened signature that is looked at (RFC 8945 section 5.2.2.1).
    private static let leastCodeOctets = 10

    /// Verifies a request whose TSIG record begins at an offset.
    ///
    /// - `key`: gives the key of a name in wire form.
    package static func verify(
        _ message: Span<UInt8>, signatureOffset: Int, atSeconds seconds: UInt64,
        key: ([UInt8]) -> TSIGKey?
    ) -> TSIGVerdict {
        guard signatureOffset >= Header.sizeOctets, message.number16(at: 10) > 0,
            let record = TSIGRecord(message, at: signatureOffset)
        else { return .malformed }
        guard let key = key(record.keyName), key.algorithm.wire == record.algorithmName else {
            return .refused(TSIGRefusal(error: .badKey, record: record, session: nil))
        }
        let octets = key.algorithm.hash.octets
        guard record.code.count <= octets,
            record.code.count >= max(leastCodeOctets, octets / 2)
        else { return .malformed }
        let expected = TSIGSession(key: key).code(over: unsigned(message, record), record)
        guard MessageCode.areEqual(record.code, Array(expected.prefix(record.code.count))) else {
            return .refused(TSIGRefusal(error: .badSignature, record: record, session: nil))
        }
        let session = TSIGSession(key: key, after: record.code)
        guard isNear(record, seconds: seconds) else {
            return .refused(TSIGRefusal(error: .badTime, record: record, session: session))
        }
        guard record.code.count == octets else {
            return .refused(TSIGRefusal(error: .badTruncation, record: record, session: session))
        }
        return .verified(session)
    }

    /// The message as it was when it was signed.
    static func unsigned(_ message: Span<UInt8>, _ record: TSIGRecord) -> [UInt8] {
        var octets = (0..<record.offset).map { message[$0] }
        octets.replaceSubrange(0..<2, with: TSIGRecord.octets(record.originalID))
        octets.replaceSubrange(
            10..<12, with: TSIGRecord.octets(message.number16(at: 10) &- 1))
        return octets
    }

    static func isNear(_ record: TSIGRecord, seconds: UInt64) -> Bool {
        let distance =
            seconds > record.timeSeconds
            ? seconds - record.timeSeconds : record.timeSeconds - seconds
        return distance <= UInt64(record.fudgeSeconds)
    }
}
