import CCurl

/// What a server answered.
package struct HTTPResponse: Sendable {
    /// 100...999, as the server sent it: Proxmox answers 595 for a node that it cannot reach.
    package let status: Int
    /// The text after the status code, without white space at its ends; empty when there is none.
    /// Proxmox VE 8 puts the text of an error here and nowhere else.
    package let reason: String
    /// In the order in which they came. Names compare without regard to case.
    package let headers: [HTTPRequest.Header]
    /// At most the request's `maximumResponseOctets`.
    package let body: [UInt8]

    /// Joins the four.
    package init(status: Int, reason: String, headers: [HTTPRequest.Header], body: [UInt8]) {
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
    }

    /// The status is 200...299.
    package var isSuccess: Bool { (200...299).contains(status) }

    /// The value of the first header of this name; `nil` when there is none.
    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// When the server says it answered, by its own clock, in seconds since 1970 (RFC 9110 section
    /// 6.6.1); `nil` if it does not say.
    package var dateSeconds: Int? {
        guard let text = header("Date"), text.utf8.count <= 64 else { return nil }
        let seconds = curl_getdate(text, nil)
        return seconds < 0 ? nil : seconds
    }
}
