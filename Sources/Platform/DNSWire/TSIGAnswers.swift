import OpenSSL

/// Why what came back is not believed (RFC 8945 section 5.3).
package enum TSIGFailure: Error, Hashable, Sendable {
    /// It bears no signature, or too many messages of a stream do not.
    case missing
    /// It is signed with another key or algorithm, or the record breaks the format.
    case foreign
    /// It was made with another secret, or over another message.
    case wrong
    /// The clocks differ by more than they may, by what the message says.
    case tooLate
    /// The server did not accept ours, with this error of `TSIGError` or another one.
    case refused(UInt16)
}

/// Verifies what answers a signed request: a message, or the many of a transfer, of which some may
/// bear no signature (RFC 8945 sections 5.3 and 5.3.1).
package struct TSIGAnswers: Sendable {
    /// The most messages in a row without a signature (RFC 8945 section 5.3.1).
    package static let maximumUnsigned = 99

    private let key: TSIGKey
    private var session: TSIGSession
    private var isFirst = true
    /// Messages since the last signature.
    private var unsigned: [UInt8] = []
    private var unsignedCount = 0

    /// Every message so far is covered by a signature.
    package var isComplete: Bool { !isFirst && unsignedCount == 0 }

    /// What answers the request that the session signed last.
    package init(to request: TSIGSession) {
        key = request.key
        session = TSIGSession(key: request.key, after: request.lastCode)
    }

    /// Takes the next message. It may be believed once `isComplete` says so.
    ///
    /// - `signatureOffset`: where the TSIG record begins, which is the last one of the message.
    package mutating func take(
        _ message: Span<UInt8>, signatureOffset: Int?, atSeconds seconds: UInt64
    ) throws(TSIGFailure) {
        guard let signatureOffset else { return try takeUnsigned(message) }
        guard let record = TSIGRecord(message, at: signatureOffset) else { throw .foreign }
        guard record.error == 0 else { throw .refused(record.error) }
        guard record.keyName == key.name, record.algorithmName == key.algorithm.wire else {
            throw .foreign
        }
        let expected = session.code(
            over: unsigned + TSIGVerifier.unsigned(message, record), record)
        guard MessageCode.areEqual(record.code, expected) else { throw .wrong }
        guard TSIGVerifier.isNear(record, seconds: seconds) else { throw .tooLate }
        session = TSIGSession(key: key, after: record.code, isFirst: false)
        (unsigned, unsignedCount, isFirst) = ([], 0, false)
    }

    private mutating func takeUnsigned(_ message: Span<UInt8>) throws(TSIGFailure) {
        guard !isFirst, unsignedCount < Self.maximumUnsigned else { throw .missing }
        unsigned.reserveCapacity(unsigned.count + message.count)
        for index in 0..<message.count { unsigned.append(message[index]) }
        unsignedCount += 1
    }
}

extension TSIGSession {
    /// A message answers the request that was signed last; the signature is its last record.
    package func verifiesAnswer(
        _ message: Span<UInt8>, signatureOffset: Int, atSeconds seconds: UInt64
    ) -> Bool {
        var answers = TSIGAnswers(to: self)
        do {
            try answers.take(message, signatureOffset: signatureOffset, atSeconds: seconds)
            return true
        } catch {
            return false
        }
    }
}
