import HTTPClient
import Testing

@testable import PowerDNS

/// The quick way of reading record sets says what jansson says, or nothing.
@Suite struct PlainReaderTests {
    private static let plain =
        #"{"comments": [{"account": "a", "content": "\"b\\", "modified_at": 1}], "name": "h.x.", "#
        + #""records": [{"content": "192.0.2.1", "disabled": false}, "#
        + #"{"disabled": true, "content": ""}], "ttl": 60, "type": "A"}"#

    private static func both(_ octets: [UInt8]) -> (plain: RawSet?, tree: RawSet?) {
        let document = try? JSONValue(parsing: octets)
        return (
            PlainReader.set(octets, at: octets.indices), document.flatMap { try? RawSet($0) }
        )
    }

    @Test(arguments: [
        plain, #"{"name":"","type":"","ttl":0,"records":[]}"#,
        " {\"type\" :\t\"A\",\r\n\"ttl\": 4294967295 , \"name\":\"x\",\"records\": [ ] } ",
    ])
    func whatIsPlainIsRead(text: String) {
        let both = Self.both(Array(text.utf8))
        #expect(both.plain != nil)
        #expect(both.plain == both.tree)
    }

    @Test(arguments: [
        #"{"name":"\u0061","type":"","ttl":0,"records":[]}"#,
        #"{"name":"ü","type":"","ttl":0,"records":[]}"#,
        #"{"name":"","type":"","ttl":-1,"records":[]}"#,
        #"{"name":"","type":"","ttl":1e2,"records":[]}"#,
        #"{"name":"","type":"","ttl":01,"records":[]}"#,
        #"{"name":"","type":"","ttl":"60","records":[]}"#,
        #"{"name":"","type":"","ttl":99999999999,"records":[]}"#,
        #"{"name":"","name":"","type":"","ttl":0,"records":[]}"#,
        #"{"name":"","type":"","ttl":0,"records":[],"more":1}"#,
        #"{"name":"","type":"","ttl":0}"#, #"{"name":"","type":"","ttl":0,"records":[]}}"#,
        #"{"name":"","type":"","ttl":0,"records":[],}"#, "", "{}", "[]", "5",
        #"{"name":"","type":"","ttl":0,"records":[{"content":"x"}]}"#,
    ])
    func whatIsNotIsLeft(text: String) {
        #expect(PlainReader.set(Array(text.utf8), at: 0..<text.utf8.count) == nil)
    }

    @Test func theyNeverDisagree() {
        var octets = Array(Self.plain.utf8)
        for length in octets.indices {
            #expect(PlainReader.set(octets, at: 0..<length) == nil)
        }
        for position in octets.indices {
            let octet = octets[position]
            for other in UInt8.min...UInt8.max {
                octets[position] = other
                let both = Self.both(octets)
                if both.plain != nil { #expect(both.plain == both.tree, "\(position) \(other)") }
            }
            octets[position] = octet
        }
    }
}
