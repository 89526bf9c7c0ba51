/// Something about records that is wrong, or that their author should know.
package struct RecordFinding: Hashable, Sendable {
    /// What it is.
    package enum Kind: Hashable, Sendable {
        // Errors: such a zone answers wrongly or cannot be transferred.
        case outsideZones
        case aliasAtApex
        case aliasNotAlone
        case several(RecordType)
        case belowRedirection
        case redirectionAboveNames
        case redirectionBesideDelegation
        case wildcardDivision
        case signerAtApex
        case signerWithoutDelegation
        case authority
        case forSigning
        case forMessages
        case tooLarge(octets: Int)
        // Warnings.
        case targetMissing(String)
        case targetWithoutAddress(String)
        case targetIsAlias(String)
        case glueMissing(String)
        case belowDelegation
        case hostName
    }

    /// The record set.
    package let key: RecordSetKey
    /// What it is.
    package let kind: Kind

    /// Joins the two.
    package init(_ kind: Kind, at key: RecordSetKey) {
        self.key = key
        self.kind = kind
    }

    /// It is refused; a warning is only told.
    package var isError: Bool {
        switch kind {
        case .targetMissing, .targetWithoutAddress, .targetIsAlias, .glueMissing,
            .belowDelegation, .hostName:
            false
        default: true
        }
    }
}

extension RecordFinding: CustomStringConvertible {
    /// What is wrong, with the set's name and type in front.
    package var description: String { "\(key): \(isError ? errorText : warningText)" }

    private var errorText: String {
        switch kind {
        case .outsideZones: "lies in none of the zones"
        case .aliasAtApex: "a zone's own name has SOA and NS records, and a CNAME stands alone"
        case .aliasNotAlone: "a CNAME stands alone at its name"
        case .several(let type): "a name has one \(type) record at most"
        case .belowRedirection: "lies below a DNAME, which answers for all names there"
        case .redirectionAboveNames: "there are records below, for which a DNAME would answer"
        case .redirectionBesideDelegation: "a DNAME and a delegation exclude each other"
        case .wildcardDivision: "a wildcard can neither be delegated nor redirected"
        case .signerAtApex: "the DS records of a zone stand in the zone above it"
        case .signerWithoutDelegation: "DS records stand beside the NS records of a delegation"
        case .authority: "a zone's SOA record is made here; pipamctl zone add says what it holds"
        case .forSigning: "signing makes such records itself"
        case .forMessages: "zones hold no such type"
        case .tooLarge(let octets): "\(octets) octets are more than an answer holds"
        default: ""
        }
    }

    private var warningText: String {
        switch kind {
        case .targetMissing(let name): "\(name) does not exist"
        case .targetWithoutAddress(let name): "\(name) has no address"
        case .targetIsAlias(let name): "\(name) is an alias, which RFC 2181 section 10.3 forbids"
        case .glueMissing(let name): "\(name) lies below the delegation and has no address here"
        case .hostName: "takes the place of what a host or name server has here"
        case .belowDelegation: "lies below a delegation: nobody is answered with it"
        default: ""
        }
    }
}
