package import DNSWire

/// Turns a query into an answer: a function of the query, the zones, the transport, the client and
/// the time, without clock, lock, allocation or socket. What it keeps is room to work in, counters
/// and what it knows of clients that ask too much; each worker has its own.
package struct Responder: ~Copyable {
    /// Aliases followed per answer.
    static let maximumAliases = 8
    /// An answer may be so many times as long as its question before it counts as more than one.
    private static let usualAmplification = 5
    /// The longest answer over TCP (RFC 1035 section 4.2.2).
    package static let maximumOctets = 65_535

    private let payloadOctets: Int
    private let usesCookies: Bool
    private let sampleInterval: Int
    private let keepalive: UInt16
    private let counters: AnswerCounters
    private let samples: QuerySamples
    private let texts: FixedTexts
    private let question = QuestionRoom()
    private(set) var name = LookupName()
    private var finder = NameFinder()
    private var additional = AdditionalSection()
    private var redirection = Redirection()
    var proofs = ProofSection()
    private var limiter: RateLimiter
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

    /// Whether, and how, an answer ended.
    fileprivate struct Verdict: BitwiseCopyable {
        var code: ResponseCode
        var isAuthoritative: Bool
        var reason: ExtendedError?
        /// The number of the zone it is from.
        var zone: Int?
        /// What it was made from: a name, a wildcard, a delegation or a zone.
        var origin: UInt = 0

        static func refuse(_ code: ResponseCode, _ reason: ExtendedError? = nil) -> Verdict {
            Verdict(code: code, isAuthoritative: false, reason: reason)
        }
    }

    /// Holds back what would be too much; `false` if nothing is to be sent.
    private mutating func isAllowed(
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
    private func cost(
        of writer: borrowing AnswerWriter, to query: Query, _ octets: Int
    ) -> Int32 {
        guard query.edns?.wantsSignatures ?? false else { return 1 }
        return Int32(clamping: max(1, writer.position / (Self.usualAmplification * octets)))
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

    private mutating func verdict(
        _ query: Query, _ table: TableView, _ transport: Transport, _ writer: inout AnswerWriter
    ) -> Verdict {
        // No key is known here, hence no signature can be right (RFC 8945 section 5.2.1).
        guard query.signatureOffset == nil else { return .refuse(.notAuthorized) }
        switch query.type {
        case RecordTypeNumber.opt, RecordTypeNumber.tsig: return .refuse(.formatError)
        case RecordTypeNumber.tkey: return .refuse(.notImplemented, .notSupported)
        case RecordTypeNumber.axfr, RecordTypeNumber.ixfr: return .refuse(.refused, .prohibited)
        default: break
        }
        guard query.recordClass != 1 else { return resolve(query, table, transport, &writer) }
        guard query.recordClass == FixedTexts.chaos,
            let text = texts.text(for: question.start, type: query.type)
        else { return .refuse(.refused, .notAuthoritative) }
        writer.appendText(text, recordClass: FixedTexts.chaos)
        return Verdict(code: .noError, isAuthoritative: true)
    }
}

// MARK: - Resolution

extension Responder {
    /// Where an answer has got to: the name asked about now, and where it stands in the answer.
    struct Progress {
        var nameOffset = AnswerWriter.questionOffset
        var aliases = 0
        /// The client wants signatures, and proofs of what is not there (RFC 3225).
        var isSecure = false
        /// Hashes of the names before, to notice a circle.
        var visited = InlineArray<8, UInt64>(repeating: 0)
    }

    private mutating func resolve(
        _ query: Query, _ table: TableView, _ transport: Transport, _ writer: inout AnswerWriter
    ) -> Verdict {
        name.load(question.start, apex: nil)
        let isSecure = query.edns?.wantsSignatures ?? false
        var progress = Progress(isSecure: isSecure)
        additional.reset(isSecure: isSecure)
        guard isSecure else { return walk(query, &progress, table, transport, &writer) }
        proofs.reset()
        let verdict = walk(query, &progress, table, transport, &writer)
        // Aliases may have led to where nothing more is said.
        _ = writeProofs(table, &writer)
        return verdict
    }

    private mutating func walk(
        _ query: Query, _ progress: inout Progress, _ table: TableView, _ transport: Transport,
        _ writer: inout AnswerWriter
    ) -> Verdict {
        var verdict = Verdict(code: .noError, isAuthoritative: true)
        while true {
            switch finder.find(&name, type: query.type, in: table) {
            case .outside:
                if progress.aliases == 0 { return Self.refusal(in: table) }
                return verdict
            case .delegated(let cut, let labels):
                refer(to: cut, labels: labels, progress, table, &writer)
                verdict.note(cut)
                verdict.isAuthoritative = progress.aliases > 0
                return verdict
            case .redirected(let node, let labels):
                verdict.note(node)
                guard
                    redirect(from: node, labels: labels, query, &progress, table, &writer, &verdict)
                else { return verdict }
            case .empty(let zone):
                proveAbsence(in: zone, progress, table, writer)
                deny(zone, progress, table, &writer)
                verdict.note(zone)
                return verdict
            case .missing(let zone):
                proveAbsence(in: zone, progress, table, writer)
                deny(zone, progress, table, &writer)
                verdict.note(zone)
                verdict.code = .nameError
                return verdict
            case .node(let node):
                verdict.note(node)
                guard Self.isFollowed(node, query.type) else {
                    answer(query, node, progress, table, transport, &writer)
                    return verdict
                }
                guard follow(node, &progress, table, &writer) else { return verdict }
            }
        }
    }

    /// As long as no zone came from the cluster we cannot know what is ours.
    private static func refusal(in table: TableView) -> Verdict {
        table.deepestApex < table.highestApex
            ? .refuse(.serverFailure, .notReady) : .refuse(.refused, .notAuthoritative)
    }

    /// Beside an alias there are only its signatures and what proves it (RFC 4035 section 2.5).
    private static func isFollowed(_ node: NodeView, _ type: UInt16) -> Bool {
        guard node.flags.contains(.alias) else { return false }
        switch type {
        case TypeNumber.cname, RecordTypeNumber.any: return false
        case TypeNumber.nsec: return node.set(of: TypeNumber.nsec) == nil
        case TypeNumber.rrsig: return !(node.set(of: TypeNumber.cname)?.isSigned ?? false)
        default: return true
        }
    }

    /// Who signed a set, if the client wants to see that.
    @inline(__always)
    static func signer(
        _ zone: Int, _ progress: Progress, _ table: TableView
    ) -> UnsafePointer<ZoneView>? {
        progress.isSecure ? table.zones + zone : nil
    }

    /// Where the apex of a zone stands: it ends the name asked about now.
    @inline(__always)
    func apexOffset(
        of zone: Int, _ progress: Progress, _ table: TableView, _ writer: borrowing AnswerWriter
    ) -> Int {
        suffixOffset(table.zones[zone].apexWireOctets, progress, writer)
    }

    @inline(__always)
    private func suffixOffset(
        _ octets: Int, _ progress: Progress, _ writer: borrowing AnswerWriter
    ) -> Int {
        // The question's name is written out; one from an alias may end in a pointer.
        progress.aliases == 0
            ? AnswerWriter.questionOffset + name.wireOctets - octets
            : writer.offset(
                ofSuffix: octets, ofNameAt: progress.nameOffset, octets: name.wireOctets)
    }

    /// Writes an alias and goes on to what it stands for; `false` if the answer ends here.
    private mutating func follow(
        _ node: NodeView, _ progress: inout Progress, _ table: TableView,
        _ writer: inout AnswerWriter
    ) -> Bool {
        guard let alias = node.set(of: TypeNumber.cname) else { return false }
        let apex = apexOffset(of: node.zone, progress, table, writer)
        let offset = writer.position
        let signer = Self.signer(node.zone, progress, table)
        let fits = writer.append(
            alias, to: .answer, owner: progress.nameOffset, apex: apex, signer: signer)
        guard fits else {
            writer.truncate()
            return false
        }
        proveWildcard(node, progress, table, writer)
        let former = name.hash
        let target = alias.wire + SetView.recordHeaderOctets
        name.load(target.assumingMemoryBound(to: UInt8.self), apex: table.zones + node.zone)
        return goOn(
            from: former, at: offset + SetView.recordHeaderOctets, &progress, table)
    }

    /// Takes a step to the name that was loaded; `false` after too many, or back to one before.
    private mutating func goOn(
        from former: UInt64, at offset: Int, _ progress: inout Progress, _ table: TableView
    ) -> Bool {
        progress.visited[progress.aliases] = former
        progress.aliases += 1
        guard progress.aliases < Self.maximumAliases else { return false }
        progress.nameOffset = offset
        name.hashWhole(with: table.hashKey)
        for index in 0..<progress.aliases where progress.visited[index] == name.hash {
            return false
        }
        return true
    }

    /// Writes a DNAME record and the alias that follows from it (RFC 6672 section 3.2), and goes on
    /// to that; `false` if the answer ends here.
    private mutating func redirect(
        from node: NodeView, labels: Int, _ query: Query, _ progress: inout Progress,
        _ table: TableView, _ writer: inout AnswerWriter, _ verdict: inout Verdict
    ) -> Bool {
        guard let set = node.set(of: TypeNumber.dname) else { return false }
        let ownerOctets = name.ancestors[labels].wireOctets
        let prefix = name.wireOctets - ownerOctets
        let owner = suffixOffset(ownerOctets, progress, writer)
        let record = writer.position
        let signer = Self.signer(node.zone, progress, table)
        guard writer.append(set, to: .answer, owner: owner, apex: 0, signer: signer) else {
            writer.truncate()
            return false
        }
        let target = record + SetView.recordHeaderOctets
        guard
            redirection.make(
                prefix: prefix, ofNameAt: progress.nameOffset, target: target, in: writer)
        else {
            verdict.code = .nameTooLong
            return false
        }
        let alias = writer.position
        let fits = writer.appendAlias(
            owner: progress.nameOffset, name: redirection.name, prefix: prefix, target: target,
            ttlOf: record)
        guard fits else {
            writer.truncate()
            return false
        }
        guard query.type != TypeNumber.cname, query.type != RecordTypeNumber.any else {
            return false
        }
        let former = name.hash
        name.load(redirection.name, apex: nil)
        return goOn(from: former, at: alias + SetView.recordHeaderOctets, &progress, table)
    }

    /// The end of the way: the records asked for, or none of their type.
    private mutating func answer(
        _ query: Query, _ node: NodeView, _ progress: Progress, _ table: TableView,
        _ transport: Transport, _ writer: inout AnswerWriter
    ) {
        if query.type == RecordTypeNumber.any {
            answerAny(node, progress, table, transport, &writer)
            return
        }
        if query.type == TypeNumber.rrsig {
            answerSignatures(node, progress, table, transport, &writer)
            return
        }
        guard let set = node.set(of: query.type) else {
            proveNode(node, progress, table, writer)
            deny(node.zone, progress, table, &writer)
            return
        }
        let offset = writer.position
        let apex = apexOffset(of: node.zone, progress, table, writer)
        let fits = writer.append(
            set, to: .answer, owner: progress.nameOffset, apex: apex,
            rotation: Self.rotation(of: set, id: query.header.id),
            signer: Self.signer(node.zone, progress, table))
        guard fits else {
            writer.truncate()
            return
        }
        if progress.isSecure {
            proveWildcard(node, progress, table, writer)
            guard writeProofs(table, &writer) else { return }
        }
        let written = AdditionalSection.Written(
            set: set, zone: node.zone, offset: offset, owner: progress.nameOffset)
        additional.append(for: written, of: name, finder: finder, table: table, to: &writer)
    }

    /// NODATA and NXDOMAIN carry the SOA of the zone that denies (RFC 2308 section 2).
    func deny(
        _ zone: Int, _ progress: Progress, _ table: TableView, _ writer: inout AnswerWriter
    ) {
        let apex = apexOffset(of: zone, progress, table, writer)
        let fits = writer.appendNegative(
            table.zones + zone, apex: apex, isSigned: progress.isSecure)
        if !fits { writer.truncate() }
    }

    /// A referral (RFC 1034 section 4.3.2 step 3b): the delegation's NS set and its glue.
    private mutating func refer(
        to cut: NodeView, labels: Int, _ progress: Progress, _ table: TableView,
        _ writer: inout AnswerWriter
    ) {
        guard let servers = cut.set(of: TypeNumber.ns) else {
            preconditionFailure("a delegation without NS records")
        }
        let owner = suffixOffset(name.ancestors[labels].wireOctets, progress, writer)
        let offset = writer.position
        let apex = apexOffset(of: cut.zone, progress, table, writer)
        guard writer.append(servers, to: .authority, owner: owner, apex: apex) else {
            writer.truncate()
            return
        }
        guard !progress.isSecure || proveDelegation(cut, labels, owner, progress, table, &writer)
        else { return }
        let written = AdditionalSection.Written(
            set: servers, zone: cut.zone, offset: offset, owner: owner)
        let fits = additional.appendGlue(
            for: written, below: cut, finder: finder, table: table, to: &writer)
        if !fits { writer.markTruncated() }
    }

    /// Addresses begin with another record in each answer, so that clients spread over them.
    @inline(__always)
    private static func rotation(of set: SetView, id: UInt16) -> Int {
        guard set.count > 1, set.stride > 0, set.fixupCount == 0,
            set.type == TypeNumber.a || set.type == TypeNumber.aaaa
        else { return 0 }
        return Int(id) % set.count
    }
}

extension Responder.Verdict {
    /// The first name that something was found for says what the answer is made from, the last says
    /// which zone it is from.
    fileprivate mutating func note(_ node: NodeView) {
        if origin == 0 { origin = UInt(bitPattern: node.base) }
        zone = node.zone
    }

    fileprivate mutating func note(_ number: Int) {
        if origin == 0 { origin = UInt(number) + 1 }
        zone = number
    }
}

/// Room for the canonical name of a question.
private struct QuestionRoom: ~Copyable {
    let octets: UnsafeMutableBufferPointer<UInt8>

    init() {
        octets = .allocate(capacity: QuestionName.maximumOctets)
        octets.initialize(repeating: 0)
    }

    deinit {
        octets.deallocate()
    }

    var start: UnsafePointer<UInt8> {
        guard let start = octets.baseAddress else { preconditionFailure("room without memory") }
        return UnsafePointer(start)
    }
}
