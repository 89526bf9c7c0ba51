import DNSWire
import Glibc

/// Limits equal answers to one network ("Response Rate Limiting in the Domain Name System",
/// ISC-TN-2012-1). One table of fixed size per worker: a flood of any kind grows nothing, and two
/// networks that meet in one place of it cost each other precision and nothing else.
struct RateLimiter: ~Copyable {
    /// What to do with an answer.
    enum Judgement: BitwiseCopyable {
        case send
        /// Send it without records: whoever asked in earnest comes again.
        case slip
        case drop
    }

    /// Answers of one kind to one network.
    private struct Account: BitwiseCopyable {
        var tag: UInt32
        var second: UInt32
        /// Answers that may still go out; below zero once too many did.
        var credit: Int32
        /// Answers held back since the last that was let through.
        var heldBack: UInt32
    }

    /// 2^15 accounts of 16 octets.
    private static let accounts = 1 << 15
    /// How many seconds of answers a network can owe: so long does it stay limited after a flood.
    private static let windowSeconds: Int32 = 15

    private let table: UnsafeMutablePointer<Account>
    private let perSecond: Int32
    private let slip: UInt32
    private let limitsPrivateClients: Bool
    private let key: SipHashKey

    init(_ settings: AnswerSettings.RateLimit, key: SipHashKey) {
        perSecond = Int32(clamping: settings.answersPerSecond)
        slip = UInt32(clamping: settings.slip)
        limitsPrivateClients = settings.limitsPrivateClients
        self.key = key
        let octets = settings.answersPerSecond > 0 ? Self.accounts : 1
        table = .allocate(capacity: octets)
        table.initialize(
            repeating: Account(tag: 0, second: 0, credit: 0, heldBack: 0), count: octets)
    }

    deinit {
        table.deallocate()
    }

    /// Whether answers to this client are limited at all.
    @inline(__always)
    func limits(_ client: ClientAddress) -> Bool {
        perSecond > 0 && (limitsPrivateClients || !client.isPrivate)
    }

    /// Counts an answer. `origin` says what it was made from: a name, a wildcard, a delegation or a
    /// zone, so that made-up names count together. `cost` says as how many answers it counts, 1 or
    /// more.
    mutating func judge(
        _ client: ClientAddress, origin: UInt, code: ResponseCode, cost: Int32 = 1,
        at seconds: UInt32
    ) -> Judgement {
        var state = TableHash(key: key)
        state.absorb(client.network)
        state.absorb(UInt64(origin))
        let hash = state.finished(tail: UInt64(code.rawValue), count: 18)
        let tag = UInt32(truncatingIfNeeded: hash >> 32) | 1
        let place = self.place(of: tag, home: Int(truncatingIfNeeded: hash) & (Self.accounts - 1))
        var account = table[place]
        if account.tag == tag {
            let elapsed = Int32(clamping: Int(seconds &- account.second))
            let (earned, isMuch) = elapsed.multipliedReportingOverflow(by: perSecond)
            account.credit =
                isMuch ? perSecond : min(perSecond, account.credit + min(earned, 1 << 24))
        } else {
            account = Account(tag: tag, second: seconds, credit: perSecond, heldBack: 0)
        }
        account.second = seconds
        account.credit = max(account.credit - cost, -Self.windowSeconds * perSecond)
        let judgement = judge(&account)
        table[place] = account
        return judgement
    }

    private func judge(_ account: inout Account) -> Judgement {
        guard account.credit < 0 else { return .send }
        account.heldBack &+= 1
        guard slip > 0, account.heldBack >= slip else { return .drop }
        account.heldBack = 0
        return .slip
    }

    /// The account with a tag, or the one of two that was used longer ago.
    private func place(of tag: UInt32, home: Int) -> Int {
        let neighbour = home ^ 1
        if table[home].tag == tag { return home }
        if table[neighbour].tag == tag { return neighbour }
        return table[home].second <= table[neighbour].second ? home : neighbour
    }
}
