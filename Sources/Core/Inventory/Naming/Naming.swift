/// Gives a guest its names: from its name in Proxmox and the mapping of its addresses, from the
/// guest's own host name and notes where the operator lets it.
package struct Naming {
    private let guest: Guest
    private let policy: NamingPolicy
    private var publication = Publication()
    /// The domain that each interface's first IPv4 address was named in.
    private var inheritedDomains: [String: DomainName] = [:]

    private init(_ guest: Guest, _ policy: NamingPolicy) {
        self.guest = guest
        self.policy = policy
    }

    /// What a guest claims.
    ///
    /// - `nowSeconds`, `firstSeen`: see `AddressSelection`.
    package static func publication(
        of guest: Guest, under policy: NamingPolicy, nowSeconds: UInt64,
        firstSeen: @escaping (ScopedAddress) -> UInt64
    ) -> Publication {
        var naming = Naming(guest, policy)
        if let problem = guest.settingsProblem {
            naming.find("notes", .badSettings(problem))
        }
        if let reason = naming.objection() {
            naming.find("guest", reason)
            return naming.publication
        }
        let verdicts = AddressSelection(
            of: guest, rules: policy.selection, nowSeconds: nowSeconds, firstSeen: firstSeen
        ).verdicts()
        naming.name(verdicts)
        return naming.publication
    }

    private mutating func find(_ subject: String, _ reason: Withholding) {
        let finding = Publication.Finding(subject: subject, reason: reason)
        if !publication.findings.contains(finding) {
            publication.findings.append(finding)
        }
    }

    private mutating func claim(_ claim: Publication.Claim) {
        if !publication.claims.contains(claim) {
            publication.claims.append(claim)
        }
    }

    /// What keeps the whole guest out.
    private func objection() -> Withholding? {
        if guest.isTemplate { return .template }
        if guest.settings.isIgnored { return .ignored }
        if !guest.isSettled, guest.isInTransition {
            return .inTransition(lock: guest.lock ?? "")
        }
        if policy.withdrawsStopped, guest.runState == .stopped { return .stopped }
        return nil
    }

    private mutating func name(_ verdicts: [AddressVerdict]) {
        let name = ownName()
        // IPv4 first: IPv6 inherits its domain.
        let ordered = verdicts.filter(\.isIPv4) + verdicts.filter { !$0.isIPv4 }
        for verdict in ordered {
            switch verdict.outcome {
            case .withheld(let reason):
                note(verdict, reason)
            case .floating(let reason):
                if !claimService(verdict) { note(verdict, reason) }
            case .accepted:
                claimHost(verdict, name)
                _ = claimService(verdict)
            }
        }
        if verdicts.isEmpty {
            find("guest", .noAddress(because: guest.addressProblem))
        }
        claimAliases()
    }

    private mutating func note(_ verdict: AddressVerdict, _ reason: Withholding) {
        find(verdict.address.description, reason)
        if case .maturing(let until) = reason {
            publication.reviewAtSeconds = min(until, publication.reviewAtSeconds ?? until)
        }
    }
}

// MARK: - The guest's own name

extension Naming {
    /// The name to publish, and whether the guest's owner chose it against Proxmox's.
    private mutating func ownName() -> ChosenName? {
        if let wish = guest.settings.name {
            return read(wish, isWish: true)
        }
        if let hostName = guest.hostName, let chosen = trustedHostName(hostName) {
            return chosen
        }
        guard let name = guest.name, name.asciiLowercased != guest.syntheticName.asciiLowercased
        else {
            find("guest", .noName(synthetic: guest.syntheticName))
            return nil
        }
        return read(name, isWish: false)
    }

    private mutating func read(_ text: String, isWish: Bool) -> ChosenName? {
        switch GivenName.read(text) {
        case .success(let given):
            return ChosenName(given: given, isWish: isWish)
        case .failure(let reason):
            find("guest", reason)
            return nil
        }
    }

    /// The operating system's own host name, where it may be used: with a dot inside a zone that
    /// trusts the guest, without one only if Proxmox has no name for it.
    private mutating func trustedHostName(_ hostName: String) -> ChosenName? {
        guard case .success(let given) = GivenName.read(hostName),
            !ImageDefaults.isDefault(hostName)
        else { return nil }
        switch given {
        case .full(let name):
            guard let zone = policy.zone(of: name) else {
                return nil
            }
            guard isTrusted(name) else {
                if !isOwnName(name) {
                    find(name.description, .notTrusted(name, zone: trustDomain(of: name) ?? zone))
                }
                return nil
            }
            return ChosenName(given: given, isWish: true)
        case .label:
            let isNamed = guest.name.map {
                $0.asciiLowercased != guest.syntheticName.asciiLowercased
            }
            return isNamed ?? false ? nil : ChosenName(given: given, isWish: true)
        }
    }

    private func isTrusted(_ name: DomainName) -> Bool {
        policy.mapping(holding: name)?.trusts(guest) ?? false
    }

    /// The domain whose trust a name needs.
    private func trustDomain(of name: DomainName) -> DomainName? {
        policy.mapping(holding: name)?.domain
    }

    /// The guest would be called so anyhow: by its name in Proxmox below some mapped domain.
    private func isOwnName(_ name: DomainName) -> Bool {
        guard let own = guest.name, case .success(let given) = GivenName.read(own) else {
            return false
        }
        return switch given {
        case .full(let full): full == name
        case .label(let label): policy.mappings.contains { label.name(in: $0.domain) == name }
        }
    }
}

/// A name, and whether the guest's side chose it, which needs the zone's trust.
private struct ChosenName {
    let given: GivenName
    let isWish: Bool
}

/// Host names that images come with; they tell nothing of the guest.
private enum ImageDefaults {
    private static let names: Set<String> = [
        "localhost", "localhost.localdomain", "localhost6.localdomain6", "debian", "ubuntu",
        "cloudimg", "fedora", "centos", "rocky", "almalinux", "alpine", "archlinux", "opensuse",
        "kali", "raspberrypi", "freebsd", "openwrt",
    ]

    static func isDefault(_ hostName: String) -> Bool {
        let name = hostName.asciiLowercased
        return names.contains(name) || name.hasPrefix("localhost.")
            // What Windows' set-up makes up: WIN- and eleven letters or digits.
            || name.hasPrefix("win-") && name.utf8.count == 15
    }
}

// MARK: - Claims

extension Naming {
    private mutating func claimHost(_ verdict: AddressVerdict, _ chosen: ChosenName?) {
        guard let chosen else { return }
        switch hostName(for: verdict, chosen) {
        case .success(let name):
            let mapping = policy.mapping(for: verdict.address)
            claim(
                .host(
                    name: name, address: verdict.address,
                    hasReverse: mapping?.hasReverse ?? (verdict.address.routingDomain == .global),
                    evidence: evidence(for: verdict)))
        case .failure(let reason):
            find(verdict.address.description, reason)
        }
    }

    private func evidence(for verdict: AddressVerdict) -> Publication.Evidence {
        let interface = guest.interfaces.first { $0.key == verdict.interface }
        let address = verdict.found.address.address
        return Publication.Evidence(
            mac: interface?.mac, isRunning: guest.runState == .running,
            isConfigured: interface?.addresses.contains {
                !$0.origin.isObserved && $0.address.address == address
            } ?? false)
    }

    /// The full name of one address.
    private mutating func hostName(
        for verdict: AddressVerdict, _ chosen: ChosenName
    ) -> Result<DomainName, Withholding> {
        let domain: DomainName?
        switch self.domain(for: verdict) {
        case .success(let found): domain = found
        case .failure(let reason):
            // A name that is already full needs no mapping of its addresses.
            guard case .full = chosen.given, case .noMapping = reason,
                !AddressClass.isUniqueLocal(verdict.address.address)
            else { return .failure(reason) }
            domain = nil
        }
        let name: DomainName
        switch chosen.given {
        case .full(let full): name = full
        case .label(let label):
            guard let domain, let whole = label.name(in: domain) else {
                return .failure(.tooLong(label.text))
            }
            name = whole
        }
        if let reason = objection(
            to: name, isWish: chosen.isWish, domain: domain, address: verdict.address.address)
        {
            return .failure(reason)
        }
        if verdict.isIPv4, inheritedDomains[verdict.interface] == nil {
            inheritedDomains[verdict.interface] = domain ?? name.parent
        }
        return .success(name)
    }

    /// What speaks against a name for this guest.
    private func objection(
        to name: DomainName, isWish: Bool, domain: DomainName?, address: IPAddress?,
        isService: Bool = false
    ) -> Withholding? {
        guard let zone = policy.zone(of: name) else { return .outsideZones(name) }
        if policy.reservedNames.contains(name) || policy.zones.contains(name)
            || !isService && policy.isDeclaredService(name)
        {
            return .reserved(name)
        }
        // A name straight under the mapped domain is what Proxmox's name gives by itself.
        let isOrdinary = !isWish && domain != nil && name.parent == domain
        if !isOrdinary, !isTrusted(name) {
            return .notTrusted(name, zone: trustDomain(of: name) ?? zone)
        }
        let isPublic = policy.mapping(holding: name)?.isPublic ?? false
        if let address, isPublic, AddressClass.isPrivate(address) {
            return .privateInPublicZone(zone)
        }
        return nil
    }

    /// The domain for an address: the notes' override where it is allowed, the mapping, and for
    /// IPv6 without one the domain of the same interface's IPv4 address.
    private mutating func domain(for verdict: AddressVerdict) -> Result<DomainName, Withholding> {
        let override = guest.settings.mapping
            .filter { $0.network.contains(verdict.address.address) }
            .max { $0.network.prefixLength < $1.network.prefixLength }
        if let override {
            if isTrusted(override.domain) { return .success(override.domain) }
            let zone = trustDomain(of: override.domain) ?? policy.zone(of: override.domain)
            find(
                override.domain.description,
                zone.map { .notTrusted(override.domain, zone: $0) }
                    ?? .outsideZones(override.domain))
        }
        if let mapping = policy.mapping(for: verdict.address) {
            return .success(mapping.domain)
        }
        guard !verdict.isIPv4, !AddressClass.isUniqueLocal(verdict.address.address),
            let inherited = inheritedDomains[verdict.interface]
        else { return .failure(.noMapping) }
        return .success(inherited)
    }

    /// Puts an address under the service name that the notes ask for. `false` if there is none or
    /// the guest may not have it.
    private mutating func claimService(_ verdict: AddressVerdict) -> Bool {
        guard let wish = guest.settings.service else { return false }
        switch fullName(of: wish, for: verdict) {
        case .success(let name):
            let isDeclared = policy.isDeclaredService(name)
            // A declared service is the operator's name, so it needs no trust.
            let reason = objection(
                to: name, isWish: !isDeclared, domain: isDeclared ? name.parent : nil,
                address: verdict.address.address, isService: true)
            if let reason {
                find(wish, reason)
                return false
            }
            claim(.service(name: name, address: verdict.address))
            return true
        case .failure(let reason):
            find(wish, reason)
            return false
        }
    }

    private mutating func fullName(
        of wish: String, for verdict: AddressVerdict
    ) -> Result<DomainName, Withholding> {
        GivenName.read(wish).flatMap { given in
            switch given {
            case .full(let name): return .success(name)
            case .label(let label):
                return domain(for: verdict).flatMap { domain in
                    label.name(in: domain).map { .success($0) } ?? .failure(.tooLong(label.text))
                }
            }
        }
    }

    /// Aliases point at the guest's first name.
    private mutating func claimAliases() {
        let target = publication.claims.lazy.compactMap { claim -> DomainName? in
            guard case .host(let name, _, _, _) = claim else { return nil }
            return name
        }.first
        for wish in guest.settings.aliases {
            switch GivenName.read(wish) {
            case .failure(let reason): find(wish, reason)
            case .success(let given): claimAlias(given, wish: wish, target: target)
            }
        }
    }

    private mutating func claimAlias(_ given: GivenName, wish: String, target: DomainName?) {
        guard let target, let domain = target.parent else {
            find(wish, .aliasWithoutTarget)
            return
        }
        let name: DomainName
        switch given {
        case .full(let full): name = full
        case .label(let label):
            guard let whole = label.name(in: domain) else {
                find(wish, .tooLong(wish))
                return
            }
            name = whole
        }
        if let reason = objection(to: name, isWish: true, domain: nil, address: nil) {
            find(wish, reason)
        } else if !publication.claims.contains(where: { $0.name == name }) {
            claim(.alias(name: name, target: target))
        }
    }
}

extension AddressVerdict {
    fileprivate var isIPv4: Bool {
        if case .v4 = address.address { true } else { false }
    }
}
