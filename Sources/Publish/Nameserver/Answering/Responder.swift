import DNSWire

/// Turns a query into an answer: a function of the query, the zones and the transport, without
/// clock, lock, allocation or socket. What it keeps is room to work in and counters; each worker
/// has its own.
package struct Responder: ~Copyable {
    /// Aliases followed per answer.
    static let maximumAliases = 8
    /// The longest answer over TCP (RFC 1035 section 4.2.2).
    package static let maximumOctets = 65_535

    private let payloadOctets: Int
    private let counters: AnswerCounters
    private let question = QuestionRoom()
    private var name = LookupName()
    private var finder = NameFinder()
    private var additional = AdditionalSection()

    /// `payloadOctets` is the longest answer over UDP, 512...65,535.
    package init(payloadOctets: Int, counters: AnswerCounters = AnswerCounters()) {
        precondition((Int(EDNS.leastPayloadOctets)...Self.maximumOctets).contains(payloadOctets))
        self.payloadOctets = payloadOctets
        self.counters = counters
    }

    /// Answers one message. The answer is put into `buffer`, which must hold `payloadOctets` over
    /// UDP and `maximumOctets` over TCP. Gives its size in octets, or `nil` if there is to be none.
    package mutating func answer(
        _ message: Span<UInt8>, from snapshot: TableSnapshot, over transport: Transport,
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
            var writer = writer(for: query, message, transport, buffer)
            counters.count(.badVersion)
            return writer.finish(.badVersion, isAuthoritative: false)
        case .query(let query):
            var writer = writer(for: query, message, transport, buffer)
            let verdict =
                Self.refusal(of: query)
                ?? resolve(query, snapshot.view, transport, &writer)
            counters.count(verdict.code, type: query.type, isTruncated: writer.isTruncated)
            return writer.finish(verdict.code, isAuthoritative: verdict.isAuthoritative)
        }
    }

    private func writer(
        for query: Query, _ message: Span<UInt8>, _ transport: Transport,
        _ buffer: UnsafeMutableRawBufferPointer
    ) -> AnswerWriter {
        let limit: Int
        switch transport {
        case .tcp: limit = Self.maximumOctets
        case .udp: limit = min(Int(query.edns?.payloadOctets ?? 512), payloadOctets)
        }
        let reply = query.edns.map {
            EDNS(
                payloadOctets: UInt16(payloadOctets), wantsSignatures: $0.wantsSignatures)
        }
        return AnswerWriter(
            to: query, message: message, buffer: buffer, limitOctets: limit, edns: reply)
    }

    /// Whether, and how, an answer ended.
    private struct Verdict {
        let code: ResponseCode
        let isAuthoritative: Bool

        static func refuse(_ code: ResponseCode) -> Verdict {
            Verdict(code: code, isAuthoritative: false)
        }
    }

    /// Questions that no zone has to be asked for.
    private static func refusal(of query: Query) -> Verdict? {
        // No key is known here, hence no signature can be right (RFC 8945 section 5.2.1).
        guard query.signatureOffset == nil else { return .refuse(.notAuthorized) }
        switch query.type {
        case RecordTypeNumber.opt, RecordTypeNumber.tsig: return .refuse(.formatError)
        case RecordTypeNumber.tkey: return .refuse(.notImplemented)
        case RecordTypeNumber.axfr, RecordTypeNumber.ixfr: return .refuse(.refused)
        default: return query.recordClass == 1 ? nil : .refuse(.refused)
        }
    }
}

// MARK: - Resolution

extension Responder {
    /// Where an answer has got to: the name asked about now, and where it stands in the answer.
    private struct Progress {
        var nameOffset = AnswerWriter.questionOffset
        var aliases = 0
        /// Hashes of the names before, to notice a circle.
        var visited = InlineArray<8, UInt64>(repeating: 0)
    }

    private mutating func resolve(
        _ query: Query, _ table: TableView, _ transport: Transport, _ writer: inout AnswerWriter
    ) -> Verdict {
        name.load(question.start, apex: nil)
        additional.reset()
        var progress = Progress()
        while true {
            switch finder.find(&name, type: query.type, in: table) {
            case .outside:
                return progress.aliases == 0
                    ? .refuse(.refused) : Verdict(code: .noError, isAuthoritative: true)
            case .delegated(let cut, let labels):
                refer(to: cut, labels: labels, progress, table, &writer)
                return Verdict(code: .noError, isAuthoritative: progress.aliases > 0)
            case .empty(let zone):
                deny(zone, progress, table, &writer)
                return Verdict(code: .noError, isAuthoritative: true)
            case .missing(let zone):
                deny(zone, progress, table, &writer)
                return Verdict(code: .nameError, isAuthoritative: true)
            case .node(let node):
                guard Self.isFollowed(node, query.type) else {
                    answer(query, node, progress, table, transport, &writer)
                    return Verdict(code: .noError, isAuthoritative: true)
                }
                guard follow(node, &progress, table, &writer) else {
                    return Verdict(code: .noError, isAuthoritative: true)
                }
            }
        }
    }

    private static func isFollowed(_ node: NodeView, _ type: UInt16) -> Bool {
        node.flags.contains(.alias) && type != TypeNumber.cname
            && type != RecordTypeNumber.any
    }

    /// Where the apex of a zone stands: it ends the name asked about now.
    @inline(__always)
    private func apexOffset(
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
        guard writer.append(alias, to: .answer, owner: progress.nameOffset, apex: apex) else {
            writer.truncate()
            return false
        }
        progress.visited[progress.aliases] = name.hash
        progress.aliases += 1
        guard progress.aliases < Self.maximumAliases else { return false }
        progress.nameOffset = offset + SetView.recordHeaderOctets
        let target = alias.wire + SetView.recordHeaderOctets
        name.load(target.assumingMemoryBound(to: UInt8.self), apex: table.zones + node.zone)
        name.hashWhole(with: table.hashKey)
        for index in 0..<progress.aliases where progress.visited[index] == name.hash {
            return false
        }
        return true
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
        guard let set = node.set(of: query.type) else {
            deny(node.zone, progress, table, &writer)
            return
        }
        let offset = writer.position
        let apex = apexOffset(of: node.zone, progress, table, writer)
        let fits = writer.append(
            set, to: .answer, owner: progress.nameOffset, apex: apex,
            rotation: Self.rotation(of: set, id: query.header.id))
        guard fits else {
            writer.truncate()
            return
        }
        let written = AdditionalSection.Written(
            set: set, zone: node.zone, offset: offset, owner: progress.nameOffset)
        additional.append(for: written, of: name, finder: finder, table: table, to: &writer)
    }

    /// One set over UDP, where the question serves attackers best (RFC 8482 section 4.1); else all.
    private func answerAny(
        _ node: NodeView, _ progress: Progress, _ table: TableView, _ transport: Transport,
        _ writer: inout AnswerWriter
    ) {
        let apex = apexOffset(of: node.zone, progress, table, writer)
        var set = node.firstSet
        for _ in 0..<(transport == .udp ? 1 : node.setCount) {
            guard writer.append(set, to: .answer, owner: progress.nameOffset, apex: apex) else {
                writer.truncate()
                return
            }
            set = set.next
        }
    }

    /// NODATA and NXDOMAIN carry the SOA of the zone that denies (RFC 2308 section 2).
    private func deny(
        _ zone: Int, _ progress: Progress, _ table: TableView, _ writer: inout AnswerWriter
    ) {
        let apex = apexOffset(of: zone, progress, table, writer)
        if !writer.appendNegative(table.zones + zone, apex: apex) { writer.truncate() }
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
