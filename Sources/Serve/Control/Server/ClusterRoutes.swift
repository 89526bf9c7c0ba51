extension Route {
    static let clusterRoutes = clusterQuestions + joiningRoutes + memberRoutes

    private static let clusterQuestions = [
        Route(.question, "/v1/cluster", reading: .stale) {
            arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.clusterStatus())
        },
        Route(.question, "/v1/cluster/members", reading: .linearizable, isForwardable: true) {
            arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.clusterMembers())
        },
    ]

    private static let joiningRoutes = [
        Route(.action, "/v1/cluster/token", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = ClusterTokenRequest(
                expiresSeconds: try arguments.body.integer(
                    "expires_seconds", in: ClusterTokenRequest.expirySecondsBounds)
                    ?? ClusterTokenRequest.defaultExpirySeconds,
                witness: try arguments.body.flag("witness"))
            try arguments.finish()
            return try json(await service.makeToken(request))
        },
        Route(.action, "/v1/cluster/join") { arguments, service throws(ControlError) in
            let request = ClusterJoinRequest(
                token: try arguments.body.requiredText(
                    "token", maximumOctets: ClusterTokenAnswer.maximumOctets),
                address: try arguments.body.text(
                    "address", maximumOctets: ClusterJoinRequest.maximumAddressOctets))
            try arguments.finish()
            return try json(await service.join(request))
        },
        Route(.action, "/v1/cluster/leave") { arguments, service throws(ControlError) in
            let request = ClusterLeaveRequest(force: try arguments.body.flag("force"))
            try arguments.finish()
            return try json(await service.leave(request))
        },
        Route(.action, "/v1/cluster/recover") { arguments, service throws(ControlError) in
            guard try arguments.body.flag("majority_is_lost") else {
                throw .invalid(
                    "majority_is_lost is not true",
                    remedy: "read what pipamctl cluster recover says, and say so if it is")
            }
            try arguments.finish()
            return try json(await service.recover(.init(majorityIsLost: true)))
        },
    ]

    private static let memberRoutes = [
        Route(.action, "/v1/cluster/remove", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = ClusterRemoveRequest(
                node: try arguments.body.requiredNode(), force: try arguments.body.flag("force"))
            try arguments.finish()
            return try json(await service.remove(request))
        },
        Route(.action, "/v1/cluster/replace", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = ClusterReplaceRequest(node: try arguments.body.requiredNode())
            try arguments.finish()
            return try json(await service.replace(request))
        },
        Route(.action, "/v1/cluster/transfer", isForwardable: true) {
            arguments, service throws(ControlError) in
            let request = ClusterTransferRequest(node: try arguments.body.node())
            try arguments.finish()
            return try json(await service.transfer(request))
        },
    ]

    static let configRoutes = [
        Route(.question, "/v1/config/difference", reading: .stale) {
            arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.configDifference())
        },
        Route(.action, "/v1/config/apply") { arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.applyConfig())
        },
        Route(.action, "/v1/config/withdraw", isForwardable: true) {
            arguments, service throws(ControlError) in
            try arguments.finish()
            return try json(await service.withdrawConfig())
        },
    ]
}
