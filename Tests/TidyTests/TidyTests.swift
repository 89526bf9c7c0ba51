import Testing

/// Our rules, held against the repository these tests stand in.
@Suite struct TidyTests {
    private func expectNone(_ breaches: [String]) {
        #expect(breaches.isEmpty, "\n\(breaches.joined(separator: "\n"))")
    }

    private func expectNone(_ rule: (SourceFile) -> [String]) throws {
        expectNone(try SourceTree.swiftFiles().flatMap(rule))
    }

    @Test func targetsImportWhatTheTableAllows() throws {
        try expectNone(ImportRules.forbiddenImports)
    }

    @Test func eachSystemModuleHasOneOwner() throws {
        expectNone(ImportRules.sharedSystemModules(in: try SourceTree.swiftFiles()))
    }

    @Test func targetsAreThoseOfTheTable() throws {
        expectNone(RepositoryRules.unknownTargets(try SourceTree.files.get()))
    }

    @Test func noTargetIsEmpty() throws {
        expectNone(RepositoryRules.emptyTargets(try SourceTree.files.get()))
    }

    @Test func filesAreShort() throws { try expectNone(CodeRules.longFiles) }

    @Test func functionsAreShort() throws { try expectNone(CodeRules.longFunctions) }

    @Test func linesAreShort() throws { try expectNone(CodeRules.longLines) }

    @Test func codeIsFreeOfBannedWords() throws { try expectNone(CodeRules.bannedCode) }

    @Test func tasksForLaterHaveNameAndCondition() throws { try expectNone(CodeRules.looseEnds) }

    @Test func declarationsAreDocumented() throws { try expectNone(CodeRules.undocumented) }

    @Test func concurrencyIsChecked() throws { try expectNone(CodeRules.uncheckedConcurrency) }

    @Test func textsAreFreeOfBannedWords() throws {
        expectNone(try SourceTree.files.get().flatMap(RepositoryRules.bannedWords))
    }

    @Test func theRootHoldsWhatBelongsThere() throws {
        expectNone(RepositoryRules.strayEntries(try SourceTree.topLevelEntries()))
    }

    @Test func linksLeadSomewhere() throws {
        let documents = try SourceTree.files.get().filter { $0.path.hasSuffix(".md") }
        expectNone(
            documents.flatMap {
                RepositoryRules.deadLinks(
                    in: $0, lookUp: SourceTree.read, exists: SourceTree.exists)
            })
    }

    @Test func dependenciesAreTheDocumentedOnes() throws {
        let package = try #require(SourceTree.read("Package.swift")).lines.joined(separator: "\n")
        let resolved = try #require(SourceTree.read("Package.resolved"))
        let document = try #require(SourceTree.read("docs/DEPENDENCIES.md"))
        expectNone(
            RepositoryRules.dependencyDifferences(
                resolved: try RepositoryRules.resolvedVersions(
                    resolved.lines.joined(separator: "\n")),
                pinned: RepositoryRules.pinnedVersions(package),
                documented: RepositoryRules.documentedVersions(document)))
        #expect(RepositoryRules.looseRequirements(package) == 0)
    }
}
