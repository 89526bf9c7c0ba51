import ArgumentParser
import Glibc

/// Standard output did not take everything.
private struct OutputError: Error, CustomStringConvertible {
    let reason: String

    var description: String { "writing to standard output: \(reason)" }
}

/// Writes a text to standard output, all of it or an error.
func emit(_ text: String) throws {
    try emit(Array(text.utf8))
}

/// The same for octets.
func emit(_ octets: [UInt8]) throws {
    var rest = octets[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw OutputError(reason: String(cString: strerror(errno))) }
        rest = rest.dropFirst(count)
    }
}

/// Something was done, and something needs a person.
let attention = ExitCode(2)

/// Runs a verb; an error is told in its own words, and the exit status is 1.
func failing(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let status as ExitCode {
        throw status
    } catch {
        complain("pipam: \(error)")
        throw ExitCode.failure
    }
}

/// Writes one line to standard error.
func complain(_ line: String) {
    _ = (line + "\n").utf8.withContiguousStorageIfAvailable {
        write(STDERR_FILENO, $0.baseAddress, $0.count)
    }
}
