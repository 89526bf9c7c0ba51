import OpenSSL

/// HTTP requests through the system's libcurl: HTTP/1.1 over TCP, TLS 1.2 or later, or a unix
/// socket. Connections are kept and used again. Redirects are answers like any other: a token must
/// not follow where a server points.
///
/// One client serves one trust, since connections and TLS sessions are shared among its requests.
package final class HTTPClient: Sendable {
    /// What a client may do. Defaults suit one API with a handful of hosts.
    package struct Settings: Sendable {
        /// Whom to believe. Read once; a changed file of authorities needs a new client.
        package var trust = HTTPTrust()
        /// Connections open at one time; further requests wait for one. Default 16.
        package var maximumConnections = 16
        /// Requests under way or waiting; one more is refused. Default 4,096.
        package var maximumRequests = 4096
        /// The environment's http_proxy and its like count. Default no.
        package var usesProxyFromEnvironment = false
        /// How long a connection may take to stand, TLS included. Default 5 s.
        package var connectTimeout: Duration = .seconds(5)

        /// The defaults.
        package init() {}
    }

    private let loop: CurlLoop

    /// Starts the client's thread. Throws if the file of authorities or a fingerprint cannot be
    /// read.
    package init(_ settings: Settings = Settings()) throws(HTTPError) {
        loop = try CurlLoop(settings: settings, verifier: settings.trust.verifier())
        try loop.start()
    }

    deinit { loop.close() }

    /// Sends a request and waits for the whole answer, at most for the request's deadline.
    /// Cancelling the task ends the exchange.
    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try await exchange(loop.nextID(), request, pipe: nil).get()
    }

    /// Sends a request and hands over the body of a successful answer in parts, as they come and
    /// no faster than they are taken. The request's deadline holds for all of it; its bound on the
    /// answer holds only for one that is not successful, which is returned with its body.
    ///
    /// - `take`: false ends the exchange, and `cancelled` is thrown.
    package func receive(
        _ request: HTTPRequest, take: ([UInt8]) async -> Bool
    ) async throws(HTTPError) -> HTTPResponse {
        let id = loop.nextID()
        let loop = loop
        let pipe = BodyPipe { loop.resume(id) }
        async let result = exchange(id, request, pipe: pipe)
        while let part = await pipe.next() {
            guard await take(part) else {
                loop.cancel(id)
                break
            }
        }
        return try await result.get()
    }

    private func exchange(
        _ id: UInt64, _ request: HTTPRequest, pipe: BodyPipe?
    ) async -> Result<HTTPResponse, HTTPError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit(
                    Submission(id: id, request: request, pipe: pipe, continuation: continuation))
            }
        } onCancel: {
            loop.cancel(id)
        }
    }
}
