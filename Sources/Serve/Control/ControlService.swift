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

    // MARK: The cluster

    /// Waits until this node's state holds everything that was agreed before the call (Raft's
    /// ReadIndex), so that what is read after it is linearizable. The server calls it before every
    /// question that is not asked to be stale. Throws `unavailable` without a quorum.
    func catchUp() async throws(ControlError)

    /// How the cluster stands as this node sees it.
    func clusterStatus() async throws(ControlError) -> ClusterStatusAnswer

    /// Who belongs to the cluster.
    func clusterMembers() async throws(ControlError) -> ClusterMembersAnswer

    /// Makes a token that lets one host join.
    func makeToken(_ request: ClusterTokenRequest) async throws(ControlError) -> ClusterTokenAnswer

    /// Has this host join a cluster. `conflict` if it belongs to one.
    func join(_ request: ClusterJoinRequest) async throws(ControlError) -> ClusterJoinAnswer

    /// Hands leadership over and leaves. `conflict` for the last member; unless forced, also where
    /// too few of the others answer to be a majority.
    func leave(_ request: ClusterLeaveRequest) async throws(ControlError) -> MembershipAnswer

    /// Takes another member out. `conflict` if that would lose the quorum, unless forced.
    func remove(_ request: ClusterRemoveRequest) async throws(ControlError) -> MembershipAnswer

    /// Lets a reinstalled host take the place of the member whose name it has.
    func replace(_ request: ClusterReplaceRequest) async throws(ControlError)
        -> ClusterReplaceAnswer

    /// Hands leadership to another voter.
    func transfer(
        _ request: ClusterTransferRequest
    ) async throws(ControlError) -> ClusterTransferAnswer

    /// Makes this node a cluster of one with all it has. The server has checked that a person says
    /// that the majority is lost. `conflict` where there is a leader.
    func recover(_ request: ClusterRecoverRequest) async throws(ControlError)
        -> ClusterRecoverAnswer

    // MARK: Settings

    /// Where this host's file and the cluster's settings differ.
    func configDifference() async throws(ControlError) -> ConfigDifferenceAnswer

    /// Proposes the shared settings of this host's file.
    func applyConfig() async throws(ControlError) -> ConfigApplyAnswer

    /// Drops settings that wait. `conflict` if none do.
    func withdrawConfig() async throws(ControlError) -> ConfigWithdrawAnswer

    // MARK: Addresses

    /// Gives an address, or the one that the key has. Throws `addressConflict`, `notFound` for a
    /// subnet that the settings do not name, and `unknownOutcome` if the cluster did not answer.
    func claimAddress(_ request: AddressClaimRequest) async throws(ControlError) -> AddressAnswer

    /// Keeps an address for good. Throws as `claimAddress` does.
    func confirmAddress(_ request: AddressSettleRequest) async throws(ControlError) -> AddressAnswer

    /// Frees an address; that of a key which holds none is free already.
    func releaseAddress(
        _ request: AddressSettleRequest
    ) async throws(ControlError) -> AddressReleaseAnswer

    /// The addresses that a query selects.
    func addresses(_ query: AddressQuery) async throws(ControlError) -> AddressListAnswer

    // MARK: Static records

    /// Puts a record of the operator's beside those that stand. `invalid` for one that cannot be,
    /// `conflict` for a name that a guest has, or for records of another version than asked for.
    func addRecord(_ request: RecordAddRequest) async throws(ControlError) -> RecordChangeAnswer

    /// Takes records of the operator's away; `notFound` if there are none.
    func removeRecords(
        _ request: RecordRemoveRequest
    ) async throws(ControlError) -> RecordChangeAnswer

    /// Makes what the operator gives in a zone what a zone file says.
    ///
    /// - `text`: at most `ZoneImportRequest.maximumOctets`.
    func importZone(
        _ request: ZoneImportRequest, text: [UInt8]
    ) async throws(ControlError) -> RecordChangeAnswer

    /// Makes a zone for the operator's records only.
    func addZone(_ request: ZoneAddRequest) async throws(ControlError) -> RecordChangeAnswer

    /// Takes what the operator gives in a zone away.
    func removeZone(_ request: ZoneRemoveRequest) async throws(ControlError) -> RecordChangeAnswer

    // MARK: Signing

    /// The zones that are signed, or one of them; `notFound` if it is not.
    ///
    /// - `zone`: in lower case, with the dot at the end.
    func signing(of zone: String?) async throws(ControlError) -> SigningListAnswer

    /// Has a zone signed. `conflict` if it is already.
    func enableSigning(
        _ request: SigningEnableRequest
    ) async throws(ControlError) -> SigningListAnswer

    /// Begins to replace a key. `conflict` while another one is being replaced.
    func rollKey(_ request: SigningRollRequest) async throws(ControlError) -> SigningListAnswer

    /// Takes note that the parent has the DS record of a key.
    func confirmParent(_ request: SigningKeyRequest) async throws(ControlError)
        -> SigningListAnswer

    /// Has the parent told to forget the zone's keys, or ends the signing.
    func disableSigning(
        _ request: SigningDisableRequest
    ) async throws(ControlError) -> SigningListAnswer

    /// What `GET /metrics` of `MetricsServer` shows.
    func metrics() async -> [MetricFamily]
}
