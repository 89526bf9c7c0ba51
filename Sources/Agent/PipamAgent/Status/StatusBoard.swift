package import Proxmox
import Synchronization

/// What the parts of the agent say about how they are, for whoever asks. Each part writes its own.
package final class StatusBoard: Sendable {
    /// How the source is.
    package struct Source: Sendable {
        /// When a collection last came to its end, in seconds since 1970.
        package var lastSuccessSeconds: UInt64?
        /// Why the last one did not; `nil` when it did.
        package var failure: ProxmoxError?
        /// What it could not see.
        package var problems: [Problem] = []
        /// What the token lacks.
        package var gaps: [Problem] = []
        /// Guests of which the last collection with news brought some.
        package var lastChanged = 0
        /// Collections that came to their end.
        package var collections: UInt64 = 0
        /// Collections that did not.
        package var failures: UInt64 = 0
    }

    /// How something that listens is.
    package struct Listener: Sendable {
        /// Where it is reached; empty while it is not.
        package var endpoints: [String] = []
        /// Why it is not, with the remedy.
        package var problem: String?
    }

    /// The certificate that DNS over TLS shows.
    package struct ServerCertificate: Sendable {
        /// From when to when it holds; `nil` while there is none.
        package var dates: CertificateDates?
        /// Why its files are not used as they are, with the remedy.
        package var problem: String?

        /// What has to be done about it at that time.
        func problem(atSeconds seconds: UInt64) -> ProblemText? {
            if let problem {
                return ProblemText(
                    (dates == nil ? "not served: " : "the certificate before is used: ") + problem)
            }
            return dates?.problem(atSeconds: Int64(seconds)).map {
                ProblemText("its certificate \($0)")
            }
        }
    }

    /// Everything at one moment.
    package struct Values: Sendable {
        /// When the agent started, in seconds since 1970.
        package let startedSeconds: UInt64
        /// The Proxmox API.
        package var source = Source()
        /// The name server; `nil` when it is off.
        package var nameserver: Listener?
        /// The certificate of DNS over TLS; `nil` when that is off.
        package var certificate: ServerCertificate?
        /// The control socket.
        package var control = Listener()
        /// The metrics; `nil` when they are off.
        package var metrics: Listener?
        /// By name.
        package var providers: [String: ProviderStanding] = [:]
        /// The state could not be kept.
        package var keepingProblem: String?
    }

    private let values: Mutex<Values>

    /// Nothing is known yet.
    package init(startedSeconds: UInt64) {
        values = Mutex(Values(startedSeconds: startedSeconds))
    }

    /// Everything at this moment.
    package var current: Values { values.withLock { $0 } }

    /// Changes what is known.
    package func update(_ change: (inout sending Values) -> Void) {
        values.withLock { change(&$0) }
    }
}
