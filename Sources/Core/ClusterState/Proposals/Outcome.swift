/// What came of one command.
package enum Outcome: Hashable, Sendable {
    /// It was carried out.
    case done
    /// It changed nothing, for a reason that somebody has to know.
    case refused(Refusal)
    /// The address is the key's.
    case claimed(Claim)
    /// Settings are in force, or wait as this version; `heldNames` is how many published names
    /// would go, 0 for settings in force.
    case settings(version: UInt64, heldNames: UInt64)
    /// The node may join, in the place of the other one if there is one.
    case admitted(replacing: NodeID?)
    /// So many reports were left out, since they were about guests of other members.
    case dropped(reports: UInt32)

    /// Why nothing was changed, if so.
    package var refusal: Refusal? {
        guard case .refused(let refusal) = self else { return nil }
        return refusal
    }
}

/// Why a command changed nothing.
package struct Refusal: Hashable, Sendable {
    /// Numbers are kept in snapshots and are for ever.
    package enum Reason: UInt32, Hashable, Sendable, CaseIterable {
        // Settings.
        case settingsUnusable = 1
        case settingsConflict = 2
        case nothingPending = 3
        // Leaders and levels.
        case deposed = 4
        case notLeader = 5
        case levelUnsupported = 6
        case levelNotHigher = 7
        // Members.
        case nameHeld = 8
        case alreadyMember = 9
        case unknownMember = 10
        case tooMany = 11
        case formerMember = 12
        // Claims.
        case held = 20
        case inUse = 21
        case excluded = 22
        case outsideRange = 23
        case subnetFull = 24
        case unknownSubnet = 25
        case noClaim = 26
        case otherGrant = 27
        case unusableClaim = 28
        case claimsFull = 29
        // Static records.
        case nameOfGuest = 40
        case recordsExist = 41
        case recordsChanged = 42
        case unusableRecord = 43
        case unknownZone = 44
        case recordsFull = 45
        case importLost = 46
        // Signing.
        case noSuchZone = 50
        case notSigned = 51
        case signingChanged = 52
        case unusableSigning = 53
        // Secrets.
        case secretGood = 60
        case unknownSecret = 61
        case unusableSecret = 62
    }

    /// The kind.
    package let reason: Reason
    /// Who or what stands in the way: a key, a guest, a node, an address; at most 300 octets.
    package let detail: String

    /// Joins the two.
    package init(_ reason: Reason, _ detail: String = "") {
        self.reason = reason
        self.detail = detail.cut(toOctets: Self.detailLimitOctets)
    }

    private static let detailLimitOctets = 300
}

extension Refusal: CustomStringConvertible {
    package var description: String {
        switch reason {
        case .settingsUnusable: "settings: \(detail)"
        case .settingsConflict: "the settings changed meanwhile; they are at version \(detail)"
        case .nothingPending: "no settings of version \(detail) wait"
        case .deposed: "another node leads since term \(detail)"
        case .notLeader: "only who leads may say so"
        case .levelUnsupported: "\(detail) cannot follow that level"
        case .levelNotHigher: "the level is \(detail) already"
        case .nameHeld:
            "member \(detail) has that name; pipamctl cluster replace lets the new one take it"
        case .alreadyMember: "\(detail) is a member already"
        case .unknownMember: "\(detail) is no member"
        case .formerMember:
            "node \(detail) was taken out of the cluster; empty its data_dir and have the host "
                + "join as somebody new"
        case .tooMany: "too many \(detail)"
        case .held: "held by \(detail)"
        case .inUse: "in use by guest \(detail)"
        case .excluded: "\(detail) is never given"
        case .outsideRange: "\(detail) lies outside of the range"
        case .subnetFull: "no address of \(detail) is free"
        case .unknownSubnet: "\(detail) is none of the subnets in the settings"
        case .noClaim: "\(detail) holds no address there"
        case .otherGrant: "the claim was granted by command \(detail)"
        case .unusableClaim, .unusableRecord: detail
        case .nameOfGuest: "guests would lose names: \(detail)"
        case .recordsExist: "there are records already: \(detail)"
        case .recordsChanged: "the records changed meanwhile; they are at version \(detail)"
        case .unknownZone: "there is no zone \(detail), or nothing of the operator's in it"
        case .recordsFull: "no more than \(detail) record sets can be given"
        case .importLost: "the parts of the import were given up meanwhile"
        case .noSuchZone: "there is no zone \(detail)"
        case .notSigned: "\(detail) is not signed"
        case .signingChanged: "the signing changed meanwhile; it is at version \(detail)"
        case .unusableSigning: "signing: \(detail)"
        case .secretGood: "secret \(detail) is good still"
        case .unknownSecret: "there is no secret \(detail)"
        case .unusableSecret: "nobody could open secret \(detail)"
        case .claimsFull: "no more than \(detail) addresses can be claimed"
        }
    }
}
