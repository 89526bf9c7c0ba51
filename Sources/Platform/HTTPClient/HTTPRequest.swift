/// One HTTP request. Its headers and body may hold secrets, so it prints as method and URL only.
package struct HTTPRequest: Sendable {
    /// What to do with the resource.
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// A header line. Names compare without regard to case.
    package typealias Header = (name: String, value: String)

    /// What to do.
    package var method: Method
    /// An absolute `http` or `https` URL without user and password.
    package var url: String
    /// In the order in which they are sent.
    package var headers: [Header]
    /// What is sent; `nil` sends no body.
    package var body: [UInt8]?
    /// From the call to the last octet of the answer, the wait for a free connection included.
    package var deadline: Duration
    /// The longest answer that is read.
    package var maximumResponseOctets: Int
    /// The path of a unix socket to connect to instead of the URL's host.
    package var unixSocket: String?

    /// 30 seconds.
    package static let defaultDeadline: Duration = .seconds(30)
    /// 32 MiB.
    package static let defaultMaximumResponseOctets = 32 << 20

    /// A request with the defaults for everything that is not given.
    package init(
        _ method: Method, _ url: String, headers: [Header] = [], body: [UInt8]? = nil,
        deadline: Duration = defaultDeadline,
        maximumResponseOctets: Int = defaultMaximumResponseOctets, unixSocket: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadline = deadline
        self.maximumResponseOctets = maximumResponseOctets
        self.unixSocket = unixSocket
    }
}

extension HTTPRequest: CustomStringConvertible {
    /// Method and URL without query, which may hold secrets.
    package var description: String {
        let end = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        return "\(method.rawValue) \(url[..<end])"
    }
}

extension HTTPRequest: CustomDebugStringConvertible {
    package var debugDescription: String { description }
}
