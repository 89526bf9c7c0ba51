import ForeignZones
import Inventory
import Planning
import Zones

/// What the provider remembers of a zone between its calls.
struct ZoneState {
    /// Its name.
    let name: DomainName
    /// `nil` as long as it is to be created.
    var zone: ServerZone?
    /// Why nothing may be written; `nil` if it may.
    let obstacle: String?
    /// `nil` if they were not asked for.
    var details: ZoneDetails?
    /// The server does not rectify on each PATCH; `nil` if it was not asked.
    var needsRectifying: Bool?
    /// When the two were last asked for.
    var detailsReadAt: ContinuousClock.Instant?
    /// Where the zone ends within.
    var cuts: Cuts
    /// Marks stand in the registry.
    var usesRegistry = false
    /// Single names are found through the server's search.
    var searches = false
    /// Comments of others that have to be kept.
    private(set) var otherComments: [RecordSetKey: [Comment]] = [:]
    /// What stands in the registry, by the set that is marked there.
    private(set) var registry: [RecordSetKey: RegistryEntry] = [:]
    /// Sets that are not there though our mark of them is.
    private(set) var orphaned: Set<RecordSetKey> = []
    /// What is known of groups that were refused.
    var suspects = Suspects()
    private var readPlaces: Set<DomainName> = []
    /// Names of which the registry was read for all types.
    private var markedPlaces: Set<DomainName> = []
    private var isReadWhole = false

    /// How long details are believed. They say nothing of what may be written, only whether the
    /// zone has to be rectified, and what an operator should know.
    static let detailsLifetime: Duration = .seconds(60)

    /// A zone of which nothing was read.
    init(_ name: DomainName, zone: ServerZone?, obstacle: String? = nil) {
        self.name = name
        self.zone = zone
        self.obstacle = obstacle
        cuts = Cuts(apex: name, now: .now)
    }

    /// The path of a zone that is there, below the server's.
    var path: String? { zone.map { "/zones/\(PowerDNSClient.escaped($0.id))" } }

    /// What an earlier state of the same zone knows that holds beyond a survey.
    mutating func inherit(_ earlier: ZoneState, now: ContinuousClock.Instant) {
        usesRegistry = earlier.usesRegistry
        searches = earlier.searches
        suspects = earlier.suspects
        if zone == earlier.zone, !earlier.hasOldDetails(now: now) {
            details = earlier.details
            needsRectifying = earlier.needsRectifying
            detailsReadAt = earlier.detailsReadAt
        }
        if !earlier.cuts.isOutdated(now: now) { cuts = earlier.cuts }
    }

    /// Details have to be asked for.
    func hasOldDetails(now: ContinuousClock.Instant) -> Bool {
        guard let detailsReadAt, details != nil else { return true }
        return now - detailsReadAt > Self.detailsLifetime
    }

    /// Takes note of what was read. `places` are `nil` for the whole zone; `withMarks` says that
    /// the registry was read for all types there.
    mutating func remember(
        _ contents: ZoneContents, places: Set<DomainName>?, withMarks: Bool
    ) {
        if let places {
            otherComments = otherComments.filter { !places.contains($0.key.owner) }
            registry = registry.filter { !places.contains($0.key.owner) }
            orphaned = orphaned.filter { !places.contains($0.owner) }
            readPlaces.formUnion(places)
            if withMarks { markedPlaces.formUnion(places) }
        } else {
            otherComments = [:]
            registry = [:]
            orphaned = []
            isReadWhole = true
        }
        otherComments.merge(contents.otherComments) { $1 }
        registry.merge(contents.registry) { $1 }
        let ours = contents.registry.filter(\.value.isOurs).map(\.key)
        if !ours.isEmpty {
            orphaned.formUnion(Set(ours).subtracting(contents.sets.map(\.key)))
            if !contents.hasOwnComments { usesRegistry = true }
        }
    }

    /// Takes note of what was written: marks of it mark something now.
    mutating func noteWritten(_ keys: [RecordSetKey]) {
        orphaned.subtract(keys)
    }

    /// Those of the places that were not read since the last survey; with the registry for all
    /// types, if `withMarks` says that it matters.
    func unread(_ places: Set<DomainName>, withMarks: Bool) -> Set<DomainName> {
        isReadWhole || zone == nil ? [] : places.subtracting(withMarks ? markedPlaces : readPlaces)
    }
}
