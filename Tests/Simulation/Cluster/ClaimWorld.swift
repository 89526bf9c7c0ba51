import ClusterState
import Inventory

/// The pools and keys that clients quarrel about, and how they are told in the words of the model.
struct ClaimWorld {
    static let poolCount = 3
    /// More keys than addresses, so that pools are full at times.
    static let keyCount = 8

    let pools: [ClaimPool]
    let keys: [ClaimKey]
    private let keyNumbers: [ClaimKey: Int]

    init() {
        pools = (0..<Self.poolCount).compactMap { CIDR("10.9.\($0).0/29").map { ClaimPool($0) } }
        keys = (0..<Self.keyCount).map { number in
            let mac = MACAddress(bits: 0xBC24_1100_0000 + UInt64(number))
            guard number % 2 == 0, let mac else { return .token("foreman-\(number)") }
            return .mac(mac)
        }
        precondition(pools.count == Self.poolCount, "a pool is no network")
        keyNumbers = Dictionary(uniqueKeysWithValues: zip(keys, keys.indices))
    }

    func address(_ place: Int, ofPool pool: Int) -> IPAddress {
        .v4(IPv4Address(bits: 0x0A09_0001 + UInt32(pool) << 8 + UInt32(place)))
    }

    func number(of key: ClaimKey) -> Int { keyNumbers[key] ?? -1 }

    /// The place of a claim in its pool.
    func place(of claim: Claim) -> Int {
        guard case .v4(let address) = claim.address else { return -1 }
        return Int(address.bits & 0xFF) - 1
    }

    /// Who holds what in one pool.
    func places(ofPool pool: Int, in state: ReplicatedState) -> [ClaimModel.Holding?] {
        (0..<ClaimModel.size).map { place in
            state.claim(on: ScopedAddress(address(place, ofPool: pool))).map { claim in
                ClaimModel.Holding(
                    key: number(of: claim.key), fence: claim.grantedAtIndex,
                    isConfirmed: claim.expiresAtSeconds == nil)
            }
        }
    }

    /// An outcome in the words of the model; `nil` for one that must not come.
    func output(of outcome: Outcome) -> ClaimModel.Output? {
        switch outcome {
        case .claimed(let claim):
            return .holding(place: place(of: claim), fence: claim.grantedAtIndex)
        case .refused(let refusal):
            switch refusal.reason {
            case .held: return .heldByAnother
            case .subnetFull: return .full
            case .noClaim: return .nothing
            case .otherGrant: return .otherGrant
            default: return nil
            }
        case .done, .settings, .admitted, .dropped: return nil
        }
    }
}
