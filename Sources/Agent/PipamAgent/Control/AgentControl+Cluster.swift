import Control

/// What needs the replicated log.
extension AgentControl {
    private static var missing: ControlError {
        .unavailable("this agent has no replicated log", remedy: "use a later version")
    }

    func catchUp() async throws(ControlError) { throw Self.missing }

    func clusterStatus() async throws(ControlError) -> ClusterStatusAnswer { throw Self.missing }

    func clusterMembers() async throws(ControlError) -> ClusterMembersAnswer { throw Self.missing }

    func makeToken(
        _ request: ClusterTokenRequest
    ) async throws(ControlError) -> ClusterTokenAnswer { throw Self.missing }

    func join(
        _ request: ClusterJoinRequest
    ) async throws(ControlError) -> ClusterJoinAnswer { throw Self.missing }

    func leave(
        _ request: ClusterLeaveRequest
    ) async throws(ControlError) -> MembershipAnswer { throw Self.missing }

    func remove(
        _ request: ClusterRemoveRequest
    ) async throws(ControlError) -> MembershipAnswer { throw Self.missing }

    func replace(
        _ request: ClusterReplaceRequest
    ) async throws(ControlError) -> ClusterReplaceAnswer { throw Self.missing }

    func transfer(
        _ request: ClusterTransferRequest
    ) async throws(ControlError) -> ClusterTransferAnswer { throw Self.missing }

    func recover(
        _ request: ClusterRecoverRequest
    ) async throws(ControlError) -> ClusterRecoverAnswer { throw Self.missing }

    func configDifference() async throws(ControlError) -> ConfigDifferenceAnswer {
        throw Self.missing
    }

    func applyConfig() async throws(ControlError) -> ConfigApplyAnswer { throw Self.missing }

    func withdrawConfig() async throws(ControlError) -> ConfigWithdrawAnswer { throw Self.missing }

    func claimAddress(
        _ request: AddressClaimRequest
    ) async throws(ControlError) -> AddressAnswer { throw Self.missing }

    func confirmAddress(
        _ request: AddressSettleRequest
    ) async throws(ControlError) -> AddressAnswer { throw Self.missing }

    func releaseAddress(
        _ request: AddressSettleRequest
    ) async throws(ControlError) -> AddressReleaseAnswer { throw Self.missing }

    func addresses(
        _ query: AddressQuery
    ) async throws(ControlError) -> AddressListAnswer { throw Self.missing }
}
