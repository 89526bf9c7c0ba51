import Foundation

/// A self-signed certificate with its key, made by OpenSSL's own program, in a directory that goes
/// with it.
package final class MadeCertificate: Sendable {
    /// Kinds of key.
    package enum Kind: String, CaseIterable, Sendable {
        case p256, p384, ed25519, rsa2048
        /// Too weak for anybody.
        case rsa1024

        fileprivate var words: [String] {
            switch self {
            case .p256: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            case .p384: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"]
            case .ed25519: ["-newkey", "ed25519"]
            case .rsa2048: ["-newkey", "rsa:2048"]
            case .rsa1024: ["-newkey", "rsa:1024"]
            }
        }
    }

    private let directory: URL
    /// PEM.
    package var certificate: String { directory.appendingPathComponent("pem").path }
    /// PEM, for nobody else.
    package var key: String { directory.appendingPathComponent("key").path }

    /// Makes one for a name; it begins now.
    package init(_ name: String = "ns.example.com", kind: Kind = .p256, days: Int = 90) throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("pipam-certificate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let outcome = try Command.outcome(
            "openssl",
            ["req", "-x509", "-nodes", "-days", "\(days)", "-subj", "/CN=\(name)"] + kind.words
                + [
                    "-addext", "subjectAltName=DNS:\(name)", "-keyout", key, "-out", certificate,
                ])
        guard outcome.status == 0 else { throw TestServer.Failure(description: "\(outcome)") }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// What stands in its files.
    package var texts: (certificate: String, key: String) {
        get throws {
            (
                try String(contentsOfFile: certificate, encoding: .utf8),
                try String(contentsOfFile: key, encoding: .utf8)
            )
        }
    }

    /// SHA-256 of its public key in base64, as other programs make it.
    package func pin() throws -> String {
        try Command.run(
            "bash",
            [
                "-c",
                "openssl pkey -in \(key) -pubout -outform der | openssl dgst -sha256 -binary "
                    + "| base64",
            ]
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
