import HTTPClient
import Testing

@Suite struct JSONTests {
    private static func parse(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
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
        #expect(throws: JSONError.self) { try Self.parse(deep(100_000)) }
    }

    @Test func octetsThatAreNoUTF8AreReplaced() throws {
        let value = try JSONValue(parsing: [0x22, 0xFF, 0x22])
        #expect(value == .string("\u{FFFD}"))
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
