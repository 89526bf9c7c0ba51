import Glibc
import Control
package import Logging

/// Writes log lines to standard error: `level message key=value`, and under systemd the priority
/// in front that journald takes off again (sd-daemon(3)). No time: journald has one.
package struct StandardErrorLog: LogHandler {
    /// The fields of every line.
    package var metadata: Logger.Metadata = [:]
    /// Lines below it are not written.
    package var logLevel: Logger.Level
    private let isJournal: Bool

    /// For every logger of the process.
    ///
    /// - `isJournal`: lines are read by journald.
    package init(level: Logger.Level, isJournal: Bool) {
        logLevel = level
        self.isJournal = isJournal
    }

    /// One field of every line.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        let line = Self.line(
            event.level, "\(event.message)",
            fields: metadata.merging(event.metadata ?? [:]) { _, new in new },
            isJournal: isJournal)
        // One call, so that lines of different threads stay apart.
        _ = line.utf8.withContiguousStorageIfAvailable {
            write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
    }

    /// The line of an event, with its end. Fields stand in the order of their keys. Whatever the
    /// texts hold, there is one line, and a value ends where it seems to.
    package static func line(
        _ level: Logger.Level, _ message: String, fields: Logger.Metadata, isJournal: Bool
    ) -> String {
        var line = isJournal ? "<\(level.priority)>" : "\(level) "
        line += message.printable
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(quoted("\(value)"))"
        }
        return line + "\n"
    }

    /// A value as it is, or in quotes when it could be taken for more or less than one.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.isPrintable && !$0.properties.isWhitespace && !["\"", "=", "\\"].contains($0)
        }
        guard text.isEmpty || !isPlain else { return text }
        let content = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case _ where scalar.isPrintable: String(scalar)
            default: scalar.escaped(asASCII: true)
            }
        }
        return "\"\(content.joined())\""
    }
}

extension Logger.Level {
    /// The priority of syslog(3).
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
