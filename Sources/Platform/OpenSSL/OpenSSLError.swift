import COpenSSL

/// Why something could not be done with OpenSSL.
package enum OpenSSLError: Error, Hashable, Sendable {
    /// The file of authorities could not be read or holds no certificate in PEM form.
    case unreadableAuthorities(file: String, reason: String)
    /// What was given is not what it should be: damaged, of another kind, or not to be believed.
    case unusable(what: String, reason: String)
    /// OpenSSL could not allocate what it needs, or refuses a call that cannot fail otherwise.
    case unavailable(what: String, reason: String)
}

extension OpenSSLError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadableAuthorities(let file, let reason):
            "no certificate authority could be read from \(file): \(reason); "
                + "name a readable file with certificates in PEM form"
        case .unusable(let what, let reason):
            "the \(what) cannot be used: \(reason)"
        case .unavailable(let what, let reason):
            "OpenSSL gives no \(what): \(reason)"
        }
    }
}

/// What OpenSSL says of the last call that failed on this thread; the queue is emptied.
func lastErrorText() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0, let text = ERR_reason_error_string(code) else { return "no reason given" }
    return String(cString: text)
}
