import FoundationEssentials

extension Route {
    /// The most events that one request may ask for at most.
    static let maximumEventLimit: UInt64 = 1_000_000

    /// The whole API.
    static let all: [Route] =
        questions + guestRoutes + zoneRoutes + planRoutes + actions + clusterRoutes + configRoutes
        + addressRoutes + staticRoutes + signingRoutes

    private static let questions = [
        Route(.question, "/v1/status", reading: .stale, isForwardable: true) {
            arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.status())
        },
        Route(.question, "/v1/health") { arguments, service throws(ControlError) in
            try arguments.finish()
            let health = try await service.health()
            return try json(health, status: health.isHealthy ? 200 : 503)
        },
        Route(.question, "/v1/events") { arguments, _ throws(ControlError) in
            let query = EventQuery(
                from: try arguments.query.number("from", in: 0...UInt64(Int64.max)) ?? 0,
                follows: try arguments.query.flag("follow"),
                limit: try arguments.query.number("limit", in: 1...maximumEventLimit))
            try arguments.finish()
            return .events(query)
        },
        Route(.question, "/v1/openapi.yaml") { arguments, _ throws(ControlError) in
            try arguments.finish()
            return .text(OpenAPIDocument.text, type: "application/yaml")
        },
    ]

    private static let guestRoutes = [
        Route(.question, "/v1/guests", reading: .stale) { arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.guests())
        },
        Route(.question, "/v1/guests/{vmid}", reading: .stale) {
            arguments, service throws(ControlError) in
            let vmid = try arguments.path.number("vmid", in: 0...UInt64(UInt32.max)) ?? 0
            try arguments.finish()
            return try json(await service.guest(UInt32(vmid)))
        },
    ]

    private static let zoneRoutes = [
        Route(.question, "/v1/zones", reading: .stale) { arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.zones())
        },
        Route(.question, "/v1/zones/{zone}", reading: .stale) {
            arguments, service throws(ControlError) in
            let zone = try arguments.path.domainName("zone") ?? ""
            try arguments.finish()
            return try json(await service.zone(zone))
        },
        Route(.question, "/v1/zones/{zone}/file", reading: .stale) {
            arguments, service throws(ControlError) in
            let zone = try arguments.path.domainName("zone") ?? ""
            try arguments.finish()
            return .text(try await service.zoneFile(zone), type: "text/dns")
        },
        Route(.question, "/v1/records", reading: .stale) {
            arguments, service throws(ControlError) in
            let query = RecordQuery(
                zone: try arguments.query.domainName("zone"),
                name: try arguments.query.domainName("name"),
                type: try arguments.query.recordType("type"))
            try arguments.finish()
            return try json(await service.records(query))
        },
    ]

    private static let planRoutes = [
        Route(.question, "/v1/plan", isForwardable: true) {
            arguments, service throws(ControlError) in
            let query = PlanQuery(
                provider: try arguments.query.provider(),
                zone: try arguments.query.domainName("zone"))
            try arguments.finish()
            return try json(await service.plan(query))
        },
        Route(.action, "/v1/plan/apply", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = ApplyRequest(
                force: try arguments.body.flag("force"), provider: try arguments.body.provider(),
                zone: try arguments.body.domainName("zone"))
            try arguments.finish()
            return try json(await service.apply(request))
        },
        Route(.action, "/v1/adopt", isForwardable: true) {
            arguments, service throws(ControlError) in
            guard let zone = try arguments.body.domainName("zone") else {
                throw .invalid("zone is missing", remedy: "name the zone to adopt")
            }
            let request = AdoptRequest(zone: zone, dryRun: try arguments.body.flag("dry_run"))
            try arguments.finish()
            return try json(await service.adopt(request))
        },
        Route(.question, "/v1/conflicts", isForwardable: true) {
            arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.conflicts())
        },
    ]

    private static let actions = [
        Route(.action, "/v1/collect", isForwardable: true) {
            arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.collect())
        },
        Route(.action, "/v1/publishing/pause", isForwardable: true) {
            arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.setPublishing(isPaused: true))
        },
        Route(.action, "/v1/publishing/resume", isForwardable: true) {
            arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.setPublishing(isPaused: false))
        },
        Route(.action, "/v1/reconcile", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = ReconcileRequest(
                dryRun: try arguments.body.flag("dry_run"),
                approve: try arguments.body.flag("approve"),
                force: try arguments.body.flag("force"))
            try arguments.finish()
            return try json(await service.reconcile(request))
        },
        Route(.action, "/v1/clean", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = CleanRequest(
                collect: try arguments.body.flag("collect"),
                dryRun: try arguments.body.flag("dry_run"))
            try arguments.finish()
            return try json(await service.clean(request))
        },
    ]

    static func json(
        _ answer: some Encodable, status: Int = 200
    ) throws(ControlError) -> Reply {
        .json(try JSONText.encode(answer), status: status)
    }
}

extension Route.Arguments {
    /// Refuses what no route takes.
    func finish() throws(ControlError) {
        try path.finish()
        try query.finish()
        try body.finish()
    }
}

extension RequestFields {
    fileprivate mutating func provider() throws(ControlError) -> String? {
        try text("provider", maximumOctets: Self.maximumProviderOctets)
    }
}
