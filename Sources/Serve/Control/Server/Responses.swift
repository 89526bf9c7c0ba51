import HTTPTypes
import Hummingbird
import NIOCore

/// What an error looks like on the wire.
private struct ErrorMessage: Encodable {
    let code: String
    let error: String
    let remedy: String
    /// Only with status 410.
    let oldest: UInt64?
    /// Only with the code "address_conflict".
    let reason: AddressConflict.Reason?
    let holder: String?
}

extension ControlError {
    /// What programs tell errors by; stable.
    enum Code: String, CaseIterable {
        case invalid
        case notPermitted = "not_permitted"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case conflict
        case addressConflict = "address_conflict"
        case gone
        case tooLarge = "too_large"
        case unavailable
        case unknownOutcome = "unknown_outcome"
        case broken
    }

    /// The code that says it.
    var code: Code {
        switch self {
        case .invalid: .invalid
        case .notPermitted: .notPermitted
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict: .conflict
        case .addressConflict: .addressConflict
        case .gone: .gone
        case .tooLarge: .tooLarge
        case .unavailable: .unavailable
        case .unknownOutcome: .unknownOutcome
        case .noAgent, .cannotListen, .broken: .broken
        }
    }

    /// The status code that says it.
    var status: Int {
        switch code {
        case .invalid: 400
        case .notPermitted: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict, .addressConflict: 409
        case .gone: 410
        case .tooLarge: 413
        case .unavailable: 503
        case .unknownOutcome: 504
        case .broken: 500
        }
    }

    /// One line of JSON.
    var octets: [UInt8] {
        var oldest: UInt64?
        if case .gone(_, _, let index) = self { oldest = index }
        var conflict: AddressConflict?
        if case .addressConflict(_, _, let details) = self { conflict = details }
        let message = ErrorMessage(
            code: code.rawValue, error: problem, remedy: remedy, oldest: oldest,
            reason: conflict?.reason, holder: conflict?.holder)
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
