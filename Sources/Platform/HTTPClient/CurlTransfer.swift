import CCurl
import OpenSSL

/// One exchange: the easy handle, and what came in so far. Lives on `CurlLoop`'s thread.
final class CurlTransfer {
    /// Who waits for it.
    let submission: Submission
    /// The request as errors name it.
    let subject: String
    /// When it ends without an answer.
    let dueBy: ContinuousClock.Instant
    /// libcurl's handle, freed with this object.
    let easy: UnsafeMutableRawPointer

    private var lines = HeaderLines()
    private let verification: PeerVerification
    private var received = ReceivedHead()
    private var body: [UInt8] = []
    private var isTooLarge = false
    private let errorText = ErrorText()

    /// Prepares the exchange; throws if the request cannot be sent as it stands.
    init(
        _ submission: Submission, settings: HTTPClient.Settings, verifier: PeerVerifier
    ) throws(HTTPError) {
        let request = submission.request
        let subject = "\(request)"
        guard let url = ParsedURL(request.url) else {
            throw .invalidRequest(subject, reason: "not an http or https URL without user")
        }
        guard let easy = curl_easy_init() else {
            throw .invalidRequest(subject, reason: "libcurl gives no handle")
        }
        self.submission = submission
        self.subject = subject
        self.easy = easy
        dueBy = .now + request.deadline
        verification = PeerVerification(verifier: verifier, host: url.host)
        try prepare(settings)
    }

    deinit { curl_easy_cleanup(easy) }

    /// Hands over again what the reader of the body had no room for.
    func resume() {
        // What fails here ends the transfer, and is told there.
        curl_easy_pause(easy, CURLPAUSE_CONT)
    }

    /// The answer, or why there is none, once libcurl ended with `code`.
    func result(of code: CURLcode) -> Result<HTTPResponse, HTTPError> {
        guard code == CURLE_OK else { return .failure(error(for: code)) }
        guard let status = received.status else {
            return .failure(.broken(subject, reason: "no status line"))
        }
        return .success(
            HTTPResponse(
                status: status, reason: received.reason, headers: received.headers, body: body))
    }

    private func error(for code: CURLcode) -> HTTPError {
        if let refusal = verification.refusal {
            let fingerprint = refusal.fingerprint.map { "\($0)" }
            return .untrusted(subject, reason: refusal.reason, fingerprint: fingerprint)
        }
        if isTooLarge {
            return .tooLarge(subject, limitOctets: submission.request.maximumResponseOctets)
        }
        let reason = errorText.text ?? String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
            return .unreachable(subject, reason: reason)
        case CURLE_OPERATION_TIMEDOUT:
            // The only timer that libcurl is given is that of the connection.
            return .unreachable(subject, reason: reason)
        default:
            return .broken(subject, reason: reason)
        }
    }
}

// MARK: What libcurl calls back with

extension CurlTransfer {
    /// What libcurl wants to hear: all octets, "later", or anything else to end the exchange.
    fileprivate func take(bodyPart part: UnsafeRawBufferPointer) -> Int {
        if let pipe = submission.pipe, received.isSuccess {
            return pipe.offer(part) ? part.count : Int(CURL_WRITEFUNC_PAUSE)
        }
        guard body.count + part.count <= submission.request.maximumResponseOctets else {
            isTooLarge = true
            return -1
        }
        body.append(contentsOf: part)
        return part.count
    }

    /// False ends the exchange.
    fileprivate func take(headerLine line: UnsafeRawBufferPointer) -> Bool {
        guard received.take(line: String(decoding: line, as: UTF8.self)) else {
            isTooLarge = true
            return false
        }
        return true
    }

    fileprivate func take(tlsContext context: UnsafeMutableRawPointer) -> Bool {
        verification.install(in: context)
    }

    fileprivate static func from(_ pointer: UnsafeMutableRawPointer?) -> CurlTransfer? {
        guard let pointer else { return nil }
        return Unmanaged<CurlTransfer>.fromOpaque(pointer).takeUnretainedValue()
    }
}

// MARK: Options

extension CurlTransfer {
    private func prepare(_ settings: HTTPClient.Settings) throws(HTTPError) {
        try prepareConnection(settings)
        try prepareCallbacks()
        try prepareHeaders()
        try prepareBody()
    }

    private func prepareConnection(_ settings: HTTPClient.Settings) throws(HTTPError) {
        let request = submission.request
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(settings.connectTimeout.milliseconds))
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        if !settings.usesProxyFromEnvironment { try set(CURLOPT_PROXY, "") }
        if let path = request.unixSocket { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        // `PeerVerification` judges chain, names and pins together; libcurl's own checks would
        // refuse a pinned certificate for its names.
        try set(CURLOPT_SSL_VERIFYPEER, 0)
        try set(CURLOPT_SSL_VERIFYHOST, 0)
    }

    private func prepareCallbacks() throws(HTTPError) {
        let owner = Unmanaged.passUnretained(self).toOpaque()
        try set(CURLOPT_PRIVATE, owner)
        try set(CURLOPT_ERRORBUFFER, errorText.buffer)
        try set(CURLOPT_WRITEDATA, owner)
        try set(CURLOPT_HEADERDATA, owner)
        try set(CURLOPT_SSL_CTX_DATA, owner)
        try check(pipam_curl_set_sink(easy, CURLOPT_WRITEFUNCTION, takeBodyPart))
        try check(pipam_curl_set_sink(easy, CURLOPT_HEADERFUNCTION, takeHeaderLine))
        try check(pipam_curl_set_tls_hook(easy, takeTLSContext))
    }

    private func prepareHeaders() throws(HTTPError) {
        // An empty Expect keeps libcurl from waiting a second for "100 Continue".
        for header in submission.request.headers + [("Expect", "")] {
            guard Self.isLegal(header) else {
                throw .invalidRequest(subject, reason: "header \(header.name) has a control octet")
            }
            let isEmpty = header.value.isEmpty
            guard lines.append(isEmpty ? "\(header.name):" : "\(header.name): \(header.value)")
            else { throw .invalidRequest(subject, reason: "no memory for its headers") }
        }
        try check(pipam_curl_set_pointer(easy, CURLOPT_HTTPHEADER, lines.list))
    }

    private func prepareBody() throws(HTTPError) {
        let request = submission.request
        switch request.method {
        case .head: try set(CURLOPT_NOBODY, 1)
        case .get, .post, .put, .patch, .delete:
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        guard let body = request.body else { return }
        try check(
            pipam_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        let status = body.withUnsafeBytes {
            pipam_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress)
        }
        try check(status)
    }

    private static func isLegal(_ header: HTTPRequest.Header) -> Bool {
        let isLegalName = header.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
        return isLegalName && !header.name.isEmpty
            && header.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    private func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
        try check(pipam_curl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(HTTPError) {
        try check(pipam_curl_set_text(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(HTTPError) {
        try check(pipam_curl_set_pointer(easy, option, value))
    }

    private func check(_ code: CURLcode) throws(HTTPError) {
        guard code != CURLE_OK else { return }
        throw .invalidRequest(subject, reason: String(cString: curl_easy_strerror(code)))
    }
}

private func takeBodyPart(
    part: UnsafeMutablePointer<CChar>?, size: Int, count: Int, owner: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = CurlTransfer.from(owner) else { return 0 }
    let octets = UnsafeRawBufferPointer(start: part, count: size * count)
    return transfer.take(bodyPart: octets)
}

private func takeHeaderLine(
    line: UnsafeMutablePointer<CChar>?, size: Int, count: Int, owner: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = CurlTransfer.from(owner) else { return 0 }
    let octets = UnsafeRawBufferPointer(start: line, count: size * count)
    return transfer.take(headerLine: octets) ? octets.count : 0
}

private func takeTLSContext(
    easy: UnsafeMutableRawPointer?, context: UnsafeMutableRawPointer?,
    owner: UnsafeMutableRawPointer?
) -> CURLcode {
    guard let transfer = CurlTransfer.from(owner), let context,
        transfer.take(tlsContext: context)
    else { return CURLE_SSL_CERTPROBLEM }
    return CURLE_OK
}
