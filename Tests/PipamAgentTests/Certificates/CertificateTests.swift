import Foundation
import Nameserver
import TestServers
import Testing

@testable import PipamAgent

/// What becomes of the certificate that DNS over TLS shows when its files change.
@Suite struct CertificateKeeperTests {
    private static let day: Int64 = 86_400

    /// A directory with the two files.
    private final class Place {
        private let directory: TemporaryDirectory
        let files: ServerCertificateFiles

        init() throws {
            directory = try TemporaryDirectory()
            files = ServerCertificateFiles(
                certificate: "\(directory.path)/pem", key: "\(directory.path)/key")
        }

        func install(_ made: MadeCertificate, mode: Int = 0o600) throws {
            let texts = try made.texts
            try write(Array(texts.certificate.utf8), to: "pem")
            try write(Array(texts.key.utf8), to: "key", mode: mode)
        }

        func write(_ octets: [UInt8], to name: String, mode: Int = 0o644) throws {
            try directory.write(octets, to: name, mode: mode)
        }

        func remove(_ name: String) throws { try directory.remove(name) }
    }

    private var now: Int64 { Int64(Date().timeIntervalSince1970) }

    private func reason(_ action: CertificateKeeper.Action) -> String {
        if case .refused(let reason) = action { reason } else { "\(action)" }
    }

    @Test func theFirstLookDecidesAtOnceAndLaterOnesTwice() throws {
        let place = try Place()
        let first = try MadeCertificate()
        try place.install(first)
        let served = ServedIdentity()
        var keeper = CertificateKeeper(place.files, served: served)
        guard case .taken(let dates) = keeper.look(atSeconds: now) else {
            Issue.record("not taken")
            return
        }
        #expect(dates.notAfterSeconds - dates.notBeforeSeconds == 90 * Self.day)
        #expect(keeper.look(atSeconds: now) == .nothing)
        let second = try MadeCertificate(kind: .rsa2048)
        // Between the two files nothing is decided, nor at the first sight of both.
        try place.write(Array(try second.texts.certificate.utf8), to: "pem")
        #expect(keeper.look(atSeconds: now) == .nothing)
        try place.install(second)
        #expect(keeper.look(atSeconds: now) == .nothing)
        let former = served.current
        guard case .taken = keeper.look(atSeconds: now) else {
            Issue.record("not taken")
            return
        }
        #expect(served.current != former && served.current != nil)
        #expect(keeper.look(atSeconds: now) == .nothing)
    }

    @Test func whatIsBrokenLeavesTheOneBefore() throws {
        let place = try Place()
        try place.install(try MadeCertificate())
        let served = ServedIdentity()
        var keeper = CertificateKeeper(place.files, served: served)
        _ = keeper.look(atSeconds: now)
        let former = served.current
        let other = try MadeCertificate()
        let steps: [(String, () throws -> Void)] = [
            ("is open to others", { try place.install(other, mode: 0o644) }),
            (
                "holds no certificate",
                {
                    try place.install(other)
                    try place.write([1, 2, 3], to: "pem")
                }
            ),
            (
                "holds no key without a passphrase",
                {
                    try place.install(other)
                    try place.write(Array("x".utf8), to: "key", mode: 0o600)
                }
            ),
            (
                "do not go together",
                {
                    try place.install(other)
                    let key = try MadeCertificate().texts.key
                    try place.write(Array(key.utf8), to: "key", mode: 0o600)
                }
            ),
            ("ee key too small", { try place.install(try MadeCertificate(kind: .rsa1024)) }),
            ("No such file", { try place.remove("key") }),
            (
                "longer than",
                {
                    try place.install(other)
                    let long = [UInt8](repeating: 10, count: 70_000)
                    try place.write(long, to: "pem")
                }
            ),
        ]
        for (expected, step) in steps {
            try step()
            #expect(keeper.look(atSeconds: now) == .nothing)
            let found = reason(keeper.look(atSeconds: now))
            #expect(found.contains(expected), "\(found)")
            #expect(found.contains("; ") && served.current == former)
        }
        try place.install(other)
        _ = keeper.look(atSeconds: now)
        _ = keeper.look(atSeconds: now)
        #expect(served.current != former)
    }

    @Test func oneThatEndedTakesNotThePlaceOfOneThatHolds() throws {
        let place = try Place()
        try place.install(try MadeCertificate(days: 90))
        let served = ServedIdentity()
        var keeper = CertificateKeeper(place.files, served: served)
        let soon = now + 10 * Self.day
        _ = keeper.look(atSeconds: soon)
        let former = served.current
        try place.install(try MadeCertificate(days: 5))
        _ = keeper.look(atSeconds: soon)
        #expect(reason(keeper.look(atSeconds: soon)).contains("ended on"))
        #expect(served.current == former)
        // Where there is nothing better it is shown: who does not look is served.
        let other = ServedIdentity()
        var late = CertificateKeeper(place.files, served: other)
        _ = late.look(atSeconds: soon)
        #expect(other.current != nil)
    }
}

/// When somebody is told of a certificate's end.
@Suite struct CertificateDatesTests {
    private static let day: Int64 = 86_400

    @Test(
        arguments: [
            // Days that it holds, days that are left, what is said.
            (365, 22, nil), (365, 20, "in 20 days"), (365, 1, "in 1 day"), (90, 19, nil),
            (90, 17, "in 17 days"), (6, 2, nil), (6, 1, "in 1 day"), (90, -1, "ended on"),
            (90, 91, "does not hold before"),
        ] as [(Int64, Int64, String?)])
    func theEndIsToldInTime(days: Int64, left: Int64, text: String?) {
        let end: Int64 = 1_800_000_000
        let dates = CertificateDates(
            notBeforeSeconds: end - days * Self.day, notAfterSeconds: end)
        let problem = dates.problem(atSeconds: end - left * Self.day)
        #expect(problem?.contains(text ?? "!") ?? (text == nil), "\(problem ?? "")")
        if let problem { #expect(problem.contains("; ") && problem.contains("UTC")) }
    }

    @Test func datesAreReadable() {
        #expect(CertificateDates.text(1_800_000_000) == "2027-01-15 08:00 UTC")
    }
}
