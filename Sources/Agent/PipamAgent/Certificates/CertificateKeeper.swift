import Nameserver
import OpenSSL

/// Decides what DNS over TLS shows, from what its files hold at each look. What cannot be used
/// leaves the one before in force; files that change at this moment are looked at again first,
/// since a certificate and its key are two files and never replaced at once.
struct CertificateKeeper {
    /// What is to be told of a look.
    enum Action: Equatable {
        case nothing
        /// Another certificate is shown.
        case taken(CertificateDates)
        /// Nothing new is shown, and why.
        case refused(String)
    }

    private typealias Reading = Result<
        ServerCertificateFiles.Content, ServerCertificateFiles.Failure
    >

    private let files: ServerCertificateFiles
    private let served: ServedIdentity
    /// What the last decision was about.
    private var judged: Reading?
    /// What was seen since, once.
    private var unsettled: Reading?

    /// Nothing was looked at yet.
    init(_ files: ServerCertificateFiles, served: ServedIdentity) {
        self.files = files
        self.served = served
    }

    /// Looks at the files; the first time decides at once.
    mutating func look(atSeconds seconds: Int64) -> Action {
        let reading = Reading { () throws(ServerCertificateFiles.Failure) in try files.read() }
        guard reading != judged else {
            unsettled = nil
            return .nothing
        }
        guard judged == nil || reading == unsettled else {
            unsettled = reading
            return .nothing
        }
        judged = reading
        unsettled = nil
        do {
            return try judge(reading.get(), atSeconds: seconds)
        } catch {
            return .refused("\(error)")
        }
    }

    private func judge(
        _ content: ServerCertificateFiles.Content, atSeconds seconds: Int64
    ) throws -> Action {
        let identity = try files.identity(of: content)
        let dates = CertificateDates(identity)
        if dates.isOutside(atSeconds: seconds), let current = served.current,
            !CertificateDates(current).isOutside(atSeconds: seconds)
        {
            return .refused(
                "\(files.certificate) \(dates.problem(atSeconds: seconds) ?? "does not hold now")")
        }
        try served.replace(with: identity)
        return .taken(dates)
    }
}
