package import OpenSSL

/// The two files of the certificate that DNS over TLS shows.
package struct ServerCertificateFiles: Equatable, Sendable {
    /// Why they cannot be used: the file, what is wrong with it; and what to do.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        /// As a sentence for people, the remedy behind a semicolon.
        package let description: String
    }

    /// What stands in them.
    struct Content: Equatable {
        let certificate: [UInt8]
        let key: [UInt8]
    }

    /// A chain of some certificates has some thousand octets.
    private static let maximumOctets = 64 * 1024

    /// PEM, the server's own certificate first, then those that lead to an authority.
    let certificate: String
    /// PEM without a passphrase.
    let key: String

    /// Where they are, absolute paths.
    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Those that a configuration names, if it does.
    package init?(_ configuration: Configuration) {
        guard let tls = configuration.nameserver.tls, configuration.nameserver.isEnabled else {
            return nil
        }
        self.init(certificate: tls.certificateFile, key: tls.keyFile)
    }

    /// What they hold, if it can be used; says nothing of dates.
    package func load() throws(Failure) -> ServerIdentity {
        try identity(of: try read())
    }

    /// Reads both. Throws also if more may read the key than have to.
    func read() throws(Failure) -> Content {
        let key = try read(key)
        // The group may read: a file of root's that the agent reads through its group is 0640.
        guard key.mode & 0o027 == 0 else {
            throw Failure(
                description: "\(self.key) is open to others than its owner, who could pretend to "
                    + "be this server; chmod o=,g-w \(self.key), and have a new key made if "
                    + "others use this host")
        }
        return Content(certificate: try read(certificate).octets, key: key.octets)
    }

    /// What a content stands for.
    func identity(of content: Content) throws(Failure) -> ServerIdentity {
        let chain = try parsed(certificate, "certificate") { () throws(OpenSSLError) in
            let chain = try Certificate.chain(
                pem: String(decoding: content.certificate, as: UTF8.self))
            guard !chain.isEmpty else {
                throw .unusable(what: "certificate", reason: "there is none in PEM form")
            }
            return chain
        }
        let secret = try parsed(key, "key without a passphrase") { () throws(OpenSSLError) in
            try PrivateKey(anyKindPEM: String(decoding: content.key, as: UTF8.self))
        }
        do throws(OpenSSLError) {
            let identity = try ServerIdentity(chain: chain, key: secret)
            // OpenSSL says here what it holds for too weak.
            _ = try identity.context(protocols: [], asksForCertificates: false)
            return identity
        } catch {
            throw Failure(
                description: "\(key) and \(certificate) do not go together: \(error.reason); name "
                    + "the key of the first certificate in the file, which must be the server's "
                    + "own")
        }
    }

    private func read(_ path: String) throws(Failure) -> FileContent {
        do {
            return try FileContent(path: path, maximumOctets: Self.maximumOctets)
        } catch {
            throw Failure(
                description: "\(path): \(error.reason); name a file that the agent's user may read "
                    + "(root:pipam, mode 0640)")
        }
    }

    private func parsed<Value>(
        _ path: String, _ what: String, _ parse: () throws(OpenSSLError) -> Value
    ) throws(Failure) -> Value {
        do {
            return try parse()
        } catch {
            throw Failure(
                description: "\(path) holds no \(what) that can be used: \(error.reason); name a "
                    + "file in PEM form")
        }
    }
}

extension OpenSSLError {
    /// What OpenSSL said, without what it said it of.
    fileprivate var reason: String {
        switch self {
        case .unreadableAuthorities(_, let reason), .unusable(_, let reason),
            .unavailable(_, let reason):
            reason
        }
    }
}
