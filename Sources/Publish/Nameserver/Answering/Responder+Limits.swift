import DNSWire

// Answers that are held back, since one network asks for too many.

extension Responder {
    /// Holds back what would be too much; `false` if nothing is to be sent.
    mutating func isAllowed(
        _ client: ClientAddress, _ seconds: UInt32, _ options: ReplyOptions, cost: Int32,
        _ verdict: inout Verdict, _ writer: inout AnswerWriter
    ) -> Bool {
        let judgement = limiter.judge(
            client, origin: verdict.origin, code: verdict.code, cost: cost, at: seconds)
        switch judgement {
        case .send:
            return true
        case .drop:
            counters.countLimited(isSent: false)
            return false
        case .slip:
            counters.countLimited(isSent: true)
            writer.truncate()
            // A client with cookies needs no TCP to show that it is real.
            if options.answersCookie {
                writer.empty()
                verdict.code = .badCookie
                verdict.isAuthoritative = false
            }
            return true
        }
    }

    /// Signatures make answers many times as long as questions: such an answer counts as many, so
    /// that nobody gets more out of a signed zone in another's name than from one that is not.
    func cost(
        of writer: borrowing AnswerWriter, to query: Query, _ octets: Int
    ) -> Int32 {
        guard query.edns?.wantsSignatures ?? false else { return 1 }
        return Int32(clamping: max(1, writer.position / (Self.usualAmplification * octets)))
    }
}
