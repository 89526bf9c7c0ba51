import HTTPTypes
import Hummingbird
import NIOCore

/// What an error looks like on the wire.
private struct ErrorMessage: Encodable {
    let error: String
    let remedy: String
    /// Only with status 410.
    let oldest: UInt64?
}

extension ControlError {
    /// The status code that says it.
    var status: Int {
        switch self {
        case .invalid: 400
        case .notPermitted: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict, .addressConflict: 409
        case .gone: 410
        case .tooLarge: 413
        case .unavailable: 503
        case .unknownOutcome: 504
        case .noAgent, .cannotListen, .broken: 500
        }
    }

    /// One line of JSON.
    var octets: [UInt8] {
        var oldest: UInt64?
        if case .gone(_, _, let index) = self { oldest = index }
        let message = ErrorMessage(error: problem, remedy: remedy, oldest: oldest)
        do {
            return try JSONText.encode(message)
        } catch {
            preconditionFailure("texts and a number are no JSON: \(error)")
        }
    }
}

extension Response {
    /// A whole answer.
    init(_ octets: [UInt8], type: String, status: Int = 200) {
        self.init(
            status: .init(code: status), headers: [.contentType: type],
            body: .init(byteBuffer: ByteBuffer(bytes: octets)))
    }

    /// An error as its answer.
    init(_ error: ControlError) {
        self.init(error.octets, type: "application/json", status: error.status)
    }
}
