import Control
import Glibc
import Logging

/// Serves the control API with a fake agent behind it, for tests that need another process.
///
///     control-fixture SOCKET GROUP      ("-" for no group)
///
/// Prints "listening" once clients can connect, and ends when standard input closes.
@main
enum ControlFixture {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            say("usage: control-fixture SOCKET GROUP")
            exit(64)
        }
        var settings = ControlSettings()
        settings.socketPath = arguments[1]
        settings.group = arguments[2] == "-" ? nil : arguments[2]
        let server = ControlServer(
            service: FakeService(), settings: settings,
            logger: Logger(label: "fixture") { _ in SwiftLogNoOpLogHandler() }
        ) { say("listening") }
        endWithInput()
        do {
            try await server.run()
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    private static func say(_ line: String) {
        _ = (line + "\n").utf8.withContiguousStorageIfAvailable {
            write(STDOUT_FILENO, $0.baseAddress, $0.count)
        }
    }

    /// Reading blocks, so it has a thread.
    private static func endWithInput() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                var octet: UInt8 = 0
                while read(STDIN_FILENO, &octet, 1) > 0 {}
                exit(0)
            }, nil)
    }
}
