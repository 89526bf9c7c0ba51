import CCurl

/// libcurl's multi handle.
///
/// Unchecked: all methods but `wakeUp` run on `CurlLoop`'s thread; libcurl allows the wakeup from
/// any thread while the handle lives, which is as long as the loop does.
struct MultiHandle: ~Copyable, @unchecked Sendable {
    private let multi: UnsafeMutableRawPointer

    init(maximumConnections: Int) throws(HTTPError) {
        // Done once a process by libcurl itself, under its own lock.
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK,
            let multi = curl_multi_init()
        else { throw .invalidRequest("every request", reason: "libcurl gives no handle") }
        self.multi = multi
        _ = pipam_curl_multi_set_long(
            multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
        _ = pipam_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, maximumConnections)
    }

    deinit { curl_multi_cleanup(multi) }

    func wakeUp() {
        curl_multi_wakeup(multi)
    }

    func add(_ transfer: CurlTransfer) {
        curl_multi_add_handle(multi, transfer.easy)
    }

    func remove(_ transfer: CurlTransfer) {
        curl_multi_remove_handle(multi, transfer.easy)
    }

    func perform() {
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
    }

    func wait(milliseconds: Int32) {
        curl_multi_poll(multi, nil, 0, max(0, milliseconds), nil)
    }

    /// The id and outcome of a transfer that ended since the last call; `nil` when none did.
    func nextCompleted() -> (id: UInt64, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle
            else { continue }
            var owner: UnsafeMutableRawPointer?
            guard pipam_curl_get_pointer(easy, CURLINFO_PRIVATE, &owner) == CURLE_OK, let owner
            else { continue }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(owner).takeUnretainedValue()
            return (transfer.submission.id, message.pointee.data.result)
        }
        return nil
    }
}

/// A list of header lines as libcurl wants it.
struct HeaderLines: ~Copyable {
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    /// False if there is no memory for another line.
    mutating func append(_ line: String) -> Bool {
        guard let longer = curl_slist_append(list, line) else { return false }
        list = longer
        return true
    }

    deinit { curl_slist_free_all(list) }
}

/// Where libcurl writes what went wrong.
struct ErrorText: ~Copyable {
    private let octets: UnsafeMutablePointer<CChar>

    init() {
        octets = .allocate(capacity: Int(CURL_ERROR_SIZE))
        octets.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { octets.deallocate() }

    /// Lives as long as this value.
    var buffer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(octets) }

    /// `nil` when libcurl wrote nothing.
    var text: String? { octets.pointee == 0 ? nil : String(cString: octets) }
}

/// What libcurl itself takes a URL for: checking another reading of it would check nothing.
struct ParsedURL {
    /// `http` or `https`.
    let scheme: String
    /// A name, or a literal address without brackets.
    let host: String

    /// `nil` if libcurl would not take it, or if it holds user or password.
    init?(_ text: String) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK,
            Self.part(CURLUPART_USER, of: handle) == nil,
            let scheme = Self.part(CURLUPART_SCHEME, of: handle),
            scheme == "http" || scheme == "https",
            let host = Self.part(CURLUPART_HOST, of: handle)
        else { return nil }
        self.scheme = scheme
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

extension Duration {
    /// Whole milliseconds, rounded down, within what a timer can wait.
    var milliseconds: Int64 {
        let limit: Int64 = 1 << 40
        let (seconds, attoseconds) = components
        return min(limit, max(0, seconds)) * 1000 + max(0, attoseconds) / 1_000_000_000_000_000
    }
}
