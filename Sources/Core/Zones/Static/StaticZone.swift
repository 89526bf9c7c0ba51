package import Inventory

/// A zone that holds what the operator gives and nothing of guests: what its SOA record says. What
/// is missing is as in the zones of the settings.
package struct StaticZone: Hashable, Sendable {
    /// The first name server.
    package var primary: DomainName?
    /// The mail address of whoever is responsible, as a name.
    package var contact: DomainName?
    /// The four times of an SOA record.
    package var times: Times?

    /// The times of an SOA record (RFC 1035 section 3.3.13), in seconds.
    package struct Times: Hashable, Sendable {
        /// How often secondaries ask.
        package var refresh: UInt32
        /// How soon they ask again after a failure.
        package var retry: UInt32
        /// How long they answer without having been able to ask.
        package var expire: UInt32
        /// How long a negative answer may be kept (RFC 2308 section 4).
        package var negative: UInt32

        /// Joins the four.
        package init(refresh: UInt32, retry: UInt32, expire: UInt32, negative: UInt32) {
            self.refresh = refresh
            self.retry = retry
            self.expire = expire
            self.negative = negative
        }
    }

    /// Joins the three.
    package init(primary: DomainName? = nil, contact: DomainName? = nil, times: Times? = nil) {
        self.primary = primary
        self.contact = contact
        self.times = times
    }

    /// The SOA, but for its serial.
    ///
    /// - `usual`: what the zone would have from the settings.
    func authority(usual: Zone.Authority) -> Zone.Authority {
        var authority = usual
        if let primary { authority.primary = primary }
        if let contact { authority.contact = contact }
        if let times {
            authority.times.refresh = times.refresh
            authority.times.retry = times.retry
            authority.times.expire = times.expire
            authority.times.negative = times.negative
        }
        return authority
    }
}
