/// The status line and headers of an answer, line by line as libcurl hands them over.
struct ReceivedHead {
    /// `nil` before the first status line.
    private(set) var status: Int?
    /// The text after the status code.
    private(set) var reason = ""
    /// The headers of the last answer: an interim one (status 1xx) is followed by another.
    private(set) var headers: [HTTPRequest.Header] = []
    private var octets = 0

    /// The status is 200...299.
    var isSuccess: Bool { status.map((200...299).contains) == true }

    /// All header lines of an exchange together, interim answers included.
    static let maximumOctets = 64 << 10

    /// False if there are more headers than allowed.
    mutating func take(line: String) -> Bool {
        octets += line.utf8.count
        guard octets <= Self.maximumOctets else { return false }
        let text = line.trimmed
        if text.hasPrefix("HTTP/") {
            let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            status = parts.count > 1 ? Int(parts[1]) : nil
            reason = parts.count > 2 ? parts[2].trimmed : ""
            headers = []
        } else if let colon = text.firstIndex(of: ":") {
            let value = text[text.index(after: colon)...]
            headers.append((text[..<colon].trimmed, value.trimmed))
        }
        return true
    }
}

extension StringProtocol {
    /// Without white space at either end. Works on octets: "\r\n" is one character to Swift.
    fileprivate var trimmed: String {
        let isSpace = { (octet: UInt8) in octet == 0x20 || (0x09...0x0D).contains(octet) }
        let tail = utf8.drop(while: isSpace)
        let spaces = tail.reversed().prefix(while: isSpace).count
        return String(decoding: tail.dropLast(spaces), as: UTF8.self)
    }
}
