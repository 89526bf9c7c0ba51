import HTTPClient
import Testing

@Suite struct JSONTests {
    private static func parse(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }

    private static func refusal(of text: String) -> String? {
        #expect(throws: JSONError.self) { try parse(text) }?.description
    }

    @Test func everyKindOfValueIsRead() throws {
        let value = try Self.parse(
            #" {"a": [1, -2.5, 1e3, "x", true, false, null], "b": {}, "c": []} "#)
        #expect(
            value
                == .object([
                    "a": .array([
                        .integer(1), .real(-2.5), .real(1000), .string("x"), .bool(true),
                        .bool(false),
                        .null,
                    ]), "b": .object([:]), "c": .array([]),
                ]))
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00fc""#, "ü"),
        (#""\ud83d\ude00""#, "😀"), (#""\ud83d""#, "\u{FFFD}"), (#""\ud83dx""#, "\u{FFFD}x"),
        (#""\ude00""#, "\u{FFFD}"), (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""ü""#, "ü"),
        (#""\u0000""#, "\u{0}"),
    ])
    func escapesAreRead(text: String, expected: String) throws {
        #expect(try Self.parse(text) == .string(expected))
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "\"", "\"\\",
        "\"\\u12", "tru", "nul", "1 2", "{a: 1}", "[1 2]", "-", "1e", "nan", "1e999", "\"\\x\"",
        "\"\\u+123\"",
    ])
    func whatIsNoDocumentIsRefused(text: String) {
        #expect(throws: JSONError.self) { try Self.parse(text) }
    }

    @Test func aDocumentCutAnywhereIsRefused() throws {
        let text = #"{"data": [{"a": "b\u00fc\n", "c": [1, true, null, {"d": -1}]}]}"#
        let octets = Array(text.utf8)
        for length in 0..<octets.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(octets[..<length])) }
        }
        _ = try JSONValue(parsing: octets)
    }

    @Test func nestingIsBounded() throws {
        let deep = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        _ = try Self.parse(deep(JSONValue.maximumDepth))
        #expect(
            Self.refusal(of: deep(JSONValue.maximumDepth + 1))
                == "nested more than 64 deep at octet 64")
        #expect(throws: JSONError.self) { try Self.parse(deep(100_000)) }
        let side = String(repeating: "[],{},", count: 1_000)
        #expect(try Self.parse("[\(side)0]").elements?.count == 2_001)
    }

    @Test func theNumberOfValuesIsBounded() throws {
        let list = "[" + String(repeating: "0,", count: JSONValue.maximumValues)
        // The document and its array are counted, then each comma.
        #expect(
            Self.refusal(of: list)
                == "more than 3000000 values at octet \(2 * (JSONValue.maximumValues - 1))")
    }

    @Test func bracketsInStringsAreNotCounted() throws {
        let text = String(repeating: #"[{,\"\\"#, count: 1_000)
        #expect(
            try Self.parse("\"\(text)\"") == .string(String(repeating: #"[{,"\"#, count: 1_000)))
        #expect(
            try Self.parse("{\"\(text)\": 1}").members?.count == 1)
    }

    @Test func octetsThatAreNoUTF8AreReplaced() throws {
        let value = try JSONValue(parsing: [0x22, 0xFF, 0x22])
        #expect(value == .string("\u{FFFD}"))
        // A lead octet must not swallow the quote behind it, nor a backslash a bad octet.
        let octets = Array(#"{"a": ""#.utf8) + [0xE2] + Array(#"", "b": "\ud83d"}"#.utf8)
        #expect(
            try JSONValue(parsing: octets)
                == .object(["a": .string("\u{FFFD}"), "b": .string("\u{FFFD}")]))
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0x5C, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0xFF]) }
    }

    @Test func onlyHalfPairsAreReplaced() throws {
        let value = try Self.parse(#"["\ude00", "\\ud83d", "\ud83d\ud83d\ude00", "\u00fc\\"]"#)
        let texts = ["\u{FFFD}", #"\ud83d"#, "\u{FFFD}😀", #"ü\"#]
        #expect(value == .array(texts.map(JSONValue.string)))
    }

    @Test func numbersThatDoNotFitBecomeReals() throws {
        #expect(
            try Self.parse("[9223372036854775807, -9223372036854775808]")
                == .array([.integer(.max), .integer(.min)]))
        #expect(
            try Self.parse("[9223372036854775808, 24, -1.5, 9007199254740993]")
                == .array([
                    .real(0x1p63), .integer(24), .real(-1.5), .real(0x1p53),
                ]))
        let octets = Array(#"[18446744073709551616, ""#.utf8) + [0xFF] + Array("\"]".utf8)
        #expect(try JSONValue(parsing: octets) == .array([.real(0x1p64), .string("\u{FFFD}")]))
    }

    @Test func theLastOfEqualNamesCounts() throws {
        #expect(try Self.parse(#"{"a": 1, "b": 2, "a": 3}"#)["a"] == .integer(3))
    }

    @Test(arguments: [
        (#"{"a": 1,}"#, "string or '}' expected", 9), ("[1 2]", "']' expected", 4),
        (#"["secret": 1]"#, "']' expected", 10), ("1 2", "end of file expected", 3),
        (#"{"a\u0000": 1}"#, "NUL byte in object key not supported", 10),
        ("\"\n\"", "unexpected newline", 1), ("\"\u{1}\"", "control character 0x1", 1),
        ("[1e999]", "real number overflow", 6), ("[nan]", "invalid token", 4),
    ])
    func anErrorNamesThePlaceAndQuotesNothing(text: String, reason: String, offset: Int) {
        #expect(Self.refusal(of: text) == "\(reason) at octet \(offset)")
    }

    @Test func scalarsAreTakenForEachOther() {
        #expect(JSONValue.string("24").integer == 24)
        #expect(JSONValue.real(24).integer == 24)
        #expect(JSONValue.real(24.5).integer == nil)
        #expect(JSONValue.bool(true).integer == 1)
        #expect(JSONValue.integer(7).text == "7")
        #expect(JSONValue.integer(0).flag == false)
        #expect(JSONValue.string("on").flag == true)
        #expect(JSONValue.string("maybe").flag == nil)
        #expect(JSONValue.array([]).text == nil)
        #expect(JSONValue.object(["a": .null])["a"] == nil)
    }
}
