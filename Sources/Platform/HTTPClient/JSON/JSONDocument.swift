import CJansson

/// A document as jansson holds it (RFC 8259), the one owner of its root.
struct JSONDocument: ~Copyable {
    /// Why jansson refused a document, and what lets it take the document after all.
    struct Refusal: Error {
        enum Remedy {
            /// Integers have to be read as reals: one does not fit.
            case reals
            /// Octets that are no UTF-8, or half a surrogate pair, have to be replaced.
            case repair
        }

        let error: JSONError
        let remedy: Remedy?
    }

    /// From here on, neighbouring integers become the same real.
    private static let firstInexactReal = 0x1p53

    private let root: UnsafeMutablePointer<json_t>
    private let integersAreReals: Bool

    /// Recurses as deep as the document nests: `JSONBounds` comes first.
    init(_ octets: [UInt8], integersAreReals: Bool) throws(Refusal) {
        var flags = JSON_DECODE_ANY | JSON_ALLOW_NUL
        if integersAreReals { flags |= JSON_DECODE_INT_AS_REAL }
        var failure = json_error_t()
        let loaded = octets.withUnsafeBytes { buffer in
            json_loadb(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count,
                Int(flags), &failure)
        }
        guard let loaded else { throw Refusal(failure) }
        root = loaded
        self.integersAreReals = integersAreReals
    }

    deinit { json_decref(root) }

    /// A copy of the whole document.
    func value() -> JSONValue { value(of: root) }

    private func value(of node: UnsafeMutablePointer<json_t>) -> JSONValue {
        switch node.pointee.type {
        case JSON_OBJECT: return .object(members(of: node))
        case JSON_ARRAY: return .array(elements(of: node))
        case JSON_STRING:
            return .string(Self.text(json_string_value(node), json_string_length(node)))
        case JSON_INTEGER: return .integer(Int(json_integer_value(node)))
        case JSON_REAL: return number(json_real_value(node))
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        case JSON_NULL: return .null
        default: preconditionFailure("jansson made a value of type \(node.pointee.type)")
        }
    }

    private func members(of node: UnsafeMutablePointer<json_t>) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        let count = json_object_size(node)
        // Room for none would take memory all the same.
        if count > 0 { members.reserveCapacity(count) }
        var next = json_object_iter(node)
        while let member = next {
            guard let value = json_object_iter_value(member) else {
                preconditionFailure("jansson made a member without value")
            }
            let name = Self.text(json_object_iter_key(member), json_object_iter_key_len(member))
            members[name] = self.value(of: value)
            next = json_object_iter_next(node, member)
        }
        return members
    }

    private func elements(of node: UnsafeMutablePointer<json_t>) -> [JSONValue] {
        let count = json_array_size(node)
        var elements: [JSONValue] = []
        elements.reserveCapacity(count)
        for index in 0..<count {
            guard let element = json_array_get(node, index) else {
                preconditionFailure("jansson made an array of \(count) without element \(index)")
            }
            elements.append(value(of: element))
        }
        return elements
    }

    private func number(_ real: Double) -> JSONValue {
        if integersAreReals, real.magnitude < Self.firstInexactReal,
            let integer = Int(exactly: real)
        {
            return .integer(integer)
        }
        return .real(real)
    }

    /// Goes by the length, since a string may hold NUL.
    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

extension JSONDocument.Refusal {
    fileprivate init(_ failure: json_error_t) {
        error = JSONError(reason: Self.reason(failure), offset: max(0, Int(failure.position)))
        remedy =
            switch withUnsafePointer(to: failure, { json_error_code($0) }) {
            case json_error_numeric_overflow: .reals
            case json_error_invalid_utf8, json_error_invalid_syntax: .repair
            default: nil
            }
    }

    /// Without what jansson quotes of the document, which is a tenant's text or a secret.
    private static func reason(_ failure: json_error_t) -> String {
        let text = withUnsafeBytes(of: failure.text) { buffer in
            String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard let quotation = text.firstRange(of: " near ") else { return text }
        return String(text[..<quotation.lowerBound])
    }
}
