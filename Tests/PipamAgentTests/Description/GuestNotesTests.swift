import Inventory
import PipamAgent
import Testing

/// The block in a guest's notes.
@Suite struct GuestNotesTests {
    private func block(_ content: String) -> GuestNotes.Reading {
        GuestNotes.read("# web1\n\n```pipam\n\(content)\n```\n")
    }

    @Test func everyKeyIsRead() throws {
        let reading = block(
            """
            ignore = true
            name = "WEB1"
            aliases = ["www.example.com", "mail", "mail"]
            service = "api"
            primary_mac = "BC-24-11-AA-BB-01"
            tags = ["Prod", "blue"]
            [mapping]
            "192.168.0.0/16" = "lab.example.com."
            "10.0.0.7/8" = "example.com"
            """)
        var expected = GuestSettings()
        expected.isIgnored = true
        expected.name = "web1"
        expected.aliases = ["mail", "www.example.com"]
        expected.service = "api"
        expected.primaryMAC = MACAddress("bc:24:11:aa:bb:01")
        expected.tags = ["blue", "prod"]
        let domain = try #require(DomainName("example.com"))
        let lab = try #require(DomainName("lab.example.com"))
        expected.mapping = [
            .init(network: try #require(CIDR("10.0.0.0/8")), domain: domain),
            .init(network: try #require(CIDR("192.168.0.0/16")), domain: lab),
        ]
        #expect(reading == GuestNotes.Reading(settings: expected))
    }

    @Test(arguments: [
        "```pipam\nignore = true\n```", "~~~pipam\nignore = true\n~~~",
        "```` pipam \nignore = true\n````", "   ```pipam\n   ignore = true\n  ```  ",
        "text\r\n```pipam\r\nignore = true\r\n```\r\nmore", "```pipam\rignore = true\r```",
        "```pipam\nignore = true",
        "````pipam\nignore = true\n```\n````".replacing("```\n", with: "#\n"),
        "~~~ PIPAM\nignore = true\n~~~~~\n", "```text\nx\n```\n```pipam\nignore = true\n```",
        "~~~text\n```\n~~~\n```pipam\nignore = true\n```", "``\n```pipam\nignore = true",
        "```a`b\n```pipam\nignore = true", "```pipam title=x\nignore = true\n```",
        "~~~ Pipam\t`x` y\nignore = true\n~~~",
    ])
    func theBlockIsFound(notes: String) {
        #expect(GuestNotes.read(notes).settings.isIgnored, "\(GuestNotes.read(notes))")
    }

    @Test(arguments: [
        "", "ignore = true", "    ```pipam\n    ignore = true\n    ```",
        "``pipam\nignore = true\n``",
        "```pipam2\nignore = true\n```", "```toml pipam\nignore = true\n```",
        "```pipam `x`\nignore = true\n```", "````text\n```pipam\nignore = true\n```\n````",
        "~~~text\n```pipam\nignore = true\n```\n~~~", "\t```pipam\nignore = true\n",
        "```pipam\n```\nignore = true", "```text\n```pipam\nignore = true\n",
    ])
    func noBlockIsFound(notes: String) {
        #expect(GuestNotes.read(notes) == GuestNotes.Reading())
    }

    @Test(arguments: [
        ("nmae = \"x\"", "line 4: unknown key nmae; did you mean name?"),
        ("colour = 1", "line 4: unknown key colour; known are ignore, name, mapping, aliases"),
        ("Name = \"x\"", "line 4: unknown key Name; did you mean name?"),
        ("\nignore = 1", "line 5: ignore: found the number 1, wanted true or false"),
        ("name = \"a b\"", "line 4: name: found the text \"a b\", wanted a name such as web1"),
        ("name = \"\"", "line 4: name: found the text \"\", wanted a name"),
        ("name = \".\"", "line 4: name: found the text \".\", wanted a name"),
        ("aliases = \"a\"", "line 4: aliases: found the text \"a\", wanted a list of texts"),
        ("aliases = [\n\"a\",\n1]", "line 6: aliases: found the number 1, wanted a name"),
        ("service = [\"a\"]", "line 4: service: found a list, wanted a name"),
        ("primary_mac = \"x\"", "line 4: primary_mac: found the text \"x\", wanted a hardware"),
        ("tags = [\"a b\"]", "line 4: tags: found the text \"a b\", wanted a tag without blanks"),
        ("mapping = []", "line 4: mapping: found a list, wanted a table"),
        (
            "[mapping]\n\"10.0.0.1\" = \"a\"",
            "line 5: mapping: found \"10.0.0.1\", wanted a network"
        ),
        (
            "[mapping]\n\"10.0.0.0/8\" = \"a_b\"",
            "line 5: 10.0.0.0/8: found the text \"a_b\", wanted"
        ),
        (
            "[mapping]\n\"10.0.0.0/8\" = \"a\"\n\"10.1.0.0/8\" = \"b\"",
            "line 6: mapping: 10.0.0.0/8 stands here twice"
        ),
        ("ignore = ", "line 4: a value is missing"),
        ("ignore = true\nignore = true", "line 5: ignore: given twice; remove one"),
        ("```\n~~~pipam two", "line 5: a second pipam block; join the two"),
        ("```\n~~~pipam", "line 5: a second pipam block; join the two"),
    ])
    func aMistakeDisablesTheBlock(content: String, start: String) {
        let reading = block(content)
        #expect(reading.settings == GuestSettings())
        #expect(reading.problem?.hasPrefix(start) == true, "\(reading.problem ?? "")")
    }

    @Test func amountsAreBounded() {
        func list(_ count: Int) -> String {
            "[" + (0..<count).map { "\"n\($0)\"" }.joined(separator: ", ") + "]"
        }
        #expect(block("aliases = \(list(32))").problem == nil)
        #expect(
            block("aliases = \(list(33))").problem
                == "line 4: aliases: 33 entries; at most 32 are allowed")
        #expect(block("tags = \(list(64))").problem == nil)
        #expect(
            block("tags = \(list(65))").problem
                == "line 4: tags: 65 entries; at most 64 are allowed")
        let networks = (0..<33).map { "\"10.\($0).0.0/16\" = \"example.com\"" }
        #expect(
            block("[mapping]\n" + networks.joined(separator: "\n")).problem
                == "line 4: mapping: 33 entries; at most 32 are allowed")
        let long = String(repeating: "x", count: GuestNotes.maximumOctets + 1)
        #expect(GuestNotes.read(long).problem == "the notes are longer than 65536 octets")
    }

    @Test func whateverStandsInTheNotesIsSurvived() {
        let depth = 20_000
        let hostile = [
            "a" + String(repeating: ".a", count: depth) + " = 1",
            "a = " + String(repeating: "[", count: depth),
            "a = " + String(repeating: "{a=", count: depth),
            "a = 1" + String(repeating: "0", count: depth),
            "a = 0x" + String(repeating: "f", count: depth),
            "a = 1e" + String(repeating: "9", count: depth), "a = \u{0}", "a = \"\\u0000\"",
            "a = \"\\UFFFFFFFF\"", "a = nan", "a = -inf", "a = 9999-99-99", "a = 24:61:61",
            String(repeating: "[[a]]\n", count: 9_000), "\u{FEFF}a = 1", "a = '\u{202E}'",
            String(repeating: "[a.b.c.d.e.f]\n", count: 2), "[]", "[[]]", "[a]]", "= = =",
        ]
        for content in hostile {
            #expect(block(content).problem != nil, "\(content.prefix(40))")
        }
    }

    @Test func randomNotesAreSurvived() {
        var random = SplitMix(state: 2_026)
        let words = [
            "```pipam\n", "```", "~~~", "\n", "\r", "ignore", "name", " = ", "true", "\"", "'", "[",
            "]", "{", "}", "mapping", ".", "10.0.0.0/8", "\\u", "0000", "#", ",", "\u{e4}", "\u{0}",
            "-", "_", "1", "e9", "aliases", "\"\"\"", "'''", "1979-05-27", "inf",
        ]
        for _ in 0..<5_000 {
            let count = Int.random(in: 0..<40, using: &random)
            let notes =
                "```pipam\n"
                + (0..<count).map { _ in
                    words[Int.random(in: 0..<words.count, using: &random)]
                }.joined()
            let reading = GuestNotes.read(notes)
            #expect(reading.problem == nil || reading.settings == GuestSettings())
        }
    }

    @Test func theReaderRemembersWithinItsBound() {
        let reader = GuestNotesReader()
        let padding = String(repeating: "x", count: 60_000)
        // More than fits, and then the first again, which was forgotten.
        for number in Array(0..<150) + [0, 149] {
            let notes = "```pipam\nname = \"n\(number)\"\n```\n\(padding)"
            #expect(reader.read(notes).settings.name == "n\(number)")
        }
        #expect(reader.read("no block") == GuestNotes.Reading())
    }
}
