package import Control

/// One zone, signed by two keys that never change.
extension FakeService {
    package func signing(of zone: String?) async throws(ControlError) -> SigningListAnswer {
        guard zone == nil || zone == "example.com." else {
            throw .notFound("\(zone ?? "") is not signed", remedy: "see GET /v1/signing")
        }
        return Self.signing()
    }

    package func enableSigning(
        _ request: SigningEnableRequest
    ) async throws(ControlError) -> SigningListAnswer {
        guard request.zone != "example.com." else {
            throw .conflict("\(request.zone) is signed already", remedy: "roll its key")
        }
        return Self.signing(of: request.zone, .preparing)
    }

    package func rollKey(
        _ request: SigningRollRequest
    ) async throws(ControlError) -> SigningListAnswer { try await signing(of: request.zone) }

    package func confirmParent(
        _ request: SigningKeyRequest
    ) async throws(ControlError) -> SigningListAnswer {
        guard request.tag == nil || request.tag == 4711 else {
            throw .notFound("there is no key \(request.tag ?? 0)", remedy: "see GET /v1/signing")
        }
        return try await signing(of: request.zone)
    }

    package func disableSigning(
        _ request: SigningDisableRequest
    ) async throws(ControlError) -> SigningListAnswer {
        _ = try await signing(of: request.zone)
        return request.parentRemoved
            ? SigningListAnswer(index: 46, time: 100_000) : Self.signing(of: request.zone, .leaving)
    }

    private static func signing(
        of zone: String = "example.com.", _ state: SigningStanding.State = .signed
    ) -> SigningListAnswer {
        let keys = [
            SigningKeyItem(
                tag: 4711, role: .keySigning, algorithm: .ecdsap256sha256, stage: .active,
                since: 10_000,
                parentSince: state == .preparing ? nil : 50_000,
                ds: "\(zone) IN DS 4711 13 2 0123456789ABCDEF",
                dnskey: "\(zone) IN DNSKEY 257 3 13 AAAA"),
            SigningKeyItem(
                tag: 9000, role: .zoneSigning, algorithm: .ecdsap256sha256, stage: .active,
                since: 10_000,
                dnskey: "\(zone) IN DNSKEY 256 3 13 BBBB"),
        ]
        return SigningListAnswer(
            index: 42, time: 100_000,
            zones: [
                SigningStanding(
                    zone: zone, state: state, algorithm: .ecdsap256sha256, denial: .nsec,
                    serial: 7, waiting: 2, expires: 900_000, nextStep: 103_600,
                    task: state == .preparing ? "give the DS record to the parent" : nil,
                    keys: keys)
            ])
    }
}
