import Glibc
import HTTPClient
import Synchronization

/// Asks the API's hosts: the first until it fails, then the next.
final class ProxmoxAPI: Sendable {
    private let settings: ProxmoxSettings
    private let client: HTTPClient
    /// The index of the base URL in use.
    private let current = Mutex(0)
    /// By how many seconds the clock of the host that answered last is ahead of ours.
    private let offsetSeconds = Mutex<Int?>(nil)

    init(_ settings: ProxmoxSettings) throws(ProxmoxError) {
        guard !settings.baseURLs.isEmpty else {
            throw .unusableSettings(reason: "no URL of a Proxmox host is given")
        }
        for url in settings.baseURLs where !url.hasPrefix("https://") && !url.hasPrefix("http://") {
            throw .unusableSettings(reason: "\"\(url)\" is no https:// URL")
        }
        self.settings = settings
        var http = HTTPClient.Settings()
        http.trust = settings.trust
        http.maximumConnections = settings.maximumCalls + settings.maximumAgentCalls
        do {
            client = try HTTPClient(http)
        } catch {
            throw .unusableSettings(reason: "\(error)")
        }
    }

    /// The value of `data` in the answer.
    func get(_ call: Call) async -> Result<JSONValue, ProxmoxError> {
        await response(to: call).flatMap { read($0, to: call) }
    }

    /// The value of `data` in an answer that is there already.
    func read(_ response: HTTPResponse, to call: Call) -> Result<JSONValue, ProxmoxError> {
        Answer.read(response, to: call, token: settings.token.id)
    }

    /// The answer as it came, also one that is no success. A host that cannot be reached is tried
    /// again and then the next one; an answer, whatever it says, is final.
    func response(to call: Call) async -> Result<HTTPResponse, ProxmoxError> {
        var last: HTTPError?
        for attempt in 0..<max(1, settings.attempts, settings.baseURLs.count) {
            let pause = RetryPolicy.pause(
                before: attempt, base: settings.retryDelay, random: .random(in: 0..<1))
            do { try await Task.sleep(for: pause) } catch { return .failure(.cancelled) }
            let index = current.withLock { $0 }
            do {
                let response = try await client.send(request(call, settings.baseURLs[index]))
                compareClocks(response)
                return .success(response)
            } catch {
                if let final = finalError(error, call) { return .failure(final) }
                last = error
                moveOn(from: index)
            }
        }
        return .failure(.unreachable(reason: last.map { "\($0)" } ?? "not asked"))
    }

    /// By how many seconds the clock of the API's host is ahead of ours; `nil` before it told.
    var clockOffsetSeconds: Int? { offsetSeconds.withLock { $0 } }

    private func compareClocks(_ response: HTTPResponse) {
        guard let theirs = response.dateSeconds else { return }
        offsetSeconds.withLock { $0 = theirs - time(nil) }
    }

    private func request(_ call: Call, _ baseURL: String) -> HTTPRequest {
        let base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        let token = "PVEAPIToken=\(settings.token.id)=\(settings.token.secret)"
        return HTTPRequest(
            .get, "\(base)/api2/json\(call.path)", headers: [("Authorization", token)],
            deadline: call.isAgent ? settings.agentCallTimeout : settings.callTimeout,
            maximumResponseOctets: call.maximumOctets)
    }

    /// What no other host would answer differently; `nil` when the next one may.
    private func finalError(_ error: HTTPError, _ call: Call) -> ProxmoxError? {
        switch error {
        case .unreachable, .broken, .busy: nil
        // A slow node is slow through every host; a host that hangs is left.
        case .timedOut(_, let deadline):
            call.node == nil ? nil : .timedOut(call: call.path, after: deadline)
        case .untrusted(_, let reason, let fingerprint):
            .untrusted(reason: reason, fingerprint: fingerprint)
        case .tooLarge(_, let limit):
            .malformed(call: call.path, reason: "longer than \(limit) octets")
        case .invalidRequest(_, let reason): .unusableSettings(reason: reason)
        case .cancelled: .cancelled
        }
    }

    private func moveOn(from index: Int) {
        current.withLock { current in
            // Calls that failed together move on once.
            guard current == index else { return }
            current = (index + 1) % settings.baseURLs.count
        }
    }
}

/// When a call is tried again.
enum RetryPolicy {
    /// The pause before try number `attempt`, counted from 0: none before the first, then `base`
    /// doubled each time, by half more or less as `random` (0..<1) has it.
    static func pause(before attempt: Int, base: Duration, random: Double) -> Duration {
        guard attempt > 0 else { return .zero }
        return base * (1 << min(attempt - 1, 10)) * (0.5 + random)
    }
}
