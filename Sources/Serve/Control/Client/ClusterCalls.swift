extension ControlCall<ClusterStatusAnswer> {
    /// How the cluster stands.
    package static var clusterStatus: Self { Self(question: "/v1/cluster") }
}

extension ControlCall<ClusterMembersAnswer> {
    /// Who belongs to it.
    package static var clusterMembers: Self { Self(question: "/v1/cluster/members") }
}

extension ControlCall<ClusterTokenAnswer> {
    /// Makes a token that lets one host join.
    package static func makeToken(_ request: ClusterTokenRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/cluster/token", request)
    }
}

extension ControlCall<ClusterJoinAnswer> {
    /// Has this host join.
    package static func join(_ request: ClusterJoinRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/cluster/join", request)
    }
}

extension ControlCall<MembershipAnswer> {
    /// Has this host leave.
    package static func leave(_ request: ClusterLeaveRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/cluster/leave", request)
    }

    /// Takes another member out.
    package static func remove(_ request: ClusterRemoveRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/cluster/remove", request)
    }
}

extension ControlCall<ClusterReplaceAnswer> {
    /// Lets a reinstalled host in.
    package static func replace(_ request: ClusterReplaceRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/cluster/replace", request)
    }
}

extension ControlCall<ClusterTransferAnswer> {
    /// Hands leadership over.
    package static func transfer(_ request: ClusterTransferRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/cluster/transfer", request)
    }
}

extension ControlCall<ClusterRecoverAnswer> {
    /// Makes this node a cluster of one.
    package static func recover(_ request: ClusterRecoverRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/cluster/recover", request)
    }
}

extension ControlCall<ConfigDifferenceAnswer> {
    /// Where this host's file and the cluster's settings differ.
    package static var configDifference: Self { Self(question: "/v1/config/difference") }
}

extension ControlCall<ConfigApplyAnswer> {
    /// Proposes what this host's file says.
    package static var applyConfig: Self { Self(action: "/v1/config/apply") }
}

extension ControlCall<ConfigWithdrawAnswer> {
    /// Drops settings that wait.
    package static var withdrawConfig: Self { Self(action: "/v1/config/withdraw") }
}

extension ControlCall<AddressAnswer> {
    /// Gives an address.
    package static func claimAddress(_ request: AddressClaimRequest) throws(ControlError) -> Self {
        try Self(action: "/v1/addresses/claim", request)
    }

    /// Keeps one for good.
    package static func confirmAddress(
        _ request: AddressSettleRequest
    ) throws(ControlError) -> Self {
        try Self(action: "/v1/addresses/confirm", request)
    }
}

extension ControlCall<AddressReleaseAnswer> {
    /// Frees one.
    package static func releaseAddress(
        _ request: AddressSettleRequest
    ) throws(ControlError) -> Self {
        try Self(action: "/v1/addresses/release", request)
    }
}

extension ControlCall<AddressListAnswer> {
    /// Who holds which.
    package static func addresses(_ query: AddressQuery) -> Self {
        Self(
            question: "/v1/addresses",
            ["subnet": query.subnet, "routing_domain": query.routingDomain])
    }
}
