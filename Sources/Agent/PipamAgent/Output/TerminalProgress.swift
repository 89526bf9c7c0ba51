import Glibc

/// One line on the terminal that is written over; nothing where nobody watches.
struct TerminalProgress {
    let title: String
    private let isShown = isatty(STDERR_FILENO) == 1

    init(title: String) {
        self.title = title
    }

    func show(done: Int, total: Int) {
        emit("\r\(done) of \(total) \(title)")
    }

    func clear() {
        emit("\r\u{1B}[K")
    }

    private func emit(_ text: String) {
        guard isShown else { return }
        _ = text.utf8.withContiguousStorageIfAvailable {
            write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
    }
}
