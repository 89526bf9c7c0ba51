/// A question to the agent, or something it is to do, with the type of its answer.
package struct ControlCall<Answer: Decodable & Sendable>: Sendable {
    /// Path and query.
    let target: String
    /// The JSON object to send; `nil` for a question.
    let body: [UInt8]?
    /// What kind of text `body` is.
    private(set) var bodyType = "application/json"
    /// It writes or collects: that takes longer.
    var isAction: Bool { body != nil }

    private init(target: String, body: [UInt8]?) {
        self.target = target
        self.body = body
    }

    init(
        question path: String, _ query: KeyValuePairs<String, String?> = [:]
    ) {
        let parts = query.compactMap { name, value in
            value.map { "\(name)=\(PercentCoding.encoded($0))" }
        }
        target = parts.isEmpty ? path : "\(path)?\(parts.joined(separator: "&"))"
        body = nil
    }

    init(action path: String, _ request: (some Encodable)?) throws(ControlError) {
        target = path
        body =
            try request.map { request throws(ControlError) in try JSONText.encode(request) } ?? []
    }

    /// An action that takes text.
    init(
        action path: String, _ query: KeyValuePairs<String, String?>, text: [UInt8]
    ) {
        self.init(target: Self(question: path, query).target, body: text)
        bodyType = "text/plain"
    }

    init(action path: String) {
        target = path
        body = []
    }

    /// The same question with a word on how replicated state is read: at once from what the node
    /// has, or with all that was agreed before. Only for questions that the OpenAPI document gives
    /// the parameter `stale`.
    package func reading(stale isStale: Bool) -> Self {
        let mark = target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        return Self(target: "\(target)\(mark)stale=\(isStale)", body: body)
    }

    /// The same for another member to answer.
    package var forwarded: ForwardedRequest {
        ForwardedRequest(method: isAction ? "POST" : "GET", target: target, body: body ?? [])
    }

    /// What the other member answered; throws the error that it told.
    package func answer(from forwarded: ForwardedAnswer) throws(ControlError) -> Answer {
        guard (200...299).contains(forwarded.status) else {
            throw ControlError(status: forwarded.status, octets: forwarded.body)
        }
        return try answer(from: forwarded.body)
    }
}

extension ControlCall<StatusAnswer> {
    /// How the agent stands.
    package static var status: Self { Self(question: "/v1/status") }
}

extension ControlCall<HealthAnswer> {
    /// Whether all is well.
    package static var health: Self { Self(question: "/v1/health") }
}

extension ControlCall<GuestListAnswer> {
    /// All guests.
    package static var guests: Self { Self(question: "/v1/guests") }
}

extension ControlCall<GuestAnswer> {
    /// One guest.
    package static func guest(_ vmid: UInt32) -> Self { Self(question: "/v1/guests/\(vmid)") }
}

extension ControlCall<ZoneListAnswer> {
    /// All zones.
    package static var zones: Self { Self(question: "/v1/zones") }
}

extension ControlCall<ZoneAnswer> {
    /// One zone.
    package static func zone(_ name: String) -> Self {
        Self(question: "/v1/zones/\(PercentCoding.encoded(name))")
    }
}

extension ControlCall<String> {
    /// One zone as a zone file.
    package static func zoneFile(_ name: String) -> Self {
        Self(question: "/v1/zones/\(PercentCoding.encoded(name))/file")
    }
}

extension ControlCall<RecordListAnswer> {
    /// Records.
    package static func records(_ query: RecordQuery) -> Self {
        Self(
            question: "/v1/records",
            ["zone": query.zone, "name": query.name, "type": query.type])
    }
}

extension ControlCall<PlanAnswer> {
    /// What has to be done.
    package static func plan(_ query: PlanQuery) -> Self {
        Self(question: "/v1/plan", ["provider": query.provider, "zone": query.zone])
    }
}

extension ControlCall<ConflictListAnswer> {
    /// What cannot be done without a person.
    package static var conflicts: Self { Self(question: "/v1/conflicts") }
}

extension ControlCall<ApplyAnswer> {
    /// Approves plans and has them carried out.
    package static func apply(_ request: ApplyRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/plan/apply", request)
    }
}

extension ControlCall<AdoptAnswer> {
    /// Takes over entries that say what ours would.
    package static func adopt(_ request: AdoptRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/adopt", request)
    }
}

extension ControlCall<CollectAnswer> {
    /// Has the agent look at the whole cluster.
    package static var collect: Self { Self(action: "/v1/collect") }
}

extension ControlCall<PublishingAnswer> {
    /// Stops or resumes writing to providers.
    package static func setPublishing(isPaused: Bool) -> Self {
        Self(action: "/v1/publishing/\(isPaused ? "pause" : "resume")")
    }
}

extension ControlCall<ReconcileAnswer> {
    /// Compares everything with the providers.
    package static func reconcile(_ request: ReconcileRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/reconcile", request)
    }
}

extension ControlCall<RecordChangeAnswer> {
    /// Puts a record of the operator's beside those that stand.
    package static func addRecord(_ request: RecordAddRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/records/add", request)
    }

    /// Takes records of the operator's away.
    package static func removeRecords(_ request: RecordRemoveRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/records/remove", request)
    }

    /// Makes what the operator gives in a zone what a zone file says.
    package static func importZone(_ request: ZoneImportRequest, text: [UInt8]) -> Self {
        Self(
            action: "/v1/static-zones/import",
            [
                "zone": request.zone, "version": request.version.map(String.init),
                "replace": "\(request.replace)", "dry_run": "\(request.dryRun)",
            ], text: text)
    }

    /// Makes a zone for the operator's records only.
    package static func addZone(_ request: ZoneAddRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/static-zones/add", request)
    }

    /// Takes what the operator gives in a zone away.
    package static func removeZone(_ request: ZoneRemoveRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/static-zones/remove", request)
    }
}

extension ControlCall<CleanAnswer> {
    /// Removes everything of ours from the providers.
    package static func clean(_ request: CleanRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/clean", request)
    }
}

extension ControlCall<SigningListAnswer> {
    /// The zones that are signed, or one of them.
    package static func signing(of zone: String? = nil) -> Self {
        Self(question: "/v1/signing", ["zone": zone])
    }

    /// Has a zone signed.
    package static func enableSigning(
        _ request: SigningEnableRequest
    ) throws(ControlError) -> Self {
        try Self(action: "/v1/signing/enable", request)
    }

    /// Begins to replace a key.
    package static func rollKey(_ request: SigningRollRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/signing/roll", request)
    }

    /// Says that the parent has the DS record of a key.
    package static func confirmParent(_ request: SigningKeyRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/signing/parent", request)
    }

    /// Has a zone unsigned.
    package static func disableSigning(
        _ request: SigningDisableRequest
    ) throws(ControlError) -> Self {
        try Self(action: "/v1/signing/disable", request)
    }
}
