import PipamAgent
import Testing

/// The readers alone: lines, bounds, and that no bytes whatever bring them down.
@Suite struct DocumentTests {
    /// Each value as `path@line`.
    private func places(_ node: DocumentNode, _ path: String = "") -> [String] {
        switch node.value {
        case .table(let entries):
            entries.flatMap { entry in
                ["\(path).\(entry.key)@\(entry.line)"] + places(entry.node, path + "." + entry.key)
            }
        case .list(let elements):
            elements.enumerated().flatMap { index, element in
                ["\(path)[\(index)]@\(element.line)"] + places(element, "\(path)[\(index)]")
            }
        case .string, .integer, .boolean, .null, .unsupported:
            []
        }
    }

    private func read(_ text: String, _ format: DocumentFormat = .toml) throws -> DocumentNode {
        try format.read(Array(text.utf8))
    }

    private func reason(_ text: String, _ format: DocumentFormat = .toml) -> String {
        do {
            _ = try format.read(Array(text.utf8))
            return ""
        } catch {
            return "\(error.line): \(error.reason)"
        }
    }

    @Test func linesOfTOML() throws {
        let text = #"""
            # comment with = and [brackets]
            a = 1
            "b c".d = '''
            [not.a.header]
            x = 1
            '''
            [t]   # comment
            list = [ # comment
              "1]",
              { x = 1, y."z" = 2 },
            ]
            [[t.u]]
            v = "\"]"
            [[t.u]]
            v = -12
            [t.u.w]
            v = """"x""""
            """#
        #expect(
            places(try read(text)) == [
                ".a@2", ".b c@3", ".b c.d@3", ".t@7", ".t.list@8", ".t.list[0]@9",
                ".t.list[1]@10", ".t.list[1].x@10", ".t.list[1].y@10", ".t.list[1].y.z@10",
                ".t.u@12", ".t.u[0]@12", ".t.u[0].v@13", ".t.u[1]@14", ".t.u[1].v@15",
                ".t.u[1].w@16", ".t.u[1].w.v@17",
            ])
    }

    @Test func linesOfYAMLAndJSON() throws {
        let yaml = "# c\na: 1\nb:\n  - x\n  - y: z\nc: {d: [e]}\n"
        #expect(
            places(try read(yaml, .yaml)) == [
                ".a@2", ".b@3", ".b[0]@4", ".b[1]@5", ".b[1].y@5", ".c@6", ".c.d@6", ".c.d[0]@6",
            ])
        let json = "{\n\"a\": 1,\n\"b\": [\n  true,\n  null ] }"
        #expect(places(try read(json, .json)) == [".a@2", ".b@3", ".b[0]@4", ".b[1]@5"])
    }

    @Test func yamlScalarsAreThoseOfTheCoreSchema() throws {
        let text = "a: no\nb: 1:30\nc: 010\nd: '1'\ne: ~\nf: True\ng: 1.5\nh: 10.0.0.1\ni: -3\nj:\n"
        let node = try read(text, .yaml)
        guard case .table(let entries) = node.value else {
            Issue.record("no table")
            return
        }
        #expect(
            entries.map(\.node.value) == [
                .string("no"), .string("1:30"), .integer(10), .string("1"), .null, .boolean(true),
                .unsupported("a fraction"), .string("10.0.0.1"), .integer(-3), .null,
            ])
    }

    @Test(arguments: [
        ("a = ", "1: a value is missing"), ("a = 1\nb", "2: '=' is missing"),
        ("a = \"x\ny\"", "1: a string does not end"), ("a = [1\n", "2: ',' is missing"),
        ("[a\n", "1: ']' is missing"), ("= 1", "1: a key is missing"),
        ("a = 1 b = 2", "1: something stands behind"),
        ("a = \"x\" b", "1: something stands behind"),
        ("a = \"\\u0000\"", "1: a \\u without a character to use"),
        ("\n\"\\U00000000\" = 1", "2: a \\U without a character to use"),
        ("a = \"\\uD800\"", "1: a \\u without a character to use"),
        ("a = 1\nb = \"\u{0}\"", "2: a NUL octet"),
        ("a = 1\na = 2", "2: a: given twice; remove one"),
        ("a = 99999999999999999999", "1: a: found neither true nor false nor a"),
        (
            "[a]\nb.\"c d\" = 1.5",
            "2: a.b.\"c d\": found neither true nor false nor a whole number"
        ),
        ("a = 1979-05-27", "1: a: found neither"), ("a = _1", "1: a: found neither"),
        ("a = \"\"\"x", "1: a string does not end"),
        ("a.\"b.c\" = 1\na = 3", "2: a: given twice"),
        ("a = 3\na.\"b.c\" = 1", "2: a: given twice"),
        ("a = 3\n[a.b]", "2: a: given twice"), ("[a.b]\n[a]\nb = 1", "3: a.b: given twice"),
        ("[a]\n[a]", "2: a: given twice"), ("a = {b = {}, b.c = 1}", "1: a.b: given twice"),
        ("a = {}\n[a]", "2: a: given twice"), ("a = [{b = 1}]\n[[a]]", "2: a: given twice"),
    ])
    func brokenTOMLIsRefusedWithItsLine(text: String, start: String) {
        let found = reason(text)
        #expect(found.hasPrefix(start), "\(found)")
    }

    @Test func whatOnlyLooksGivenTwiceIsTaken() {
        let texts = [
            "a.b = 1\na.c = 2", "[a.b]\n[a]\nc = 1", "[a]\nb.c = 1\nb.d = 2",
            "a = [{b = 1}, {b = 2}]",
            "[[a]]\nb = 1\n[a.c]\n[[a]]\nb = 1\n[a.c]",
            "a = {b = {c = 1, d = 2}, e.f = 1, e.g = 2}",
        ]
        for text in texts { #expect(reason(text) == "") }
    }

    @Test func invalidUTF8IsRefusedWithItsLine() {
        for format in [DocumentFormat.toml, .yaml] {
            let error = #expect(throws: DocumentError.self) {
                try format.read(Array("a\nb".utf8) + [0xFF])
            }
            #expect(error == DocumentError(line: 2, reason: "not UTF-8 text"))
        }
    }

    @Test func depthIsBounded() {
        let deep = 100_000
        let open = String(repeating: "[", count: deep)
        #expect(reason("a = " + open) == "1: lists and tables nested more than 16 deep")
        let tables = String(repeating: "{ a = ", count: deep)
        #expect(reason("a = " + tables) == "1: lists and tables nested more than 16 deep")
        let dotted = "a" + String(repeating: ".a", count: deep)
        #expect(reason(dotted + " = 1") == "1: a key of more than 16 parts")
        #expect(reason("[\(dotted)]") == "1: a key of more than 16 parts")
        let inside = "a = { " + String(repeating: "a.a.a.a.a.a.a.a.a.a.a.a.a = { ", count: 10)
        #expect(reason(inside) == "1: tables nested more than 16 deep")
        #expect(reason("a: " + open, .yaml) == "1: lists and tables nested more than 32 deep")
        #expect(
            reason(String(repeating: "- ", count: deep), .yaml)
                == "1: lists and tables nested more than 32 deep")
        let nested = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(reason("a: " + nested, .yaml) == "1: lists and tables nested more than 32 deep")
    }

    @Test func aliasesAreBounded() throws {
        let few = "a: &x [1, 2]\nb: *x\nc: \"*.example.com\"\n"
        #expect(places(try read(few, .yaml)).contains(".b[1]@1"))
        let bomb = (1...9).map { level in
            let aliases = [String](repeating: "*l\(level - 1)", count: 9).joined(separator: ", ")
            return "l\(level): &l\(level) [\(aliases)]"
        }
        let text = "l0: &l0 [x]\n" + bomb.joined(separator: "\n")
        #expect(reason(text, .yaml) == "3: more than 16 aliases (*name)")
        let wide = "a: &a [\(String(repeating: "1,", count: 40_000))1]\nb: *a\n"
        #expect(reason(wide, .yaml) == "1: more than 65536 values")
        let alias = "an alias (*name), and no &name before it; a text with * stands in quotes"
        #expect(reason("a: *b\n", .yaml) == "1: " + alias)
        #expect(reason("\na: &a [*a]\n", .yaml) == "2: " + alias)
    }

    @Test func aliasesAreBoundedInDepth() {
        func nested(_ depth: Int, _ inner: String) -> String {
            String(repeating: "[", count: depth) + inner + String(repeating: "]", count: depth)
        }
        let start = "a: &a \(nested(16, "x"))\nb: "
        #expect(reason(start + nested(15, "*a"), .yaml) == "")
        let error = "1: lists and tables nested more than 32 deep"
        #expect(reason(start + nested(16, "*a"), .yaml) == error)
    }

    @Test(arguments: [
        ("a: 1\n---\nb: 2\n", "2: a second document; one is wanted"),
        ("a: !!str 1\n", "1: a tag (!name), which cannot be used here"),
        ("a:\n  - !vault x\n", "2: a tag (!name), which"), ("? [a]\n: b\n", "1: a key that is"),
        ("a: &a b\n*a : c\n", "2: a key that is"), ("a: \"\\0\"\n", "1: \\0 is no character"),
        ("a: \"\\ud83d\"\n", "1: found invalid Unicode"), ("a: 1\nb: 1\nb: 2\n", "1: key given"),
        ("a: 1\n\tb: 2\n", "2: "), ("a: 1\nb: \u{7}\n", "2: control characters are not allowed"),
        ("a: 'x\n", "2: "),
    ])
    func brokenYAMLIsRefusedWithItsLine(text: String, start: String) {
        let found = reason(text, .yaml)
        #expect(found.hasPrefix(start), "\(found)")
    }

    @Test func jsonIsHeldToItsFirstCharacter() {
        #expect(reason("a: 1", .json) == "1: not a JSON object: '{' is missing")
        #expect(reason("{\"a\": 1,\n \"a\": 2}", .json) == "1: key given twice: a")
        #expect(reason("", .json) == "1: not a JSON object: '{' is missing")
    }

    @Test(arguments: [
        (#"\ud83d\ude00"#, "\u{1F600}"), (#"a\uDBFF\uDFFFb"#, "a\u{10FFFF}b"),
        (#"\u00e4\/\n\""#, "\u{e4}/\n\""), (#"\\ud83d\\ude00"#, #"\ud83d\ude00"#),
        (#"\\\ud83d\ude00"#, "\\\u{1F600}"), ("\u{1F600}", "\u{1F600}"),
    ])
    func jsonEscapesAreRead(escaped: String, text: String) throws {
        let node = try read("{\"a\": \"\(escaped)\"}", .json)
        #expect(
            node.value
                == .table([
                    DocumentEntry(key: "a", line: 1, node: DocumentNode(.string(text), line: 1))
                ]))
    }

    @Test(arguments: [#"\ud83d"#, #"\ude00\ud83d"#, #"\ud83dx"#, #"\ud83d\u0041"#, #"\u00"#])
    func brokenJSONEscapesAreRefused(escaped: String) {
        #expect(reason("{\n\"a\": \"\(escaped)\"}", .json).hasPrefix("2: "))
    }

    @Test func anEmptyDocumentIsAnEmptyTable() throws {
        #expect(try read("").value == .table([]))
        #expect(try read("", .yaml).value == .table([]))
        #expect(try read("\u{FEFF}# comment").value == .table([]))
    }

    /// Every prefix, and every octet replaced by one that means something.
    @Test func noDamageBringsAReaderDown() {
        let text = #"""
            a = 1
            [b.c]
            "d" = ['x', """y""", { e = 15, f = true }]
            [[g]]
            h = 19790527 # end
            """#
        let bytes = Array(text.utf8)
        for format in DocumentFormat.allCases {
            for length in 0...bytes.count {
                _ = try? format.read(Array(bytes.prefix(length)))
            }
            for index in bytes.indices {
                for byte in "[]{}\"'\\.=#\n,:-&*|>%@`!?~0x\t".utf8 {
                    var damaged = bytes
                    damaged[index] = byte
                    _ = try? format.read(damaged)
                }
            }
        }
    }

    @Test func noRandomBytesBringAReaderDown() {
        var random = SplitMix(state: 0x5EED)
        let alphabet = Array("ab01.=[]{}\"'\\u\n\r\t #,:-_+eE&*|>!%@`~?<x\u{e4}".utf8)
        for _ in 0..<4_000 {
            let length = Int.random(in: 0..<200, using: &random)
            let bytes = (0..<length).map { _ in
                Int.random(in: 0..<20, using: &random) == 0
                    ? UInt8.random(in: 0...255, using: &random)
                    : alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            for format in DocumentFormat.allCases {
                _ = try? format.read(bytes)
            }
        }
    }
}

/// A small seeded generator (Steele, Lea and Flood 2014), so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
