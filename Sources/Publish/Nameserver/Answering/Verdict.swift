import DNSWire

extension Responder {
    /// Whether, and how, an answer ended.
    struct Verdict: BitwiseCopyable {
        var code: ResponseCode
        var isAuthoritative: Bool
        var reason: ExtendedError?
        /// The number of the zone it is from.
        var zone: Int?
        /// What it was made from: a name, a wildcard, a delegation or a zone.
        var origin: UInt = 0

        static func refuse(_ code: ResponseCode, _ reason: ExtendedError? = nil) -> Verdict {
            Verdict(code: code, isAuthoritative: false, reason: reason)
        }
    }
}

extension Responder.Verdict {
    /// The first name that something was found for says what the answer is made from, the last says
    /// which zone it is from.
    mutating func note(_ node: NodeView) {
        if origin == 0 { origin = UInt(bitPattern: node.base) }
        zone = node.zone
    }

    mutating func note(_ number: Int) {
        if origin == 0 { origin = UInt(number) + 1 }
        zone = number
    }
}
