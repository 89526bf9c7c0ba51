/// A request that one member has another one answer, as a rule the leader.
package struct ForwardedRequest: Hashable, Sendable {
    /// "GET" or "POST".
    package let method: String
    /// Path and query.
    package let target: String
    /// A JSON object, or nothing.
    package let body: [UInt8]

    /// Joins the three.
    package init(method: String, target: String, body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.body = body
    }

    /// As it goes to the other member, at most `ControlForwarding.maximumOctets`: the length of the
    /// method in one octet, that of the target in two, both texts, and the body.
    package func encoded() throws(ControlError) -> [UInt8] {
        let (method, target) = (Array(method.utf8), Array(target.utf8))
        guard let methodLength = UInt8(exactly: method.count),
            target.count <= ControlSettings.maximumTargetOctets,
            3 + method.count + target.count + body.count <= ControlForwarding.maximumOctets
        else {
            throw .tooLarge(
                "the request is longer than another member takes", remedy: "ask the leader itself")
        }
        let head = [methodLength, UInt8(target.count >> 8), UInt8(target.count & 0xFF)]
        return head + method + target + body
    }

    /// Reads what another member sent.
    package init(octets: [UInt8]) throws(ControlError) {
        guard octets.count >= 3, octets.count <= ControlForwarding.maximumOctets else {
            throw ControlForwarding.malformed
        }
        let targetStart = 3 + Int(octets[0])
        let bodyStart = targetStart + (Int(octets[1]) << 8 | Int(octets[2]))
        guard bodyStart <= octets.count,
            let method = String(validating: octets[3..<targetStart], as: UTF8.self),
            let target = String(validating: octets[targetStart..<bodyStart], as: UTF8.self)
        else { throw ControlForwarding.malformed }
        self.init(method: method, target: target, body: Array(octets[bodyStart...]))
    }
}

/// What the other member answers: what its own socket would.
package struct ForwardedAnswer: Hashable, Sendable {
    /// The status code.
    package let status: Int
    /// JSON.
    package let body: [UInt8]

    /// Joins the two.
    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    /// An error as its answer.
    package init(_ error: ControlError) {
        self.init(status: error.status, body: error.octets)
    }

    /// As it goes back, at most `ControlForwarding.maximumOctets`: the status in two octets, and
    /// the body. What is longer becomes an error.
    package func encoded() -> [UInt8] {
        guard (100...599).contains(status), body.count + 2 <= ControlForwarding.maximumOctets else {
            return Self(ControlForwarding.tooLong).encoded()
        }
        return [UInt8(status >> 8), UInt8(status & 0xFF)] + body
    }

    /// Reads what another member sent.
    package init(octets: [UInt8]) throws(ControlError) {
        guard octets.count >= 2, octets.count <= ControlForwarding.maximumOctets else {
            throw ControlForwarding.malformed
        }
        let status = Int(octets[0]) << 8 | Int(octets[1])
        guard (100...599).contains(status) else { throw ControlForwarding.malformed }
        self.init(status: status, body: Array(octets[2...]))
    }
}

/// Answers requests that came from other members, without a socket.
package enum ControlForwarding {
    /// A request or an answer.
    package static let maximumOctets = 1 << 20

    /// A request of another member is being answered: it is not handed on once more, so that two
    /// members that each take the other for the leader do not send it to and fro.
    @TaskLocal package static var isUnderWay = false

    /// What the API answers, each error included. Only what is for the cluster as a whole is
    /// answered; a node's own matters (joining, leaving, its file) are not for others to ask.
    package static func answer(
        to request: ForwardedRequest, by service: any ControlService,
        settings: ControlSettings = ControlSettings()
    ) async -> ForwardedAnswer {
        await $isUnderWay.withValue(true) {
            do throws(ControlError) {
                return try await reply(to: request, by: service, settings)
            } catch {
                return ForwardedAnswer(error)
            }
        }
    }

    private static func reply(
        to request: ForwardedRequest, by service: any ControlService, _ settings: ControlSettings
    ) async throws(ControlError) -> ForwardedAnswer {
        let target = try RequestTarget(request.target)
        let (route, values) = try target.route(for: request.method)
        guard route.isForwardable else {
            throw .notPermitted(
                "\(route.template) is for the host itself to ask", remedy: "ask it there")
        }
        let arguments = try Route.Arguments(
            path: values, query: target.query,
            body: route.kind == .action ? request.body : [])
        return try ForwardedAnswer(
            await route.reply(to: arguments, from: service, within: settings))
    }

    static let malformed = ControlError.broken(
        "what another member sent is not understood", remedy: "run the same version on all")
    fileprivate static let tooLong = ControlError.unavailable(
        "the answer is longer than \(maximumOctets) octets",
        remedy: "ask on the host that leads; pipamctl cluster status names it")
}

extension ForwardedAnswer {
    fileprivate init(_ reply: Route.Reply) throws(ControlError) {
        switch reply {
        case .json(let octets, let status): self.init(status: status, body: octets)
        case .text(let text, _): self.init(status: 200, body: Array(text.utf8))
        case .events: preconditionFailure("events are forwarded to nobody")
        }
    }
}
