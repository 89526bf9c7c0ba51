import HTTPClient
import Inventory
import Planning

/// Speaks HTTP with one server's API, and says what its refusals mean.
struct PowerDNSClient: Sendable {
    /// The longest answer that is read: a zone of a million record sets has about 200 MB.
    static let maximumAnswerOctets = 256 << 20
    /// How much of a server's error text is kept, in characters.
    static let maximumTextLength = 300
    /// Connections at one time; PowerDNS closes each after its answer.
    static let maximumConnections = 4

    private let client: HTTPClient
    private let base: String
    private let apiKey: APIKey

    /// Throws if the URL or the trust cannot be used.
    init(_ settings: PowerDNSSettings) throws(ProviderError) {
        let url = settings.baseURL
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw ProviderError(
                .permanent, reason: "\"\(url)\" is no http:// or https:// URL",
                remedy: "correct dns.powerdns.url")
        }
        let root = url.hasSuffix("/") ? String(url.dropLast()) : url
        base = "\(root)/api/v1/servers/\(Self.escaped(settings.server))"
        apiKey = settings.apiKey
        var http = HTTPClient.Settings()
        http.trust = settings.trust
        http.maximumConnections = Self.maximumConnections
        do {
            client = try HTTPClient(http)
        } catch {
            throw ProviderError(
                .permanent, reason: "no connection to PowerDNS can be made: \(error)",
                remedy: "correct the settings of dns.powerdns")
        }
    }

    /// Sends a request; any answer, whatever its status, is a success.
    func send(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil, deadline: Duration
    ) async throws(HTTPError) -> HTTPResponse {
        var headers: [HTTPRequest.Header] = [("X-API-Key", apiKey.secret)]
        if body != nil { headers.append(("Content-Type", "application/json")) }
        return try await client.send(
            HTTPRequest(
                method, base + path, headers: headers, body: body, deadline: deadline,
                maximumResponseOctets: Self.maximumAnswerOctets))
    }

    /// Sends a request and throws for any answer that is no success.
    func demand(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil, deadline: Duration
    ) async throws(ProviderError) -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await send(method, path, body: body, deadline: deadline)
        } catch {
            throw ProviderError(error)
        }
        guard response.isSuccess else {
            throw ProviderError(response, to: "\(method.rawValue) \(shown(path))")
        }
        return response
    }

    /// The document that a GET brings.
    func get(_ path: String, deadline: Duration) async throws(ProviderError) -> JSONValue {
        let octets = try await getOctets(path, deadline: deadline)
        return try Self.document(octets, call: "GET \(shown(path))")
    }

    /// The same, not read yet.
    func getOctets(_ path: String, deadline: Duration) async throws(ProviderError) -> [UInt8] {
        try await demand(.get, path, deadline: deadline).body
    }

    /// Reads an answer. `call` is for the error's text.
    static func document(_ octets: [UInt8], call: String) throws(ProviderError) -> JSONValue {
        do {
            return try JSONValue(parsing: octets)
        } catch {
            throw ProviderError(malformed: call, at: "\(error)")
        }
    }

    /// Where a path leads, without its query, for messages.
    private func shown(_ path: String) -> String { base + path.prefix { $0 != "?" } }

    /// The answers to several GETs, in their order, some at a time.
    func getAll(
        _ paths: [String], deadline: Duration
    ) async throws(ProviderError) -> [[UInt8]] {
        let results = await withTaskGroup(of: (Int, Result<[UInt8], ProviderError>).self) {
            group in
            var results: [Int: Result<[UInt8], ProviderError>] = [:]
            for (index, path) in paths.enumerated() {
                if index >= Self.maximumConnections, let (index, result) = await group.next() {
                    results[index] = result
                    if case .failure = result { break }
                }
                group.addTask { (index, await result(of: path, deadline: deadline)) }
            }
            for await (index, result) in group { results[index] = result }
            return results
        }
        var answers: [[UInt8]] = []
        for index in paths.indices {
            // What comes after a failure may not have been asked for.
            if let result = results[index] { answers.append(try result.get()) }
        }
        return answers
    }

    private func result(
        of path: String, deadline: Duration
    ) async -> Result<[UInt8], ProviderError> {
        do {
            return .success(try await getOctets(path, deadline: deadline))
        } catch {
            return .failure(error)
        }
    }

    /// A text as part of a path or query (RFC 3986 section 2.1). The "=" in a zone's id stays.
    static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var octets: [UInt8] = []
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "="):
                octets.append(octet)
            default:
                octets += [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// What the server says of an error: `error` of a JSON object, else the body or the reason
    /// phrase. One line, bounded.
    static func text(of response: HTTPResponse) -> String {
        // An error's body that is no JSON is plain text.
        let document = try? JSONValue(parsing: response.body)
        let text =
            document?["error"]?.text ?? String(decoding: response.body.prefix(4096), as: UTF8.self)
        let line = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
            .reduce(into: "") { $0.unicodeScalars.append($1) }
        return line.isEmpty ? response.reason : String(line.prefix(maximumTextLength))
    }
}

extension ProviderError {
    /// No answer came.
    init(_ error: HTTPError) {
        switch error {
        case .unreachable, .timedOut, .broken, .busy:
            self.init(
                .transient, reason: "PowerDNS does not answer: \(error)",
                remedy: "check that its API runs and that dns.powerdns.url leads to it")
        case .untrusted:
            self.init(
                .permanent, reason: "PowerDNS is not believed: \(error)",
                remedy: "trust its authority or pin its fingerprint under dns.powerdns")
        case .tooLarge, .invalidRequest:
            self.init(
                .permanent, reason: "PowerDNS cannot be asked: \(error)",
                remedy: "check dns.powerdns.url")
        case .cancelled:
            self.init(.cancelled, reason: "\(error)", remedy: "")
        }
    }

    /// An answer that is no success. `call` is method and path.
    init(_ response: HTTPResponse, to call: String) {
        let reason = "\(call): \(response.status) \(PowerDNSClient.text(of: response))"
        switch response.status {
        case 401, 403:
            self.init(
                .permanent, reason: "PowerDNS refuses the key: \(reason)",
                remedy: "set dns.powerdns.api_key to the server's api-key, and allow this host in "
                    + "its webserver-allow-from")
        case 404:
            self.init(
                .permanent, reason: "PowerDNS does not have what was asked for: \(reason)",
                remedy: "create the zone again, or take it out of dns.zones; if no zone is found, "
                    + "check dns.powerdns.url")
        case 409:
            self.init(
                .transient, reason: "somebody else created it meanwhile: \(reason)", remedy: "")
        case 300...399:
            self.init(
                .permanent, reason: "PowerDNS is somewhere else: \(reason)",
                remedy: "correct dns.powerdns.url")
        case 500...:
            self.init(
                .transient, reason: "PowerDNS failed: \(reason)", remedy: "see the server's log")
        default:
            self.init(
                .permanent, reason: "PowerDNS refuses: \(reason)", remedy: "see the server's log")
        }
    }

    /// An answer of another form than the API documents. `place` is where in the document.
    init(malformed call: String, at place: String) {
        self.init(
            .permanent, reason: "\(call): not understood: \(place)",
            remedy: "check that dns.powerdns.url leads to PowerDNS's own API")
    }
}
