package import OpenSSL

/// How long certificates hold and when they are renewed.
package struct CertificatePolicy: Equatable, Sendable {
    /// Of a node's certificate.
    package var leafSeconds: Int64 = 90 * 86_400
    /// Of an authority. Leaves never outlive it, so it is changed well before its end.
    package var authorityDays = 3_650
    /// From this long before an authority's end on, every run says that it has to be changed.
    package var authorityWarningSeconds: Int64 = 365 * 86_400
    /// How long a node's published copy of the bundle has to be unchanged before a new authority
    /// issues: running agents look at their files every few seconds.
    package var settleSeconds: Int64 = 60

    /// As it is in production.
    package init() {}

    /// A certificate is renewed, with a new key, when two thirds of its time are over.
    package static func renewalSeconds(of certificate: Certificate) -> Int64 {
        let whole = certificate.notAfterSeconds - certificate.notBeforeSeconds
        return certificate.notBeforeSeconds + whole / 3 * 2
    }
}
