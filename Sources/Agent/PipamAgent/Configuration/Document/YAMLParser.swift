import CYAML

/// The events of one YAML document, as libyaml tells them from its octets.
///
/// It owns libyaml's parser and the octets below it. What an event says is copied, and the event
/// deleted, before the next one is asked for.
struct YAMLParser: ~Copyable {
    /// What an event says, and the line it begins on.
    struct Event {
        let kind: Kind
        let line: Int
    }

    /// What happened. The order is that of YAML 1.2 section 3.2.1: a node is a scalar, an alias, or
    /// all that stands between the start of a list or table and its end.
    enum Kind {
        case documentStart
        case documentEnd
        case alias(String)
        case scalar(Scalar, anchor: String?)
        case listStart(anchor: String?)
        case listEnd
        case tableStart(anchor: String?)
        case tableEnd
        /// The last event; none may be asked for behind it.
        case streamEnd
    }

    /// A text, and whether it stood there without quotes: only then may it be a number.
    struct Scalar {
        let text: String
        let isPlain: Bool
    }

    // libyaml keeps pointers into both, so neither may move.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// Begins before the first event. Throws only when there is no memory.
    init(_ octets: [UInt8]) throws(DocumentError) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw DocumentError(line: 1, reason: "no memory to read it")
        }
        self.parser = parser
        // Never of no size: libyaml takes no null pointer for an input.
        input = .allocate(capacity: octets.count + 1)
        _ = input.initialize(from: octets + [0])
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, octets.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event. None may be asked for behind an error.
    mutating func next() throws(DocumentError) -> Event {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
            defer { yaml_event_delete(&event) }
            let line = Int(clamping: event.start_mark.line) + 1
            if let kind = try Self.kind(of: event, line: line) {
                return Event(kind: kind, line: line)
            }
        }
    }

    /// `nil` for the start of the stream, which says nothing.
    private static func kind(of event: yaml_event_t, line: Int) throws(DocumentError) -> Kind? {
        let data = event.data
        switch event.type {
        case YAML_STREAM_START_EVENT: return nil
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_SEQUENCE_END_EVENT: return .listEnd
        case YAML_MAPPING_END_EVENT: return .tableEnd
        case YAML_ALIAS_EVENT:
            return .alias(text(data.alias.anchor) ?? "")
        case YAML_SEQUENCE_START_EVENT:
            try refuseTag(data.sequence_start.tag, line: line)
            return .listStart(anchor: text(data.sequence_start.anchor))
        case YAML_MAPPING_START_EVENT:
            try refuseTag(data.mapping_start.tag, line: line)
            return .tableStart(anchor: text(data.mapping_start.anchor))
        case YAML_SCALAR_EVENT:
            try refuseTag(data.scalar.tag, line: line)
            return .scalar(scalar(data.scalar), anchor: text(data.scalar.anchor))
        default:
            throw DocumentError(line: line, reason: "not YAML")
        }
    }

    /// A tag says that a value is something else than it looks like, and we know nothing else.
    private static func refuseTag(
        _ tag: UnsafePointer<UInt8>?, line: Int
    ) throws(DocumentError) {
        guard tag != nil else { return }
        throw DocumentError(
            line: line,
            reason: "a tag (!name), which cannot be used here; remove it. A text with ! stands in "
                + "quotes")
    }

    private static func scalar(_ scalar: yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar)
        -> Scalar
    {
        let octets = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        return Scalar(
            text: String(decoding: octets, as: UTF8.self),
            isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
    }

    private static func text(_ octets: UnsafePointer<UInt8>?) -> String? {
        octets.map { String(cString: $0) }
    }

    /// What libyaml says about the call that just failed.
    private func failure() -> DocumentError {
        let state = parser.pointee
        let reason = state.problem.map { String(cString: $0) } ?? "no memory to read it"
        switch state.error {
        case YAML_READER_ERROR:
            // The reader knows no lines.
            let read = input.prefix(Int(clamping: state.problem_offset))
            return DocumentError(
                line: 1 + read.count { $0 == UInt8(ascii: "\n") }, reason: reason)
        case YAML_SCANNER_ERROR, YAML_PARSER_ERROR:
            return DocumentError(
                line: Int(clamping: state.problem_mark.line) + 1, reason: reason)
        default:
            return DocumentError(line: 1, reason: reason)
        }
    }
}
