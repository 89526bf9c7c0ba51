import Consensus
import FoundationEssentials
import OpenSSL

/// Credentials of the nodes: one directory, `<number>.<part>`.
enum BenchAuthority {
    static let nodes = 3
    private static let validSeconds: Int64 = 86_400

    static func identity(_ number: UInt64) -> String { "pipam://bench/node/\(number)" }

    static func write(to directory: String) throws {
        let now = Int64(Date().timeIntervalSince1970)
        let authority = try CertificateAuthority.create(
            name: "bench", validDays: 2, nowSeconds: now)
        for number in 1...UInt64(nodes) {
            let key = try PrivateKey.generate()
            let leaf = try authority.issue(
                key.publicKey, uri: identity(number), name: "node \(number)", nowSeconds: now,
                notAfterSeconds: now + validSeconds)
            let parts = [
                "chain": try leaf.pem, "key": key.pem,
                "authorities": try authority.certificate.pem,
            ]
            for (part, text) in parts {
                try text.write(
                    toFile: "\(directory)/\(number).\(part)", atomically: true, encoding: .utf8)
            }
        }
    }
}

/// Reads them.
struct BenchCredentials: CredentialsSource {
    let directory: String
    let number: UInt64

    func read() throws(PeerError) -> PeerCredentials {
        PeerCredentials(
            chain: try part("chain"), key: try part("key"), authorities: try part("authorities"))
    }

    private func part(_ name: String) throws(PeerError) -> String {
        do {
            return try String(
                contentsOfFile: "\(directory)/\(number).\(name)", encoding: .utf8)
        } catch {
            throw .unusableCredentials(reason: "\(error)")
        }
    }
}
