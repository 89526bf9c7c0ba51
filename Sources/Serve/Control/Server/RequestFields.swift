import HTTPClient

/// The parameters of a request's path, query or body, each taken once and checked as it is taken.
/// What nobody takes was misspelt, so it is refused rather than left unnoticed.
struct RequestFields {
    /// Where the fields stand, for messages: "query", "body".
    private let place: String
    private var values: [String: JSONValue]

    /// The longest domain name in presentation form, every octet escaped.
    static let maximumNameOctets = 1004
    /// The longest name of a provider.
    static let maximumProviderOctets = 64
    /// The longest mnemonic of a record type.
    static let maximumTypeOctets = 16

    private init(place: String, values: [String: JSONValue]) {
        self.place = place
        self.values = values
    }

    /// The fields of a query, after the question mark.
    init(query: Substring) throws(ControlError) {
        self.init(place: "query", values: [:])
        for part in query.split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let texts = sides.map { side in
                PercentCoding.decoded(String(side.map { $0 == "+" ? " " : $0 }))
            }
            guard let name = texts.first ?? nil, let value = texts.count > 1 ? texts[1] : "" else {
                throw .invalid(
                    "the query is not percent-encoded UTF-8", remedy: "encode it (RFC 3986)")
            }
            guard values.updateValue(.string(value), forKey: name) == nil else {
                throw .invalid("\(Self.quoted(name)) stands twice", remedy: "give it once")
            }
        }
    }

    /// The fields of a body, a JSON object; an empty body has none.
    init(body: [UInt8]) throws(ControlError) {
        guard !body.isEmpty else {
            self.init(place: "body", values: [:])
            return
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw .invalid("the body is no JSON: \(error)", remedy: "send a JSON object")
        }
        guard let members = value.members else {
            throw .invalid("the body is no JSON object", remedy: "send a JSON object")
        }
        self.init(place: "body", values: members)
    }

    /// The fields of a path that its template names.
    init(path: [String: String]) {
        self.init(place: "path", values: path.mapValues(JSONValue.string))
    }

    /// Refuses fields that nobody took.
    func finish() throws(ControlError) {
        guard let name = values.keys.min() else { return }
        throw .invalid(
            "\(Self.quoted(name)) is nothing that can stand in the \(place)", remedy: "leave it out"
        )
    }

    // MARK: Values

    /// A text of visible ASCII; `nil` where it is missing.
    mutating func text(_ name: String, maximumOctets: Int) throws(ControlError) -> String? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        guard case .string(let text) = value, (1...maximumOctets).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .invalid(
                "\(name) is no text of 1 to \(maximumOctets) visible ASCII characters",
                remedy: "correct it")
        }
        return text
    }

    /// A text of printable ASCII, spaces included; `nil` where it is missing.
    mutating func phrase(_ name: String, maximumOctets: Int) throws(ControlError) -> String? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        return try Self.phrase(value, name, maximumOctets: maximumOctets)
    }

    /// A list of such texts; empty where it is missing.
    mutating func phrases(
        _ name: String, maximumCount: Int, maximumOctets: Int
    ) throws(ControlError) -> [String] {
        guard let value = values.removeValue(forKey: name) else { return [] }
        guard let elements = value.elements, elements.count <= maximumCount else {
            throw .invalid("\(name) is no list of at most \(maximumCount)", remedy: "correct it")
        }
        var phrases: [String] = []
        for element in elements {
            phrases.append(try Self.phrase(element, name, maximumOctets: maximumOctets))
        }
        return phrases
    }

    private static func phrase(
        _ value: JSONValue, _ name: String, maximumOctets: Int
    ) throws(ControlError) -> String {
        guard case .string(let text) = value, text.utf8.count <= maximumOctets,
            text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else {
            throw .invalid(
                "\(name) is no text of at most \(maximumOctets) printable ASCII characters",
                remedy: "correct it")
        }
        return text
    }

    /// A domain name in lower case with the dot at the end; `nil` where it is missing.
    mutating func domainName(_ name: String) throws(ControlError) -> String? {
        guard let text = try text(name, maximumOctets: Self.maximumNameOctets) else { return nil }
        guard text == "." || !text.hasPrefix(".") && !text.contains("..") else {
            throw .invalid("\(name) has an empty label", remedy: "correct it")
        }
        return text.lowercased() + (text.hasSuffix(".") ? "" : ".")
    }

    /// A record type in upper case; `nil` where it is missing.
    mutating func recordType(_ name: String) throws(ControlError) -> String? {
        guard let text = try text(name, maximumOctets: Self.maximumTypeOctets) else { return nil }
        guard text.utf8.allSatisfy({ Unicode.Scalar($0).properties.isAlphabetic || isDigit($0) })
        else { throw .invalid("\(name) is no record type", remedy: "give one, such as A") }
        return text.uppercased()
    }

    /// True or false, as JSON or as a word; false where it is missing.
    mutating func flag(_ name: String) throws(ControlError) -> Bool {
        try flagIfGiven(name) ?? false
    }

    /// The same; `nil` where it is missing.
    mutating func flagIfGiven(_ name: String) throws(ControlError) -> Bool? {
        switch values.removeValue(forKey: name) {
        case nil: return nil
        case .bool(let flag): return flag
        case .string("true") where place != "body": return true
        case .string("false") where place != "body": return false
        default: throw .invalid("\(name) is neither true nor false", remedy: "correct it")
        }
    }

    /// A number in decimal digits; `nil` where it is missing.
    mutating func number(
        _ name: String, in range: ClosedRange<UInt64>
    ) throws(ControlError) -> UInt64? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        guard case .string(let text) = value, !text.isEmpty, text.utf8.allSatisfy(isDigit),
            let number = UInt64(text), range.contains(number)
        else {
            throw .invalid(
                "\(name) is no number from \(range.lowerBound) to \(range.upperBound)",
                remedy: "correct it")
        }
        return number
    }

    /// A whole number as JSON; `nil` where it is missing.
    mutating func integer(
        _ name: String, in range: ClosedRange<UInt64>
    ) throws(ControlError) -> UInt64? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        let number: UInt64? =
            switch value {
            case .integer(let number): UInt64(exactly: number)
            // 900.0 is the same number as 900 (JSON Schema 2020-12, section 4.2.3).
            case .real(let number): UInt64(exactly: number)
            case .null, .bool, .string, .array, .object: nil
            }
        guard let number, range.contains(number) else {
            throw .invalid(
                "\(name) is no number from \(range.lowerBound) to \(range.upperBound)",
                remedy: "correct it")
        }
        return number
    }

    /// The fields of an object within the body; `nil` where it is missing.
    mutating func object(_ name: String) throws(ControlError) -> Self? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        guard let members = value.members else {
            throw .invalid("\(name) is no JSON object", remedy: "send one")
        }
        return Self(place: name, values: members)
    }

    /// A name that may be anything, fit for a message.
    private static func quoted(_ name: String) -> String {
        let longest = 64
        return String(name.prefix(longest)).printable
    }

    private func isDigit(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
    }
}
