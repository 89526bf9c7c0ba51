import OpenSSL
import Synchronization

/// The credentials of this node as they are now. `pipam enroll` renews the files while the agent
/// runs; new connections then use the new ones, without a restart.
package final class NodeCredentials: Sendable {
    /// What a transport needs.
    package struct Material: Equatable, Sendable {
        /// The node's certificate, in PEM form.
        package let certificatePEM: String
        /// Its secret key, in PEM form.
        package let keyPEM: String
        /// The authorities that peers are checked against, in PEM form.
        package let trustPEM: String
        /// What the certificate calls this node.
        package let uri: String
        /// When it expires, in seconds since 1970.
        package let expiresSeconds: Int64
    }

    /// What a look at the files has shown.
    package enum Change: Equatable, Sendable {
        /// They are as they were.
        case none
        /// They are new and in use from now on.
        case renewed
        /// They cannot be used; those before stay in use. Told once, not at every look.
        case unusable(reason: String)
    }

    /// Between two looks.
    package static let interval = Duration.seconds(5)

    private struct State {
        var material: Material
        var seen: [UInt8]
        var problem: String?
    }

    private let path: String
    private let state: Mutex<State>

    /// Reads them from a data directory. Throws if there are none, or none that can be used.
    package init(dataDirectory path: String) throws(EnrolmentError) {
        self.path = path
        let (material, seen) = try Self.read(path)
        state = Mutex(State(material: material, seen: seen))
    }

    /// Those that are in use.
    package var current: Material { state.withLock { $0.material } }

    /// Looks at the files.
    package func refresh() -> Change {
        do {
            let (material, seen) = try Self.read(path)
            return state.withLock { state in
                state.problem = nil
                guard seen != state.seen else { return .none }
                state.seen = seen
                state.material = material
                return .renewed
            }
        } catch {
            let reason = "\(error)"
            return state.withLock { state in
                guard state.problem != reason else { return .none }
                state.problem = reason
                return .unusable(reason: reason)
            }
        }
    }

    /// Looks every `interval` until the task is cancelled, and tells what changed.
    package func watch(
        every interval: Duration = NodeCredentials.interval,
        tell: @Sendable (Change) async -> Void
    ) async {
        while !Task.isCancelled {
            // Cancellation ends the wait, and the loop with it.
            try? await Task.sleep(for: interval)
            guard !Task.isCancelled else { return }
            let change = refresh()
            if change != .none { await tell(change) }
        }
    }

    private static func read(_ path: String) throws(EnrolmentError) -> (Material, [UInt8]) {
        guard let directory = try GuardedDirectory(path: path),
            let files = try CredentialFiles.read(in: directory)
        else {
            throw .refused(
                reason: "\(path) holds no credentials of this node",
                remedy: "run pipam enroll as root, or pipamctl cluster join with a token")
        }
        guard let uri = files.certificate.uris.first, files.certificate.uris.count == 1,
            files.authorities.contains(where: files.certificate.isIssued)
        else {
            throw .damaged(
                path: "\(path)/\(CredentialFiles.directoryName)",
                reason: "no authority of the bundle issued the certificate",
                remedy: "run pipam enroll as root, or join anew by token")
        }
        let certificate: String
        do { certificate = try files.certificate.pem } catch { throw .cryptography(error) }
        let material = Material(
            certificatePEM: certificate, keyPEM: files.key.pem, trustPEM: files.bundlePEM,
            uri: uri, expiresSeconds: files.certificate.notAfterSeconds)
        let seen = SHA256Digest.of(Array(files.nodePEM.utf8) + [0] + Array(files.bundlePEM.utf8))
        return (material, seen)
    }
}

extension NodeCredentials.Material: CustomReflectable {
    /// Hides the secret from dumps.
    package var customMirror: Mirror { Mirror(self, children: ["uri": uri]) }
}

extension NodeCredentials.Material: CustomStringConvertible {
    /// Tells nothing of the secret.
    package var description: String { "credentials of \(uri)" }
}
