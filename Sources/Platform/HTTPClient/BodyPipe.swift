import Synchronization

/// The body of an answer on its way from libcurl's thread to one task, no more than the task keeps
/// up with: what does not fit stays in the kernel, and the server waits.
final class BodyPipe: Sendable {
    private struct State {
        var octets: [UInt8] = []
        /// libcurl was told to hold the rest back.
        var isPaused = false
        var isFinished = false
        var reader: CheckedContinuation<Void, Never>?
    }

    /// Octets that wait for the task; a part that libcurl hands over fits in besides.
    private static let capacity = 256 << 10

    private let state = Mutex(State())
    private let resume: @Sendable () -> Void

    /// - `resume`: has libcurl hand over again what it held back.
    init(resume: @escaping @Sendable () -> Void) {
        self.resume = resume
    }

    /// Takes a part; false if it has to be held back.
    func offer(_ part: UnsafeRawBufferPointer) -> Bool {
        let (isTaken, reader) = state.withLock { state in
            guard state.octets.count < Self.capacity else {
                state.isPaused = true
                return (false, CheckedContinuation<Void, Never>?.none)
            }
            state.octets.append(contentsOf: part)
            return (true, state.reader.take())
        }
        reader?.resume()
        return isTaken
    }

    /// Nothing follows.
    func finish() {
        let reader = state.withLock { state in
            state.isFinished = true
            return state.reader.take()
        }
        reader?.resume()
    }

    /// What came since the last call, at least one octet; `nil` at the end.
    func next() async -> [UInt8]? {
        while true {
            let (octets, isPaused, isFinished) = state.withLock { state in
                defer {
                    state.octets = []
                    state.isPaused = false
                }
                return (state.octets, state.isPaused, state.isFinished)
            }
            if isPaused { resume() }
            if !octets.isEmpty { return octets }
            if isFinished { return nil }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.octets.isEmpty, !state.isFinished else { return true }
                    state.reader = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}
