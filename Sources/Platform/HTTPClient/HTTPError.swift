/// Why a request brought no answer. The first value of each case is the request, as method and URL
/// without query. A status of 400 and above is an answer, not an error.
package enum HTTPError: Error, Hashable, Sendable {
    /// The request cannot be sent as it stands, or the client cannot be made.
    case invalidRequest(String, reason: String)
    /// No connection: the name is unknown, nothing listens, the network is gone.
    case unreachable(String, reason: String)
    /// No complete answer within the deadline.
    case timedOut(String, after: Duration)
    /// The server is not who was asked for. The fingerprint is that of the certificate that it
    /// showed, `AA:BB:...`, so that an operator can compare and pin it; `nil` when it showed none.
    case untrusted(String, reason: String, fingerprint: String?)
    /// The answer is longer than the request allows.
    case tooLarge(String, limitOctets: Int)
    /// The connection broke, or what came is not HTTP.
    case broken(String, reason: String)
    /// Too many requests wait already.
    case busy(String, limit: Int)
    /// The task was cancelled, or the client was closed.
    case cancelled(String)

    /// The same request may succeed when it is sent again.
    package var isTransient: Bool {
        switch self {
        case .unreachable, .timedOut, .broken, .busy: true
        case .invalidRequest, .untrusted, .tooLarge, .cancelled: false
        }
    }
}

extension HTTPError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidRequest(let request, let reason):
            "\(request) cannot be sent: \(reason)"
        case .unreachable(let request, let reason):
            "\(request): no connection: \(reason)"
        case .timedOut(let request, let deadline):
            "\(request): no answer within \(deadline)"
        case .untrusted(let request, let reason, let fingerprint?):
            "\(request): the server's certificate is refused: \(reason); if it is the right "
                + "server, trust its authority or pin the fingerprint \(fingerprint)"
        case .untrusted(let request, let reason, nil):
            "\(request): the server's certificate is refused: \(reason)"
        case .tooLarge(let request, let limit):
            "\(request): the answer is longer than \(limit) octets"
        case .broken(let request, let reason):
            "\(request): the exchange broke: \(reason)"
        case .busy(let request, let limit):
            "\(request): \(limit) requests wait already"
        case .cancelled(let request):
            "\(request) was cancelled"
        }
    }
}
