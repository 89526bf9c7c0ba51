/// What the agent supplies for the control API: one method for each route. The server has checked
/// syntax and bounds of what it hands over; whether a thing exists, the service knows.
///
/// A method throws `notFound`, `conflict` or `unavailable` with a remedy. It is called from several
/// tasks at a time, and is cancelled when the request's deadline is over.
package protocol ControlService: Sendable {
    /// What `GET /v1/events` reads; the agent appends to it.
    var events: EventBuffer { get }

    /// How the agent stands.
    func status() async throws(ControlError) -> StatusAnswer

    /// Whether all is well.
    func health() async throws(ControlError) -> HealthAnswer

    /// All guests.
    func guests() async throws(ControlError) -> GuestListAnswer

    /// One guest, by its number.
    func guest(_ vmid: UInt32) async throws(ControlError) -> GuestAnswer

    /// All zones.
    func zones() async throws(ControlError) -> ZoneListAnswer

    /// One zone.
    ///
    /// - `name`: in lower case, with the dot at the end.
    func zone(_ name: String) async throws(ControlError) -> ZoneAnswer

    /// One zone as a zone file (RFC 1035 section 5), the SOA record first.
    ///
    /// - `name`: in lower case, with the dot at the end.
    func zoneFile(_ name: String) async throws(ControlError) -> String

    /// The records that a query selects.
    func records(_ query: RecordQuery) async throws(ControlError) -> RecordListAnswer

    /// What has to be done, for each zone of each provider that a query selects.
    func plan(_ query: PlanQuery) async throws(ControlError) -> PlanAnswer

    /// Approves plans and carries them out.
    func apply(_ request: ApplyRequest) async throws(ControlError) -> ApplyAnswer

    /// Marks entries that say what ours would.
    func adopt(_ request: AdoptRequest) async throws(ControlError) -> AdoptAnswer

    /// What cannot be put right without a person.
    func conflicts() async throws(ControlError) -> ConflictListAnswer

    /// Looks at the whole cluster once.
    func collect() async throws(ControlError) -> CollectAnswer

    /// Stops or resumes writing to providers.
    func setPublishing(isPaused: Bool) async throws(ControlError) -> PublishingAnswer

    /// Compares everything with the providers, and puts it right.
    func reconcile(_ request: ReconcileRequest) async throws(ControlError) -> ReconcileAnswer

    /// Removes everything of ours from the providers, and pauses publishing.
    func clean(_ request: CleanRequest) async throws(ControlError) -> CleanAnswer

    /// What `GET /metrics` of `MetricsServer` shows.
    func metrics() async -> [MetricFamily]
}
