package import DNSWire

/// Turns a query into an answer: a function of the query, the zones, the transport, the client and
/// the time, without clock, lock, allocation or socket. What it keeps is room to work in, counters
/// and what it knows of clients that ask too much; each worker has its own.
package struct Responder: ~Copyable {
    /// Aliases followed per answer.
    static let maximumAliases = 8
    /// An answer may be so many times as long as its question before it counts as more than one.
    static let usualAmplification = 5
    /// The longest answer over TCP (RFC 1035 section 4.2.2).
    package static let maximumOctets = 65_535

    private let payloadOctets: Int
    private let usesCookies: Bool
    private let sampleInterval: Int
    private let keepalive: UInt16
    let counters: AnswerCounters
    private let samples: QuerySamples
    let texts: FixedTexts
    let question = QuestionRoom()
    var name = LookupName()
    var finder = NameFinder()
    var additional = AdditionalSection()
    var redirection = Redirection()
    var proofs = ProofSection()
    var limiter: RateLimiter
    private var queriesToSample: Int
    /// What the caller will put behind the next answers, such as a signature: padding counts it.
    var trailerOctets = 0

    /// `payloadOctets` is the longest answer over UDP, 512...65,535.
    package init(
        payloadOctets: Int, settings: AnswerSettings = AnswerSettings(),
        counters: AnswerCounters = AnswerCounters()
    ) {
        precondition((Int(EDNS.leastPayloadOctets)...Self.maximumOctets).contains(payloadOctets))
        self.payloadOctets = payloadOctets
        usesCookies = settings.usesCookies
        sampleInterval = settings.sampleInterval
        self.counters = counters
        samples = counters.samples
        keepalive = UInt16(clamping: settings.keepalive.components.seconds * 10)
        texts = FixedTexts(settings)
        var random = SystemRandomNumberGenerator()
        limiter = RateLimiter(
            settings.rateLimit, key: SipHashKey(low: random.next(), high: random.next()))
        queriesToSample = settings.sampleInterval
    }

    /// Answers one message. The answer is put into `buffer`, which must hold `payloadOctets` over
    /// UDP and `maximumOctets` over TCP. Gives its size in octets, or `nil` if there is to be none.
    /// `seconds` is the time since 1970 modulo 2^32.
    package mutating func answer(
        _ message: Span<UInt8>, from snapshot: TableSnapshot, over transport: Transport,
        for client: ClientAddress = .unspecified, at seconds: UInt32 = 0,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var canonical = question.octets.mutableSpan
        switch QueryReader.read(message, name: &canonical) {
        case .drop:
            counters.countDrop()
            return nil
        case .reject(let header, let code):
            counters.count(code)
            return AnswerWriter.headerOnly(header, code, into: buffer)
        case .rejectVersion(let query):
            var writer = writer(for: query, ReplyOptions(), message, transport, buffer)
            counters.count(.badVersion)
            return writer.finish(.badVersion, isAuthoritative: false)
        case .cookieRequest(let query):
            let options = options(for: query, snapshot.cookies, transport, client, seconds)
            var writer = writer(for: query, options, message, transport, buffer)
            counters.count(.noError)
            return writer.finish(.noError, isAuthoritative: false)
        case .query(let query):
            let options = options(for: query, snapshot.cookies, transport, client, seconds)
            var writer = writer(for: query, options, message, transport, buffer)
            var verdict = verdict(query, snapshot.view, transport, &writer)
            var size: Int?
            if transport.isStream || options.isKnown || !limiter.limits(client)
                || isAllowed(
                    client, seconds, options, cost: cost(of: writer, to: query, message.count),
                    &verdict, &writer)
            {
                counters.count(
                    verdict.code, type: query.type, zone: verdict.zone,
                    isTruncated: writer.isTruncated)
                size = writer.finish(
                    verdict.code, isAuthoritative: verdict.isAuthoritative,
                    because: verdict.reason)
            }
            if sampleInterval > 0 {
                sample(query, verdict.code, size, transport, client, seconds)
            }
            return size
        }
    }

    private func writer(
        for query: Query, _ options: ReplyOptions, _ message: Span<UInt8>, _ transport: Transport,
        _ buffer: UnsafeMutableRawBufferPointer
    ) -> AnswerWriter {
        let limit: Int
        switch transport {
        case .tcp, .tls: limit = Self.maximumOctets
        case .udp: limit = min(Int(query.edns?.payloadOctets ?? 512), payloadOctets)
        }
        let reply = query.edns.map {
            EDNS(
                payloadOctets: UInt16(payloadOctets), wantsSignatures: $0.wantsSignatures)
        }
        return AnswerWriter(
            to: query, message: message, buffer: buffer, limitOctets: limit, edns: reply,
            options: options)
    }

    @inline(__always)
    private func options(
        for query: Query, _ secrets: CookieSecrets, _ transport: Transport,
        _ client: ClientAddress, _ seconds: UInt32
    ) -> ReplyOptions {
        var reply = ReplyOptions()
        guard let asked = query.edns?.options else { return reply }
        if let cookie = asked.cookie, usesCookies {
            reply.set(secrets.reply(to: cookie, from: client, at: seconds), to: cookie)
            if reply.isKnown { counters.countKnownClient() }
        }
        if asked.wantsIdentity, !texts.identity.isEmpty { reply.set(identity: texts.identity) }
        // Over UDP there is nothing to keep alive (RFC 7828 section 3.2.2).
        if asked.wantsKeepalive, transport.isStream { reply.set(keepalive: keepalive) }
        // Where everybody can read an answer, its length is no secret (RFC 7830 section 6).
        if asked.wantsPadding, transport == .tls { reply.pad(before: trailerOctets) }
        return reply
    }

    private mutating func sample(
        _ query: Query, _ code: ResponseCode, _ size: Int?, _ transport: Transport,
        _ client: ClientAddress, _ seconds: UInt32
    ) {
        queriesToSample -= 1
        guard queriesToSample <= 0 else { return }
        queriesToSample = sampleInterval
        samples.put(
            QuerySamples.Entry(
                seconds: seconds, client: client, transport: transport, type: query.type,
                code: code, sizeOctets: size ?? 0),
            name: question.start, nameOctets: query.nameOctets)
    }
}
