import Foundation
import Glibc
import Nameserver
import Synchronization
import TestServers
import Testing

/// A directory for sockets and files that goes with it; short, since a socket's path has little
/// room.
final class DnstapPlace: Sendable {
    let path: String

    init() throws {
        path = "/tmp/pipam-tap-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var socket: String { "\(path)/s" }

    /// Starts a reader at the socket, writing to a file of that name.
    func reader(_ name: String = "frames") async throws -> DnstapReader {
        try await DnstapReader(socket: socket, file: "\(path)/\(name)")
    }
}

/// `fstrm_capture`, a reader of others' making.
struct DnstapReader {
    private let process = Process()
    private let file: String
    private let socket: String

    /// Starts a program that hears signals: threads of ours block most of them, which is inherited.
    private static let unblocked = """
        import os, signal, sys
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvp(sys.argv[1], sys.argv[1:])
        """

    fileprivate init(socket: String, file: String) async throws {
        (self.socket, self.file) = (socket, file)
        // What one before it left behind.
        try? FileManager.default.removeItem(atPath: socket)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", "-c", Self.unblocked, "fstrm_capture"]
            + ["-t", "protobuf:dnstap.Dnstap", "-u", socket, "-w", file]
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await eventually { FileManager.default.fileExists(atPath: socket) }
    }

    /// Stops it for a while, and lets it go on.
    func suspend() { Glibc.kill(process.processIdentifier, SIGSTOP) }
    func resume() { Glibc.kill(process.processIdentifier, SIGCONT) }

    /// Kills it.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Ends it; it writes what it has.
    func end() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Ends it and gives what it wrote: a line for each message.
    func lines() throws -> [TapLine] {
        end()
        return try print().split(separator: "\n").compactMap(TapLine.init)
    }

    /// A document for each message.
    func documents() throws -> [String] {
        end()
        return try print("-y").components(separatedBy: "\n---").map { $0 + "\n" }
    }

    private func print(_ words: String...) throws -> String {
        let outcome = try Command.outcome("dnstap-read", words + [file])
        try #require(outcome.status == 0, "\(outcome)")
        return outcome.output
    }
}

/// A message as `dnstap-read` prints it:
/// `23-Nov-2026 00:20:00.000 AQ 127.0.0.1:4711 -> 127.0.0.1:53 UDP 41b www.example.com/IN/A`
struct TapLine: Equatable {
    /// `AQ` or `AR`.
    let kind: String
    /// The client's and the server's end.
    let client: String
    let server: String
    let transport: String
    let octets: Int
    let question: String

    init?(_ line: Substring) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 9, let octets = Int(words[7].dropLast()) else { return nil }
        kind = words[2]
        // Whichever way the arrow points.
        (client, server) = (words[3], words[5])
        transport = words[6]
        self.octets = octets
        question = words[8]
    }
}

/// Waits up to a minute until something holds.
func eventually(
    sourceLocation: SourceLocation = #_sourceLocation, _ holds: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !holds() {
        try #require(ContinuousClock.now < deadline, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Something at the socket that is no reader of dnstap.
final class ForeignReader: Sendable {
    private let listener: Int32
    private let accepted = Atomic<Int>(0)

    /// How it behaves once it was greeted.
    enum Manner: String, CaseIterable {
        /// It says nothing.
        case silent
        /// It wants other content.
        case other
        /// It says what is no control frame.
        case noise
        /// It closes the connection.
        case closing

        fileprivate var words: [UInt8] {
            switch self {
            case .silent, .closing: []
            case .noise: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
            case .other:
                [0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4]
                    + Array("text".utf8)
            }
        }
    }

    init(_ path: String, manner: Manner) throws {
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(listener >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = listener
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0 && listen(listener, 16) == 0)
        Thread.detachNewThread { [self] in serve(manner) }
    }

    /// How often somebody came.
    var connections: Int { accepted.load(ordering: .relaxed) }

    /// Ends the thread.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ manner: Manner) {
        var open: [Int32] = []
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            accepted.add(1, ordering: .relaxed)
            var greeting = [UInt8](repeating: 0, count: 512)
            _ = recv(connection, &greeting, greeting.count, 0)
            let words = manner.words
            _ = send(connection, words, words.count, Int32(MSG_NOSIGNAL))
            if manner == .closing { close(connection) } else { open.append(connection) }
        }
        for connection in open { close(connection) }
        close(listener)
    }
}
