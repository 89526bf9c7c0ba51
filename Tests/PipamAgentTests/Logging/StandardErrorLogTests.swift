import Logging
import PipamAgent
import Testing

/// One event is one line, whatever guests are called.
@Suite struct StandardErrorLogTests {
    private func line(_ message: String, _ fields: Logger.Metadata = [:]) -> String {
        StandardErrorLog.line(.info, message, fields: fields, isJournal: false)
    }

    @Test func fieldsStandInTheOrderOfTheirKeys() {
        #expect(
            line("zone changed", ["zone": "example.com", "changed": "2", "about": "guest 101"])
                == "info zone changed about=\"guest 101\" changed=2 zone=example.com\n")
        #expect(line("pipam runs") == "info pipam runs\n")
    }

    @Test(arguments: [
        (Logger.Level.trace, "<7>"), (.debug, "<7>"), (.info, "<6>"), (.notice, "<5>"),
        (.warning, "<4>"), (.error, "<3>"), (.critical, "<2>"),
    ])
    func journaldTakesThePriorityOff(level: Logger.Level, prefix: String) {
        #expect(
            StandardErrorLog.line(level, "a", fields: ["b": "c"], isJournal: true)
                == prefix + "a b=c\n")
    }

    @Test(arguments: [
        ("web1", "web1"), ("größe-🐧", "größe-🐧"), ("C:x", "C:x"), ("", #""""#),
        ("a b", #""a b""#), ("a=b", #""a=b""#), (#"a"b"#, #""a\"b""#), (#"a\b"#, #""a\\b""#),
        (#"x\" level=error"#, #""x\\\" level=error""#), (#"x\"#, #""x\\""#),
        ("a\nerror b", #""a\nerror b""#), ("\r\t", #""\r\t""#), ("\u{1B}[2J", #""\u{1B}[2J""#),
        ("\u{7F}", #""\u{7F}""#), ("\u{85}x", #""\u{0085}x""#), ("\u{9B}2J", #""\u{009B}2J""#),
        ("a\u{2028}b", #""a\u{2028}b""#), ("\u{202E}x", #""\u{202E}x""#),
        ("a\u{A0}b", "\"a\u{A0}b\""),
    ])
    func aValueEndsWhereItSeemsTo(value: String, written: String) {
        #expect(line("a", ["name": "\(value)"]) == "info a name=\(written)\n")
    }

    @Test func aMessageIsOneLine() {
        let text = line("bad name \"a\nerror forged\u{2028}\u{1B}[0m\"")
        #expect(text == #"info bad name "a\nerror forged\u{2028}\u{1B}[0m""# + "\n")
    }

    @Test func everyScalarLeavesOneLine() {
        for code in UInt32(0)...0xFFFF {
            guard let scalar = Unicode.Scalar(code) else { continue }
            let text = line("a", ["b": "x\(String(scalar))y"])
            #expect(text.dropLast().contains(where: \.isNewline) == false, "\(code)")
            #expect(text.hasSuffix("\n"))
        }
    }
}
