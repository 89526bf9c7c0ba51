import Glibc

/// Where programs put what they have to say.
package enum StandardStreams {
    /// Standard output did not take everything.
    private struct OutputError: Error, CustomStringConvertible {
        let reason: String

        var description: String { "writing to standard output: \(reason)" }
    }

    /// Writes octets to standard output, all of them or an error.
    package static func emit(_ octets: [UInt8]) throws {
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw OutputError(reason: String(cString: strerror(errno))) }
            rest = rest.dropFirst(count)
        }
    }

    /// The same for a text.
    package static func emit(_ text: String) throws {
        try emit(Array(text.utf8))
    }

    /// Writes a message to standard error. It may quote what others sent, so line by line whatever
    /// could drive a terminal is shown as an escape.
    package static func complain(_ message: String) {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        let octets = Array((lines.map { String($0).printable }.joined(separator: "\n") + "\n").utf8)
        // There is nobody to tell where standard error is closed.
        _ = octets.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
