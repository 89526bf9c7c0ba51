import Testing

/// Each rule finds what it is there for, on small samples, and nothing else.
@Suite struct RuleTests {
    private func source(_ text: String, at path: String = "Sources/Core/Zones/A.swift")
        -> SourceFile
    {
        SourceFile(path: path, text: text)
    }

    @Test func commentsAndStringsAreNoCode() {
        let text = ##"""
            let a = "try! \(b("x") + c) y" // try!
            /* as! /* nested */ as! */ let d = """
              try!
              """
            let e = #"\("as!") \#(f)"#
            """##
        let code = source(text).code
        #expect(code.count == 5)
        #expect(!code.joined().contains("!"))
        #expect(code[0].contains("b(\" \") + c"))
        #expect(code[1].contains("let d = \"\"\""))
        #expect(code[4].contains("f"))
        #expect(zip(code, source(text).lines).allSatisfy { $0.count == $1.count })
    }

    @Test func importsOutsideTheTableAreFound() {
        let text = """
            package import Inventory
            import Glibc
            @_spi(A) import struct TOMLKit.TOMLTable
            // import B
            """
        #expect(
            ImportRules.forbiddenImports(in: source(text)) == [
                "Sources/Core/Zones/A.swift:2: Zones must not import Glibc",
                "Sources/Core/Zones/A.swift:3: Zones must not import TOMLKit",
            ])
        let agent = source("import Glibc\nimport TOMLKit\n", at: "Sources/Agent/PipamAgent/A.swift")
        #expect(ImportRules.forbiddenImports(in: agent).isEmpty)
        #expect(
            ImportRules.forbiddenImports(
                in: source("import A", at: "Sources/Core/Zones/A.pb.swift")
            ).isEmpty)
    }

    @Test func aSystemModuleWithTwoOwnersIsFound() {
        let one = [
            source("import CLDNS", at: "Sources/Publish/Nameserver/A.swift"),
            source("import COpenSSL", at: "Sources/Platform/OpenSSL/A.swift"),
            source("import CCurl", at: "Sources/Platform/HTTPClient/A.swift"),
            source("import CJansson", at: "Sources/Platform/HTTPClient/A.swift"),
            source("import CYAML", at: "Sources/Agent/PipamAgent/A.swift"),
            source("import CEtcdRaft", at: "Sources/Agree/Consensus/A.swift"),
        ]
        #expect(ImportRules.sharedSystemModules(in: one).isEmpty)
        let two = one + [source("import CCurl", at: "Sources/Platform/OpenSSL/B.swift")]
        #expect(
            ImportRules.sharedSystemModules(in: two) == [
                "CCurl is imported by [\"HTTPClient\", \"OpenSSL\"], wanted exactly one target"
            ])
    }

    @Test func lengthsAreMeasured() {
        let line = String(repeating: "x", count: 100)
        #expect(CodeRules.longLines(source(line)).isEmpty)
        #expect(CodeRules.longLines(source("\n" + line + "x")).count == 1)
        #expect(CodeRules.longFiles(source(String(repeating: "x\n", count: 600))).isEmpty)
        #expect(CodeRules.longFiles(source(String(repeating: "x\n", count: 601))).count == 1)
        let generated = source(String(repeating: "x\n", count: 601), at: "Sources/A.pb.swift")
        #expect(CodeRules.longFiles(generated).isEmpty)
    }

    @Test func functionsAreMeasured() {
        func body(_ count: Int, _ head: String = "    func a() {") -> String {
            "struct A {\n\(head)\n" + String(repeating: "        x()\n", count: count)
                + "    }\n}\n"
        }
        #expect(CodeRules.longFunctions(source(body(68))).isEmpty)
        #expect(CodeRules.longFunctions(source(body(69))).count == 1)
        let heads = [
            "    package init?(\n        a: Int\n    ) throws {", "    var a: Int {",
            "    private static func a<T>(_ t: T) -> Int\n    where T: Equatable {",
            "    @inline(never) deinit {",
        ]
        for head in heads {
            #expect(CodeRules.longFunctions(source(body(69, head))).count == 1, "\(head)")
        }
        let requirements = "protocol A {\n    func a()\n    func b()\n" + body(3) + "}\n"
        #expect(CodeRules.longFunctions(source(requirements)).isEmpty)
        let table = body(90, "    @Test(arguments: [\n    ])\n    func a() {")
        #expect(CodeRules.longFunctions(source(table, at: "Tests/A/A.swift")).isEmpty)
        #expect(CodeRules.longFunctions(source(table)).count == 1)
    }

    @Test(arguments: [
        "let a = try! b()", "let a = b as! C", "DispatchQueue.main", "fatalError(\"x\")",
        "    print(a)", "do { try a() } catch {}", "    Task { await a() }", "Task.detached {",
        "Task(priority: .low) {", "public struct A {}",
    ])
    func bannedCodeIsFound(line: String) {
        #expect(CodeRules.bannedCode(source("\n" + line)).count == 1)
        #expect(CodeRules.bannedCode(source("// " + line)).isEmpty)
    }

    @Test func whatLooksLikeBannedCodeIsNot() {
        let text =
            "let a = Task { 1 }\ntry a()\nb as? C\nx.print(a)\ndescription(print)\ncatch { log() }"
        #expect(CodeRules.bannedCode(source(text)).isEmpty)
        #expect(
            CodeRules.bannedCode(source("print(a)", at: "Sources/Programs/pipam/A.swift")).isEmpty)
        #expect(CodeRules.bannedCode(source("fatalError(\"\")", at: "Tests/A/A.swift")).isEmpty)
    }

    @Test func looseEndsAreFound() {
        let mark = "TO" + "DO"
        #expect(CodeRules.looseEnds(source("// \(mark): later")).count == 1)
        #expect(CodeRules.looseEnds(source("// FIX" + "ME")).count == 1)
        #expect(CodeRules.looseEnds(source("// \(mark)(jana, when TOML has null): ...")).isEmpty)
    }

    @Test func undocumentedDeclarationsAreFound() {
        let text = """
            package import A
            /// Documented.
            @frozen
            package struct B {
                package var c = 1
                // no documentation
                package init() {}
                package static func < (left: Self, right: Self) -> Bool { true }
                var d = 1
            }
            """
        let path = "Sources/Core/Zones/A.swift"
        #expect(
            CodeRules.undocumented(source(text)) == [
                "\(path):5: no documentation", "\(path):7: no documentation",
            ])
    }

    @Test func uncheckedConcurrencyIsFound() {
        let word = "// Only the loop's thread touches it.\n"
        let one = "final class A: @unchecked Sendable {}\n"
        func breaches(_ texts: String..., at directory: String) -> Int {
            let files = texts.enumerated().map { index, text in
                source(text, at: "\(directory)/A\(index).swift")
            }
            return CodeRules.uncheckedConcurrency(files).count
        }
        #expect(breaches(word + one, at: "Sources/Platform/HTTPClient") == 0)
        #expect(breaches("\n" + one, at: "Sources/Platform/HTTPClient") == 1)
        #expect(breaches(word + one, word + one, at: "Sources/Platform/HTTPClient") == 1)
        #expect(breaches(word + one, at: "Sources/Core/Zones") == 1)
        let variable = word + "nonisolated(unsafe) var a = 1"
        #expect(breaches(variable, at: "Sources/Agent/PipamAgent") == 1)
        #expect(breaches(word + one, at: "Tests/ZonesTests") == 0)
    }

    @Test func bannedWordsAreFound() {
        let text = "a /home/x\nb /wo" + "rk/main\nc sha" + "red/reference"
        #expect(RepositoryRules.bannedWords(source(text, at: "README.md")).count == 2)
    }

    @Test func deadLinksAreFound() {
        let text =
            "[a](B.md) [b](B.md#the-heading) [c](C.md) [d](B.md#none) [e](#f) [g](https://x)\n# F"
        let other = source("## The heading\n", at: "docs/B.md")
        let file = source(text, at: "docs/A.md")
        let found = RepositoryRules.deadLinks(
            in: file, lookUp: { $0 == "docs/B.md" ? other : $0 == "docs/A.md" ? file : nil },
            exists: { $0 == "docs/A.md" || $0 == "docs/B.md" })
        #expect(
            found == [
                "docs/A.md:1: C.md leads nowhere", "docs/A.md:1: B.md#none leads nowhere",
            ])
    }

    @Test func strayEntriesAreFound() {
        let entries = RepositoryRules.required.sorted()
        #expect(RepositoryRules.strayEntries(entries + ["systemd"]).isEmpty)
        #expect(RepositoryRules.strayEntries(entries + ["notes.txt"]).count == 1)
        #expect(RepositoryRules.strayEntries(entries.dropLast()).count == 1)
    }

    @Test func emptyAndUnknownTargetsAreFound() {
        let full = ImportRules.targets.map { source("struct A {}", at: $0.directory + "/A.swift") }
        #expect(RepositoryRules.emptyTargets(full).isEmpty)
        #expect(RepositoryRules.unknownTargets(full).isEmpty)
        let hollow = full.dropFirst() + [source("// soon", at: full[0].path)]
        #expect(RepositoryRules.emptyTargets(Array(hollow)).count == 1)
        let more = full + [source("struct A {}", at: "Sources/Core/Utils/A.swift")]
        #expect(
            RepositoryRules.unknownTargets(more) == ["Sources/Core/Utils is in no row of the table"]
        )
        #expect(RepositoryRules.unknownTargets(Array(full.dropLast())).count == 1)
    }

    @Test func differencesOfDependenciesAreFound() throws {
        let package = """
            .package(url: "https://example.org/TOMLKit", exact: "0.6.0"),
            .package(url: "https://example.org/swift-log", from: "1.0.0"),
            """
        let pinned = RepositoryRules.pinnedVersions(package)
        #expect(pinned == ["tomlkit": "0.6.0"])
        #expect(RepositoryRules.looseRequirements(package) == 1)
        let resolved = try RepositoryRules.resolvedVersions(
            #"{"pins": [{"identity": "tomlkit", "state": {"version": "0.6.0", "revision": "a"}}]}"#)
        let document = source("| TOMLKit | 0.6.0 | why |\n| name | version |", at: "docs/A.md")
        let documented = RepositoryRules.documentedVersions(document)
        #expect(documented == ["tomlkit": "0.6.0"])
        func differences(
            _ resolved: [String: String], _ pinned: [String: String], _ documented: [String: String]
        ) -> Int {
            RepositoryRules.dependencyDifferences(
                resolved: resolved, pinned: pinned, documented: documented
            ).count
        }
        #expect(differences(resolved, pinned, documented) == 0)
        #expect(differences(resolved, ["tomlkit": "0.5.0"], documented) == 1)
        #expect(differences(resolved, pinned, ["tomlkit": "0.5.0"]) == 1)
        #expect(differences(resolved, pinned, [:]) == 1)
        #expect(differences(resolved, pinned, ["tomlkit": "0.6.0", "old": "1.0.0"]) == 1)
    }
}
