import Inventory
import Nameserver
import Testing
import Zones

@Suite("RFC 6672: DNAME") struct RFC6672 {
    private func server(_ sets: RecordSet...) throws -> TestServer {
        try TestServer(
            store([
                "example.com.": [
                    names("old.example.com.", RecordType(rawValue: 39), "new.example.com."),
                    a("old.example.com.", "192.0.2.1"),
                    a("host.new.example.com.", "192.0.2.7"),
                    a("below.old.example.com.", "192.0.2.66"),
                    names("away.example.com.", RecordType(rawValue: 39), "example.net."),
                    names("alias.example.com.", .cname, "Host.old.example.com."),
                    names("loop.example.com.", RecordType(rawValue: 39), "loop.example.com."),
                ] + sets, "example.net.": [a("host.example.net.", "203.0.113.1")],
            ]))
    }

    @Test func section3_2NamesBelowAreRenamed() throws {
        let answer = try server().ask("HOST.old.example.com", .a)
        #expect(answer.code == 0 && answer.isAuthoritative)
        #expect(answer.answer.map(\.type.rawValue) == [39, 5, 1])
        #expect(
            answer.answer.map(\.owner)
                == ["old.example.com.", "HOST.old.example.com.", "host.new.example.com."])
        #expect(answer.answer[1].data == name("host.new.example.com.").wire)
        #expect(answer.answer.map(\.ttlSeconds) == [300, 300, 300])
        #expect(answer.answer[2].data == [192, 0, 2, 7])
    }

    @Test func section2_3TheOwnerItselfIsNotRenamed() throws {
        #expect(try server().ask("old.example.com", .a).answer.map(\.type) == [.a])
        #expect(try server().ask("old.example.com", .txt).code == 0)
        #expect(try server().ask("old.example.com", .txt).authority.map(\.type) == [.soa])
        let answer = try server().ask("old.example.com", RecordType(rawValue: 39))
        #expect(answer.answer.count == 1)
    }

    @Test func section2_4WhatLiesBelowIsHidden() throws {
        let answer = try server().ask("below.old.example.com", .a)
        #expect(answer.answer.map(\.type.rawValue) == [39, 5])
        #expect(answer.code == 3)
    }

    @Test func otherZonesAreEntered() throws {
        let answer = try server().ask("host.away.example.com", .a)
        #expect(answer.answer.map(\.type.rawValue) == [39, 5, 1])
        #expect(answer.answer[2].owner == "host.example.net.")
    }

    @Test func anAliasMayLeadThere() throws {
        let answer = try server().ask("alias.example.com", .a)
        #expect(answer.answer.map(\.type.rawValue) == [5, 39, 5, 1])
        #expect(answer.answer[2].owner == "host.old.example.com.")
    }

    @Test func askingForTheAliasEndsAtIt() throws {
        let answer = try server().ask("host.old.example.com", .cname)
        #expect(answer.answer.map(\.type.rawValue) == [39, 5])
    }

    @Test func circlesEnd() throws {
        let answer = try server().ask("x.loop.example.com", .a)
        #expect(answer.code == 0 && answer.answer.count == 2)
    }

    @Test func section2_2NamesThatGetTooLongAreToldSo() throws {
        let label = String(repeating: "x", count: 63)
        let long = [label, label, label].joined(separator: ".")
        let server = try server(
            names("short.example.com.", RecordType(rawValue: 39), "much.longer.example.com."))
        let name = long + "." + String(repeating: "y", count: 40) + ".short.example.com"
        let answer = try server.ask(name, .a)
        #expect(answer.code == 6 && answer.answer.map(\.type.rawValue) == [39])
    }

    @Test func theApexMayRename() throws {
        let server = try TestServer(
            store([
                "a.test.": [
                    names("a.test.", RecordType(rawValue: 39), "b.test.")
                ], "b.test.": [a("www.b.test.", "192.0.2.1")],
            ]))
        #expect(try server.ask("www.a.test", .a).answer.count == 3)
        #expect(try server.ask("a.test", .soa).answer.count == 1)
    }
}
