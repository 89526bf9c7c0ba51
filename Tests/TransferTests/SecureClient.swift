import TestServers

/// How a secondary comes to us over TLS (RFC 9103).
struct SecureClient: Sendable {
    /// The makers of Debian 12 whose servers do. Knot learnt it in 3.3 and PowerDNS has not.
    static let makers: [Secondary.Kind] = [.bind, .nsd]

    /// What our server shows: whoever else answers is not believed.
    let primary: MadeCertificate
    /// What it shows itself.
    var own: MadeCertificate?

    var bind: String {
        let shown =
            own.map { "cert-file \"\($0.certificate)\"; key-file \"\($0.key)\";" } ?? ""
        return """
            tls primary {
                ca-file "\(primary.certificate)";
                remote-hostname "ns.example.com";
                \(shown)
            };
            """
    }

    var nsdServer: String { "    tls-cert-bundle: \"\(primary.certificate)\"" }

    var nsd: String {
        let shown =
            own.map {
                "    client-cert: \"\($0.certificate)\"\n    client-key: \"\($0.key)\""
            } ?? ""
        return """
            tls-auth:
                name: "primary"
                auth-domain-name: "ns.example.com"
            \(shown)
            """
    }
}
