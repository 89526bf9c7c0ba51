import HTTPClient
import OpenSSL
import TestServers
import Testing

@Suite(.serialized) struct TrustTests {
    private static func server() async throws -> TestServer {
        let server = try await TestServer("http_server.py", ["--tls"])
        try await server.command(#"{"do": "answer", "path": "/x", "body": "hello"}"#)
        return server
    }

    private static func send(_ server: TestServer, _ trust: HTTPTrust, host: String? = nil)
        async throws -> HTTPResponse
    {
        var settings = HTTPClient.Settings()
        settings.trust = trust
        var url = try server.text("url") + "/x"
        if let host { url.replace("127.0.0.1", with: host) }
        return try await HTTPClient(settings).send(HTTPRequest(.get, url))
    }

    @Test func aChainToTheGivenAuthorityIsAccepted() async throws {
        let server = try await Self.server()
        let trust = HTTPTrust(authorityFile: try server.text("authority"))
        #expect(try await Self.send(server, trust).status == 200)
        #expect(try await Self.send(server, trust, host: "localhost").status == 200)
    }

    @Test func aPinnedCertificateIsAcceptedWhateverItsNames() async throws {
        let server = try await Self.server()
        let fingerprint = try server.text("fingerprint")
        let plain = fingerprint.replacing(":", with: "").lowercased()
        for text in [fingerprint, plain] {
            let trust = HTTPTrust(includesSystemRoots: false, fingerprints: [text])
            #expect(try await Self.send(server, trust).status == 200)
            // A name that is not in the certificate.
            #expect(try await Self.send(server, trust, host: "0.0.0.0").status == 200)
        }
    }

    @Test func anUnknownAuthorityIsRefusedWithTheFingerprint() async throws {
        let server = try await Self.server()
        let fingerprint = try server.text("fingerprint")
        let error = await #expect(throws: HTTPError.self) {
            try await Self.send(server, HTTPTrust())
        }
        guard case .untrusted(_, let reason, fingerprint) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("self-signed") || reason.contains("unable to get"))
        #expect("\(String(describing: error))".contains(fingerprint))
        #expect(error?.isTransient == false)
        let seen = try await server.command(#"{"do": "requests"}"#)
        #expect(seen["requests"]?.elements?.isEmpty == true)
    }

    @Test func anotherPinIsRefused() async throws {
        let server = try await Self.server()
        let other = String(repeating: "AB", count: 32)
        let error = await #expect(throws: HTTPError.self) {
            try await Self.send(server, HTTPTrust(fingerprints: [other]))
        }
        guard case .untrusted(_, let reason, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("not the pinned one"))
    }

    @Test func aNameThatIsNotInTheCertificateIsRefused() async throws {
        let server = try await Self.server()
        let trust = HTTPTrust(authorityFile: try server.text("authority"))
        let error = await #expect(throws: HTTPError.self) {
            try await Self.send(server, trust, host: "0.0.0.0")
        }
        guard case .untrusted(_, let reason, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("IP address mismatch"))
    }

    @Test func anyServerIsAcceptedWhenAskedFor() async throws {
        let server = try await Self.server()
        #expect(try await Self.send(server, HTTPTrust(acceptsAnyServer: true)).status == 200)
    }

    @Test func aFileWithoutAuthoritiesIsRefusedAtOnce() {
        let error = #expect(throws: HTTPError.self) {
            var settings = HTTPClient.Settings()
            settings.trust.authorityFile = "/nonexistent/authority.pem"
            _ = try HTTPClient(settings)
        }
        #expect("\(String(describing: error))".contains("/nonexistent/authority.pem"))
    }

    @Test func aPinThatIsNoFingerprintIsRefusedAtOnce() {
        let error = #expect(throws: HTTPError.self) {
            var settings = HTTPClient.Settings()
            settings.trust.fingerprints = ["AA:BB"]
            _ = try HTTPClient(settings)
        }
        #expect("\(String(describing: error))".contains("AA:BB"))
    }
}

@Suite struct CertificateFingerprintTests {
    private static let canonical = (0..<32).map { _ in "0F" }.joined(separator: ":")

    @Test(arguments: [canonical, canonical.lowercased(), String(repeating: "0f", count: 32)])
    func bothFormsAreRead(text: String) {
        #expect(CertificateFingerprint(text)?.description == Self.canonical)
    }

    @Test(arguments: [
        "", ":", "0F", String(repeating: "0f", count: 31), String(repeating: "0f", count: 33),
        String(repeating: "0g", count: 32), canonical + ":", ":" + canonical,
        canonical.replacing(":", with: "::"),
    ])
    func nothingElseIs(text: String) {
        #expect(CertificateFingerprint(text) == nil)
    }
}
