package import DNSWire

/// What DNS cookies are made of: it follows from the cluster's secret and the day, so that every
/// node makes the same ones and knows those of the others (RFC 9018 section 5).
///
/// Cookies live an hour, and two keys count at a time. Beside the day's own key it is that of the
/// day before until noon, for cookies that are about, and that of the next one from noon on, for
/// nodes whose clocks are ahead.
package enum CookieKeys {
    private static let daySeconds: UInt64 = 86_400

    /// The keys at a time, in seconds since 1970; `nil` before there is a secret.
    package static func keys(
        from ring: SecretRing, atSeconds now: UInt64
    ) -> CookieSecrets? {
        let secrets = ring.all
        guard let secret = secrets.first else { return nil }
        let day = now / daySeconds
        let current = key(of: day, from: secret)
        // After a new secret, cookies of the old one are about, and nodes that lack it still.
        let life = UInt64(CookieSecrets.lifetimeSeconds)
        if secrets.count > 1, now < secret.madeAtSeconds + life {
            return CookieSecrets(current: current, other: key(of: day, from: secrets[1]))
        }
        let isMorning = now % daySeconds < daySeconds / 2
        let other = isMorning ? max(day, 1) - 1 : day + 1
        return CookieSecrets(current: current, other: key(of: other, from: secret))
    }

    private static func key(of day: UInt64, from secret: ClusterSecret) -> SipHashKey {
        let octets = secret.derive("DNS cookies of day \(day)", octets: 16)
        let word = { (range: Range<Int>) in
            octets[range].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        return SipHashKey(low: word(0..<8), high: word(8..<16))
    }
}
