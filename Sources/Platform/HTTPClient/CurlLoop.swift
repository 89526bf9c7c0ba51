import CCurl
import Glibc
import OpenSSL
import Synchronization
import Threads

/// A request on its way to the thread.
struct Submission: Sendable {
    /// Unique within one client.
    let id: UInt64
    /// What to send.
    let request: HTTPRequest
    /// Where the body of a successful answer goes; `nil` to have it in the answer.
    let pipe: BodyPipe?
    /// Resumed exactly once.
    let continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>

    func finish(_ result: Result<HTTPResponse, HTTPError>) {
        pipe?.finish()
        continuation.resume(returning: result)
    }
}

/// libcurl's multi handle and the thread that owns it.
///
///     submit, cancel, close --> inbox --wakeup--> thread: add, perform, poll --> continuations
///
/// Everything of libcurl runs on that thread, `curl_multi_wakeup` apart, which any thread may call.
final class CurlLoop: Sendable {
    private enum Order {
        case start(Submission)
        case cancel(UInt64)
        /// The body's reader has room again.
        case resume(UInt64)
    }

    private struct Inbox {
        var orders: [Order] = []
        /// Requests submitted and not finished.
        var outstanding = 0
        /// No order is taken any more.
        var isClosed = false
    }

    private let settings: HTTPClient.Settings
    private let verifier: PeerVerifier
    private let multi: MultiHandle
    private let inbox = Mutex(Inbox())
    private let lastID = Atomic<UInt64>(0)
    /// Until somebody waits for its end.
    private let thread = Mutex<OwnThread?>(nil)

    /// How long the thread sleeps when nothing is due; a wakeup ends it earlier.
    private static let idleMilliseconds: Int32 = 60_000

    init(settings: HTTPClient.Settings, verifier: PeerVerifier) throws(HTTPError) {
        self.settings = settings
        self.verifier = verifier
        multi = try MultiHandle(maximumConnections: settings.maximumConnections)
    }

    func nextID() -> UInt64 {
        lastID.add(1, ordering: .relaxed).newValue
    }

    func submit(_ submission: Submission) {
        let request = submission.request
        let refusal: HTTPError? = inbox.withLock { inbox in
            // A cancellation that came before this order found nothing to cancel.
            if inbox.isClosed || Task.isCancelled { return .cancelled("\(request)") }
            guard inbox.outstanding < settings.maximumRequests else {
                return .busy("\(request)", limit: settings.maximumRequests)
            }
            inbox.outstanding += 1
            inbox.orders.append(.start(submission))
            multi.wakeUp()
            return nil
        }
        if let refusal { submission.finish(.failure(refusal)) }
    }

    func cancel(_ id: UInt64) { give(.cancel(id)) }

    func resume(_ id: UInt64) { give(.resume(id)) }

    private func give(_ order: Order) {
        inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            inbox.orders.append(order)
            multi.wakeUp()
        }
    }

    /// Ends the thread and waits until it did; what is under way is cancelled. A thread that is in
    /// libcurl while the process ends would find OpenSSL taken down already.
    func close() {
        inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            inbox.isClosed = true
            multi.wakeUp()
        }
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let running else { return }
        if running.isCurrent { running.detach() } else { running.join() }
    }

    /// The thread keeps this object alive until it ends.
    func start() throws(HTTPError) {
        do throws(OwnThreadError) {
            let started = try OwnThread("pipam-curl") { self.run() }
            thread.withLock { $0 = started }
        } catch {
            throw .invalidRequest("every request", reason: "no thread: \(error.reason)")
        }
    }

    private func run() {
        blockSignals()
        var transfers: [UInt64: CurlTransfer] = [:]
        while true {
            let (orders, isClosed) = takeOrders()
            for order in orders { obey(order, &transfers) }
            if isClosed { break }
            multi.perform()
            finishCompleted(&transfers)
            let now = ContinuousClock.now
            expireOverdue(&transfers, now: now)
            multi.wait(milliseconds: Self.pause(before: transfers, now: now))
        }
        for transfer in transfers.values { end(transfer, .failure(.cancelled(transfer.subject))) }
    }

    private func takeOrders() -> ([Order], isClosed: Bool) {
        inbox.withLock { inbox in
            let orders = inbox.orders
            inbox.orders = []
            return (orders, inbox.isClosed)
        }
    }

    private func obey(_ order: Order, _ transfers: inout [UInt64: CurlTransfer]) {
        switch order {
        case .start(let submission):
            do {
                let transfer = try CurlTransfer(
                    submission, settings: settings, verifier: verifier)
                transfers[submission.id] = transfer
                multi.add(transfer)
            } catch {
                release(submission, .failure(error))
            }
        case .cancel(let id):
            guard let transfer = transfers.removeValue(forKey: id) else { return }
            end(transfer, .failure(.cancelled(transfer.subject)))
        case .resume(let id):
            transfers[id]?.resume()
        }
    }

    private func finishCompleted(_ transfers: inout [UInt64: CurlTransfer]) {
        while let (id, code) = multi.nextCompleted() {
            guard let transfer = transfers.removeValue(forKey: id) else { continue }
            end(transfer, transfer.result(of: code))
        }
    }

    private func expireOverdue(
        _ transfers: inout [UInt64: CurlTransfer], now: ContinuousClock.Instant
    ) {
        for (id, transfer) in transfers where transfer.dueBy <= now {
            transfers.removeValue(forKey: id)
            let deadline = transfer.submission.request.deadline
            end(transfer, .failure(.timedOut(transfer.subject, after: deadline)))
        }
    }

    private func end(_ transfer: CurlTransfer, _ result: Result<HTTPResponse, HTTPError>) {
        multi.remove(transfer)
        release(transfer.submission, result)
    }

    private func release(_ submission: Submission, _ result: Result<HTTPResponse, HTTPError>) {
        inbox.withLock { $0.outstanding -= 1 }
        submission.finish(result)
    }

    /// Milliseconds until the next deadline. libcurl knows its own timers, but not that of a
    /// request that waits for a connection.
    private static func pause(
        before transfers: [UInt64: CurlTransfer], now: ContinuousClock.Instant
    ) -> Int32 {
        guard let next = transfers.values.map(\.dueBy).min() else { return idleMilliseconds }
        return Int32(clamping: min(Int64(idleMilliseconds), (next - now).milliseconds + 1))
    }

    /// A write to a connection that the server closed raises SIGPIPE on the writing thread.
    private func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}
