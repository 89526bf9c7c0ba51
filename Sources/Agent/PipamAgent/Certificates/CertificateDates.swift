import Control
import Glibc
import OpenSSL

/// From when to when a server's certificate holds.
package struct CertificateDates: Equatable, Sendable {
    /// In seconds since 1970.
    package let notBeforeSeconds: Int64
    /// In seconds since 1970.
    package let notAfterSeconds: Int64

    /// Somebody is told so long before it ends, or a fifth of its time if that is less: those who
    /// renew by themselves do so at a third.
    private static let longestNoticeSeconds: Int64 = 21 * 86_400

    /// Joins the two.
    package init(notBeforeSeconds: Int64, notAfterSeconds: Int64) {
        self.notBeforeSeconds = notBeforeSeconds
        self.notAfterSeconds = notAfterSeconds
    }

    /// Those of the server's own certificate.
    init(_ identity: ServerIdentity) {
        self.init(
            notBeforeSeconds: identity.leaf.notBeforeSeconds,
            notAfterSeconds: identity.leaf.notAfterSeconds)
    }

    /// It does not hold at that time.
    func isOutside(atSeconds seconds: Int64) -> Bool {
        seconds < notBeforeSeconds || seconds > notAfterSeconds
    }

    /// What to do something about at that time, and what, if there is anything.
    func problem(atSeconds seconds: Int64) -> String? {
        let left = notAfterSeconds - seconds
        let notice = min(Self.longestNoticeSeconds, (notAfterSeconds - notBeforeSeconds) / 5)
        if seconds < notBeforeSeconds {
            return "does not hold before \(Self.text(notBeforeSeconds)), clients refuse it; "
                + "see whether this host's clock is right: timedatectl"
        }
        if left < 0 {
            return "ended on \(Self.text(notAfterSeconds)), clients refuse it; renew it in its "
                + "files, which are read again by themselves"
        }
        guard left < notice else { return nil }
        let days = Wording.count(Int(left / 86_400), "day")
        return "ends on \(Self.text(notAfterSeconds)), in \(days); "
            + "renew it in its files, which are read again by themselves"
    }

    /// Day and minute, UTC.
    static func text(_ seconds: Int64) -> String {
        var (time, parts) = (time_t(seconds), tm())
        guard gmtime_r(&time, &parts) != nil else { return "\(seconds) s after 1970" }
        let numbers = [parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min].map { number in
            number < 10 ? "0\(number)" : "\(number)"
        }
        let day = "\(parts.tm_year + 1900)-\(numbers[0])-\(numbers[1])"
        return "\(day) \(numbers[2]):\(numbers[3]) UTC"
    }
}
