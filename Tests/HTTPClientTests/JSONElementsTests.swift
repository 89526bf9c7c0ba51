import HTTPClient
import Testing

@Suite struct JSONElementsTests {
    private static func elements(_ text: String) throws -> [String]? {
        let octets = Array(text.utf8)
        return try JSONElements.ranges(of: "list", in: octets).map { ranges in
            ranges.map { String(decoding: octets[$0], as: UTF8.self) }
        }
    }

    @Test(arguments: [
        (#"{"list": [1, {"a": [2, "]"]}, "x,\"y"]}"#, ["1", #" {"a": [2, "]"]}"#, #" "x,\"y""#]),
        (#"{"a": {"list": [1]}, "b": "list", "list": [2]}"#, ["2"]),
        (#"{"a": [["list"]], "list": [], "z": [3]}"#, []), (#"{"list": [ ] }"#, []),
        (#"{"list":[[],{}]}"#, ["[]", "{}"]),
        // Whoever reads the elements finds the mistake.
        (#"{"list": [1,]}"#, ["1", ""]), (#"{"list": [,]}"#, ["", ""]),
        (#"{"list": [1 2, }]}"#, nil),
    ])
    func elementsAreToldApart(text: String, expected: [String]?) throws {
        if let expected {
            #expect(try Self.elements(text) == expected)
        } else {
            #expect((try? Self.elements(text)) ?? nil == nil)
        }
    }

    @Test(arguments: [
        "{}", "[]", "5", #"{"list": 5}"#, #"{"list": {"a": 1}}"#, #"{"list": [1], "list": [2]}"#,
        #"{"list": [1], "list": 2}"#, #"{"list": 2, "list": [1], "list": null}"#,
        #"{"l\u0069st": [1], "list": [2]}"#, #"[{"list": [1]}]"#,
    ])
    func whatIsDoubtfulIsNot(text: String) throws {
        #expect(try Self.elements(text) == nil)
    }

    @Test(arguments: [
        #"{"list": [1]"#, #"{"list": [1]} x"#, #"{"a": , "list": [1]}"#, #"{"list" [1]}"#,
    ])
    func whatIsAroundThemIsRead(text: String) {
        #expect(((try? Self.elements(text)) ?? nil) == nil)
    }

    @Test func theBoundsHold() {
        let deep = String(repeating: "[", count: JSONValue.maximumDepth)
        #expect(throws: JSONError.self) { try Self.elements("{\"list\": [\(deep)") }
        let many = String(repeating: ",", count: JSONValue.maximumValues)
        #expect(throws: JSONError.self) { try Self.elements("{\"list\": [\(many)") }
    }

    /// Elements that are all documents stand in an array that is one, and the other way round.
    @Test func theyAreWhatTheWholeSays() throws {
        let text =
            #"{"a": "list", "list": [1, -2.5, "\u00fc,]\"", {"b": [true, {}]}, [[]], null], "#
            + #""c": 7}"#
        var octets = Array(text.utf8)
        let replacements = Array("{}[],:\"\\ 1x".utf8)
        for position in octets.indices {
            let octet = octets[position]
            for replacement in replacements {
                octets[position] = replacement
                let whole = try? JSONValue(parsing: octets)
                if let ranges = (try? JSONElements.ranges(of: "list", in: octets)) ?? nil {
                    let parts = ranges.map { try? JSONValue(parsing: Array(octets[$0])) }
                    let isRead = parts.allSatisfy { $0 != nil }
                    #expect(isRead == (whole != nil))
                    if isRead { #expect(whole?["list"] == .array(parts.compactMap(\.self))) }
                }
            }
            octets[position] = octet
        }
    }
}
