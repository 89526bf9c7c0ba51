import Inventory
import TestSupport
import Testing

@Suite struct DomainNameTests {
    @Test func namesReadBackAsTheyPrint() throws {
        var random = RandomInventory(seed: 4)
        for _ in 0..<2_000 {
            var name = DomainName.root
            for _ in 0..<random.number(in: 0...5) {
                name = DomainName(label: random.octets(1...63), in: name) ?? name
            }
            #expect(DomainName(name.description) == name)
            #expect(DomainName(wire: name.wire) == name)
            #expect(name.labels.count == name.labelCount)
        }
    }

    @Test(arguments: [
        "", "..", "a..b", ".a", "a b", "é.example", "a\\", "a\\25", "a\\256b", "a\\25xb",
        String(repeating: "a", count: 64), "a\u{7}b",
    ])
    func malformedNamesAreRefused(text: String) {
        #expect(DomainName(text) == nil)
    }

    @Test func limitsOfRFC1035Section2_3_4() {
        let label = String(repeating: "a", count: 63)
        let longest = [label, label, label, String(repeating: "b", count: 61)]
            .joined(separator: ".")
        #expect(DomainName(longest)?.wire.count == 255)
        #expect(DomainName(longest + "c") == nil)
        #expect(DomainName(longest + ".c") == nil)
    }

    @Test func wireFormSurvivesTruncationAtEveryLength() throws {
        let name = try #require(DomainName("web1.example.com"))
        for length in 0..<name.wire.count {
            #expect(DomainName(wire: name.wire.prefix(length)) == nil)
        }
        #expect(DomainName(wire: name.wire + [0]) == nil)
        #expect(DomainName(wire: [0xC0, 12]) == nil)
    }

    @Test func lettersAreFoldedAndNothingElse() throws {
        #expect(DomainName("WEB1.Example.COM") == DomainName("web1.example.com."))
        let bracket = try #require(DomainName(label: [0x5B], in: .root))
        let brace = try #require(DomainName(label: [0x7B], in: .root))
        #expect(bracket != brace)
    }

    @Test func canonicalOrderOfRFC4034Section6_1() {
        let ordered = [
            "example", "a.example", "yljkjljk.a.example", "Z.a.example", "zABC.a.EXAMPLE",
            "z.example", "\\001.z.example", "*.z.example", "\\200.z.example",
        ].compactMap { DomainName($0) }
        #expect(ordered.count == 9)
        #expect(ordered.sorted() == ordered && Array(ordered.reversed()).sorted() == ordered)
    }

    @Test func ancestryGoesByLabels() throws {
        let zone = try #require(DomainName("example.com"))
        let below = try #require(DomainName("web.example.com"))
        #expect(below.isAtOrBelow(zone))
        #expect(zone.isAtOrBelow(zone) && zone.isAtOrBelow(.root))
        let beside = try #require(DomainName("badexample.com"))
        #expect(!beside.isAtOrBelow(zone))
        // The bytes of the zone's name inside one label are no label boundary.
        let fake = try #require(DomainName(label: zone.wire.dropLast(), in: .root))
        #expect(!fake.isAtOrBelow(zone))
        #expect(zone.parent == DomainName("com") && DomainName.root.parent == nil)
    }

    @Test(arguments: ["web-1", "a", "1", "xn--bcher-kva", String(repeating: "z", count: 63)])
    func legalHostLabels(text: String) {
        #expect(HostLabel(text)?.text == text)
    }

    @Test(arguments: [
        ("web_1", "web-1"), ("VM 103", "vm-103"), ("-a-", "a"), ("🐧", nil), ("", nil),
        ("a🐧b", "a-b"), (String(repeating: "z", count: 64), String(repeating: "z", count: 63)),
    ])
    func illegalLabelsGetASuggestionThatIsLegal(text: String, suggestion: String?) {
        #expect(HostLabel(text) == nil)
        #expect(HostLabel.suggestion(for: text) == suggestion)
        #expect(suggestion.map { HostLabel($0) != nil } ?? true)
    }
}
