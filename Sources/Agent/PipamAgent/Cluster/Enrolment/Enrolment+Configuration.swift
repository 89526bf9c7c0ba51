import ClusterState

/// Enrolment as the configuration has it.
extension Enrolment {
    /// What a person can ask for besides what is due.
    package struct Options: Sendable {
        /// Nothing is changed.
        package var isDryRun = false
        /// A cluster is founded in the data directory, where no directory is shared.
        package var foundsCluster = false
        /// A new authority is to come.
        package var rotatesAuthority = false
        /// A node that is gone for good: its UUID.
        package var forgotten: String?

        /// Only what is due.
        package init() {}
    }

    /// `pipam enroll`: reads the configuration and does what is due. `warn` gets the warnings about
    /// the configuration.
    package static func run(
        path: String?, environment: [String: String], _ options: Options,
        warn: @Sendable (String) -> Void
    ) async throws -> EnrolmentReport {
        // The agent's secrets are not this program's business: a unit of its own may not have them.
        let secrets = [SecretKey.proxmoxToken, .powerDNSKey, .netBoxToken].map(\.variable)
        let environment = environment.merging(secrets.map { ($0, "none") }) { _, none in none }
        let loaded = try ConfigurationFile.load(path: path, environment: environment)
        loaded.warnings.forEach { warn("\($0)") }
        var request = try request(
            loaded.configuration, options: options, nowSeconds: Int64(WallClock.nowSeconds()))
        request.isDryRun = options.isDryRun
        request.rotatesAuthority = options.rotatesAuthority
        if let text = options.forgotten {
            guard let node = NodeID(text) else {
                throw EnrolmentError.refused(
                    reason: "\"\(text)\" is no node",
                    remedy: "give the UUID that pipamctl cluster members shows")
            }
            request.forgotten = node
        }
        return try await Enrolment(request).run()
    }

    /// Makes a host that shares no directory with others and has joined none a cluster of itself,
    /// so that the agent comes up alone without anybody having to prepare anything; and renews what
    /// is due there. `nil` on hosts that have to be enrolled by root or have joined by token.
    ///
    /// The agent calls it at its start and once a day.
    package static func ensure(
        _ configuration: Configuration, nowSeconds: Int64,
        step: @escaping ClusterPlace.Step = { _ throws(EnrolmentError) in }
    ) async throws -> EnrolmentReport? {
        guard ClusterPlace.configured(configuration.cluster.directory) == nil else { return nil }
        let data = try DataDirectory.open(configuration.dataDirectory, step: step)
        let own = "\(data.path)/\(ClusterPlace.ownFolder)/\(ClusterDocument.fileName)"
        let hasOwn = FileContent.exists(own)
        let isNew = try NodeIdentity.read(in: data)?.cluster == nil
        let joins = configuration.cluster.directory == .none
        guard hasOwn || (isNew && !joins) else { return nil }
        var options = Options()
        options.foundsCluster = true
        var request = try request(configuration, options: options, nowSeconds: nowSeconds)
        request.step = step
        return try await Enrolment(request).run()
    }

    /// What the configuration asks for.
    package static func request(
        _ configuration: Configuration, options: Options, nowSeconds: Int64
    ) throws -> EnrolmentRequest {
        let cluster = configuration.cluster
        let node = cluster.node ?? LocalHost.name()
        guard NodeName.isValid(node) else {
            throw EnrolmentError.refused(
                reason: "the host name \"\(node)\" is no name of a node",
                remedy: "set cluster.node in the configuration")
        }
        let (place, name) = try place(configuration, options: options)
        if let proxmox = try place.proxmoxNode(), proxmox != node {
            throw EnrolmentError.refused(
                reason: "this host is \(proxmox) to Proxmox and \(node) to pipam",
                remedy: "set cluster.node = \"\(proxmox)\" in the configuration")
        }
        return EnrolmentRequest(
            place: place, dataDirectory: configuration.dataDirectory, name: node,
            addresses: try cluster.memberAddresses(), clusterName: name ?? node,
            nowSeconds: nowSeconds
        ).with(role: cluster.role)
    }

    private static func place(
        _ configuration: Configuration, options: Options
    ) throws -> (ClusterPlace, name: String?) {
        if let place = ClusterPlace.configured(configuration.cluster.directory) {
            guard !options.foundsCluster else {
                throw EnrolmentError.refused(
                    reason: "the hosts of this cluster share \(place.path)",
                    remedy: "run pipam enroll without --new-cluster")
            }
            return (place, try place.proxmoxCluster())
        }
        let data = try DataDirectory.open(configuration.dataDirectory)
        let hasOwn = try data.subdirectory(ClusterPlace.ownFolder) != nil
        guard hasOwn || options.foundsCluster else {
            throw EnrolmentError.refused(
                reason: "this host shares no directory with others",
                remedy: "found a cluster with --new-cluster, join one with pipamctl cluster join, "
                    + "or set cluster.directory")
        }
        return (try ClusterPlace.own(in: data), nil)
    }
}

extension EnrolmentRequest {
    fileprivate func with(role: Configuration.Cluster.Role) -> EnrolmentRequest {
        var request = self
        request.role = role
        return request
    }
}

extension ClusterPlace {
    /// What Proxmox calls this host; `nil` outside Proxmox.
    fileprivate func proxmoxNode() throws(EnrolmentError) -> String? {
        guard let proxmoxRoot else { return nil }
        return try ProxmoxFileSystem(root: proxmoxRoot).members().node
    }

    /// What Proxmox calls its cluster; `nil` outside Proxmox and on a host that stands alone.
    fileprivate func proxmoxCluster() throws(EnrolmentError) -> String? {
        guard let proxmoxRoot else { return nil }
        return try ProxmoxFileSystem(root: proxmoxRoot).members().cluster
    }
}

extension Configuration.Cluster {
    /// Where this host listens for its peers. Throws if nothing is configured and the host has no
    /// address of its own.
    package func listenAddresses() throws -> [Configuration.ListenAddress] {
        if let listen { return listen }
        do {
            return try LocalHost.managementAddresses().map {
                Configuration.ListenAddress($0, port: Self.port)
            }
        } catch {
            throw EnrolmentError.refused(
                reason: "the name of this host, \"\(error.hostName)\", stands for no address "
                    + "outside loopback",
                remedy: "set cluster.listen")
        }
    }

    /// What the others are told, at most 8.
    package func memberAddresses() throws -> [MemberAddress] {
        let told =
            advertise.isEmpty
            ? try listenAddresses().map { MemberAddress($0.address, port: $0.port) }
            : advertise.compactMap { MemberAddress($0) }
        return Array(told.prefix(MemberAddress.maximumCount))
    }
}
