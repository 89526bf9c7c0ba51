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
    /// Where the zone ends within.
    var cuts: Cuts
    /// Marks stand in the registry.
    var usesRegistry = false
    /// Single names are found through the server's search.
    var searches = false
    /// Comments of others that have to be kept.
    private(set) var otherComments: [RecordSetKey: [Comment]] = [:]
    /// Sets that have a mark in the registry.
    private(set) var registered: Set<RecordSetKey> = []
    private var readPlaces: Set<DomainName> = []
    private var isReadWhole = false

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
        if !earlier.cuts.isOutdated(now: now) { cuts = earlier.cuts }
    }

    /// Takes note of what was read. `places` are `nil` for the whole zone.
    mutating func remember(
        _ contents: ZoneContents, places: Set<DomainName>?, cluster: ClusterID
    ) {
        if let places {
            otherComments = otherComments.filter { !places.contains($0.key.owner) }
            registered = registered.filter { !places.contains($0.owner) }
            readPlaces.formUnion(places)
        } else {
            otherComments = [:]
            registered = []
            isReadWhole = true
        }
        otherComments.merge(contents.otherComments) { $1 }
        registered.formUnion(contents.registry.keys)
        let own = "\(cluster)"
        if !contents.hasOwnComments, contents.registry.values.contains(where: { $0.cluster == own })
        {
            usesRegistry = true
        }
    }

    /// Those of the places that were not read since the last survey.
    func unread(_ places: Set<DomainName>) -> Set<DomainName> {
        isReadWhole || zone == nil ? [] : places.subtracting(readPlaces)
    }
}
